-- Of each place the first goes out, and one at a time.
create index outbox_place on outbox (workspace, place, priority, created_at, id)
    where state in ('pending', 'leased');
