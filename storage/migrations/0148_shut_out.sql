-- Which platform shuts a company out: what is sent there waits, its other platform goes on.
alter table workspaces add column shut_out text;
update workspaces set shut_out = 'slack', state = 'active' where state = 'parked';
