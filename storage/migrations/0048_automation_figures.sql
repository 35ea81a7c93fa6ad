-- What people enter of an automation's figures: a value a day for each of at most three.
create table automation_values (
    workspace text not null,
    automation text not null,
    number integer not null,
    day text not null,
    value text not null,
    primary key (workspace, automation, number, day),
    foreign key (workspace, automation) references automations (workspace, id)
);

-- The same oddity within an hour is one line that says how often.
alter table automation_odd_calls add column calls integer not null default 1;

-- What was told without a name keeps its day and no moment that could be laid beside a log.
update automation_signals set at = substr(at, 1, 11) || '00:00:00.000000Z';
