-- What grows is looked at by its front, never from end to end.
drop index outbox_open;
create index outbox_line on outbox (priority, created_at, id) where state = 'pending';
create index outbox_standing on outbox (state, not_before)
    where state <> 'sent' and state <> 'cancelled';
create index incidents_said on incidents (workspace, declared_by, declared_at, number)
    where state = 'open';
create index alarms_alone on alarms (workspace, person, at) where live = 1 and list is null;
-- With the place in it, it tells all that is asked; else SQLite goes through every message.
drop index messages_key;
create index messages_key on messages (workspace, key, place);
-- What is open, the serious ones first.
create index incidents_urgent on incidents (workspace, severity, number) where state = 'open';
create index incidents_undone on incidents (workspace, restored_at, number)
    where state = 'restored';
