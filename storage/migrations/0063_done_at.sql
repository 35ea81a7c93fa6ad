-- The digest counts how incidents became done over twelve weeks, from one index.
alter table closings add column done_at utc_text;
update closings set done_at = (
    select i.ended_at from incidents i
    where i.workspace = closings.workspace and i.number = closings.incident and i.state = 'done'
);
create index closings_done on closings
    (workspace, done_at, ending, customer, money, strain, outside) where done_at is not null;
drop index closings_said;
