-- What grows is looked at by its front, never from end to end.
drop index outbox_open;
create index outbox_line on outbox (priority, created_at, id) where state = 'pending';
create index outbox_standing on outbox (state, not_before)
    where state <> 'sent' and state <> 'cancelled';
create index incidents_said on incidents (workspace, declared_by, declared_at, number)
    where state = 'open';
create index alarms_alone on alarms (workspace, person, at) where live = 1 and list is null;
