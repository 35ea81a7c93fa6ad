-- What runs for a pilot, so that its use is counted; and that nobody decided before it was over.
alter table pilots add column automation text;
alter table pilots add column undecided integer not null default 0;
