-- What was restored before there was a gate has no reminder yet: each is looked at once.
insert into timers (workspace, id, kind, key, payload, due_at, state)
select workspace, 'undone-' || number, 'after', 'incident:' || number || ':after',
    '{"number": ' || number || ', "what": "again"}', restored_at, 'pending'
from incidents i where state = 'restored' and not exists (
    select 1 from timers t where t.workspace = i.workspace
    and t.key = 'incident:' || i.number || ':after');
