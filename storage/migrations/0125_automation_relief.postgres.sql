-- Is anyone relieved by an automation? A round a week: while it is open its secret keys the taps,
-- closing it leaves counts and destroys both.
create table automation_rounds (
    workspace text not null,
    automation text not null,
    week text not null,
    secret text,
    primary key (workspace, automation, week),
    foreign key (workspace, automation) references automations (workspace, id)
);
-- Under a keyed hash: they lie in no order.
create table automation_taps (
    workspace text not null,
    automation text not null,
    week text not null,
    voter text not null,
    answer text not null,
    primary key (workspace, automation, week, voter),
    foreign key (workspace, automation) references automations (workspace, id),
    check (answer in ('relieved', 'partly', 'no'))
);
create table automation_answers (
    workspace text not null,
    automation text not null,
    week text not null,
    answer text not null,
    count integer not null,
    primary key (workspace, automation, week, answer),
    foreign key (workspace, automation) references automations (workspace, id)
);
