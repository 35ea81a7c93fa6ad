-- Of each place the first goes out, and one at a time.
create index outbox_first on outbox (workspace, place, priority, created_at, id)
    where state = 'pending';
create index outbox_away on outbox (workspace, place) where state = 'leased';
