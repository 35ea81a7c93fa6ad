-- Friction as typed; pilots with counted, nameless answers; automations and their runs; digests.
create table friction (
    workspace text not null references workspaces (id),
    id text not null,
    sentence text not null,
    hint text,
    author text,
    noted_at utc_text not null,
    primary key (workspace, id)
);
create index friction_since on friction (workspace, noted_at);

create table pilots (
    workspace text not null references workspaces (id),
    id text not null,
    name text not null,
    name_key text not null,
    problem text not null,
    champion text not null,
    started_on text not null,
    primary key (workspace, id),
    unique (workspace, name_key),
    foreign key (workspace, champion) references people (workspace, id)
);

-- Answers are counts, so that no row, id or time can lead back to a person.
create table pilot_answers (
    workspace text not null,
    pilot text not null,
    week text not null,
    answer text not null,
    count integer not null,
    primary key (workspace, pilot, week, answer),
    foreign key (workspace, pilot) references pilots (workspace, id)
);
-- Who has answered this week, apart from what; cleared when the week is over.
create table pilot_answered (
    workspace text not null,
    pilot text not null,
    week text not null,
    person text not null,
    primary key (workspace, pilot, week, person),
    foreign key (workspace, pilot) references pilots (workspace, id)
);
create table pilot_sentences (
    workspace text not null,
    id text not null,
    pilot text not null,
    week text not null,
    sentence text not null,
    primary key (workspace, id),
    foreign key (workspace, pilot) references pilots (workspace, id)
);

create table automations (
    workspace text not null references workspaces (id),
    id text not null,
    name text not null,
    name_key text not null,
    purpose text not null,
    accountable text not null,
    deputy text not null,
    offered_to text,
    rhythm_days integer not null,
    state text not null default 'active',
    registered_at utc_text not null,
    last_run_at utc_text,
    kept_until utc_text,
    primary key (workspace, id),
    unique (workspace, name_key),
    foreign key (workspace, accountable) references people (workspace, id),
    foreign key (workspace, deputy) references people (workspace, id),
    check (accountable <> deputy),
    check (state in ('active', 'retired')),
    check (rhythm_days > 0)
);

-- A secret address is kept as its hash; it belongs to the automation, never to a person.
create table automation_addresses (
    secret_hash text primary key,
    workspace text not null,
    automation text not null,
    valid_until utc_text,
    foreign key (workspace, automation) references automations (workspace, id)
);

create table automation_runs (
    workspace text not null,
    id text not null,
    automation text not null,
    at utc_text not null,
    kind text not null,
    primary key (workspace, id),
    foreign key (workspace, automation) references automations (workspace, id)
);
create index automation_runs_of on automation_runs (workspace, automation, at);

create table digests (
    workspace text not null references workspaces (id),
    week text not null,
    state text not null,
    at utc_text not null,
    primary key (workspace, week),
    check (state in ('posted', 'skipped', 'merged'))
);
