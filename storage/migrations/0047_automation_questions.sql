-- "Is it still needed?": one open question at a time, which goes where its timetable says.
create table automation_questions (
    workspace text not null,
    id text not null,
    automation text not null,
    opened_at utc_text not null,
    step integer not null default 0,
    asked text,
    waits_for text,
    waits_since utc_text,
    waited_days integer not null default 0,
    ended_at utc_text,
    ended_how text not null default '',
    primary key (workspace, id),
    foreign key (workspace, automation) references automations (workspace, id),
    foreign key (workspace, asked) references people (workspace, id)
);
create unique index automation_questions_one_open on automation_questions (workspace, automation)
where ended_at is null;

-- What people told about its use: counted for the automation, without who said it.
create table automation_signals (
    workspace text not null,
    id text not null,
    automation text not null,
    at utc_text not null,
    kind text not null,
    reason text not null default '',
    minutes integer,
    words text not null default '',
    state text not null default 'open',
    answer text not null default '',
    ended_at utc_text,
    primary key (workspace, id),
    foreign key (workspace, automation) references automations (workspace, id),
    check (state in ('open', 'done', 'declined'))
);
create index automation_signals_of on automation_signals (workspace, automation, at);
create index automation_signals_open on automation_signals (workspace, state, at);

-- A look at results of an automation: how many of how many were right.
create table automation_checks (
    workspace text not null,
    id text not null,
    automation text not null,
    at utc_text not null,
    good integer not null,
    seen integer not null,
    note text not null default '',
    primary key (workspace, id),
    foreign key (workspace, automation) references automations (workspace, id)
);
create index automation_checks_of on automation_checks (workspace, automation, at);

-- Something has changed around them, and each automation of that area is looked at.
create table automation_changes (
    workspace text not null references workspaces (id),
    id text not null,
    at utc_text not null,
    kind text not null,
    area text not null,
    words text not null default '',
    primary key (workspace, id)
);
create table automation_reviews (
    workspace text not null,
    id text not null,
    automation text not null,
    change text,
    why text not null,
    opened_at utc_text not null,
    ended_at utc_text,
    outcome text not null default '',
    words text not null default '',
    primary key (workspace, id),
    foreign key (workspace, automation) references automations (workspace, id),
    foreign key (workspace, change) references automation_changes (workspace, id)
);
create index automation_reviews_open on automation_reviews (workspace, automation, ended_at);

-- "Understood" on the card when it is live or changed: counted, without who tapped.
create table automation_understood (
    workspace text not null,
    automation text not null,
    version integer not null,
    understood integer not null default 0,
    questions integer not null default 0,
    primary key (workspace, automation, version),
    foreign key (workspace, automation) references automations (workspace, id)
);
