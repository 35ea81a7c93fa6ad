-- Rules may lead on without a question; what each has led is kept, to be corrected and checked.
-- What was there acted without asking, so it goes on doing so.
alter table rules add column straight integer not null default 0;
-- How often it was marked so: what it led before that counts no more.
alter table rules add column marked integer not null default 0;
alter table rules add column since_check integer not null default 0;
alter table rules add column checked_week text not null default '';
update rules set straight = 1;
-- What rules led, with the day only.
create table rule_routings (
    workspace text not null references workspaces (id),
    kind text not null,
    subject text not null,
    rule text not null,
    shown text not null,
    target text not null,
    day text not null,
    straight integer not null,
    marked integer not null default 0,
    sampled integer not null default 0,
    state text not null default 'open',
    primary key (workspace, kind, subject),
    check (state in ('open', 'stands', 'corrected'))
);
create index rule_routings_of on rule_routings (workspace, rule, day);
