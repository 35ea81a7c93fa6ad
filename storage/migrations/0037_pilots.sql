-- Pilots with their roles, measure and dates. Those of before are incomplete until somebody
-- fills what is missing: no clock ends them.
create table pilots_anew (
    workspace text not null references workspaces (id),
    id text not null,
    name text not null,
    name_key text not null,
    state text not null default 'draft',
    problem text not null,
    pattern text,
    area text not null default '',
    goal text,
    workflow text not null default '',
    takes text not null default '',
    gives text not null default '',
    champion text,
    champion_accepted_at utc_text,
    modeler text,
    modeler_accepted_at utc_text,
    integrator text,
    integrator_accepted_at utc_text,
    metric text not null default '',
    unit text not null default '',
    better text not null default 'lower',
    baseline text,
    baseline_n integer,
    baseline_period text not null default '',
    baseline_source text not null default '',
    target text,
    guard text not null default '',
    guard_limit text,
    touched text not null default '',
    too_big text not null default '',
    template text,
    users_kind text not null default 'people',
    users_place text,
    visible integer not null default 0,
    sourcing text,
    it_checks text not null default '',
    it_note text not null default '',
    created_on text not null default '',
    started_on text,
    waiting_since utc_text,
    extended_on text,
    decision text,
    reason text not null default '',
    learnt text not null default '',
    decided_on text,
    operating_on text,
    stopped_on text,
    posted_on text,
    alive text,
    primary key (workspace, id),
    unique (workspace, name_key),
    foreign key (workspace, champion) references people (workspace, id),
    foreign key (workspace, modeler) references people (workspace, id),
    foreign key (workspace, integrator) references people (workspace, id),
    check (state in ('incomplete', 'draft', 'waiting', 'running', 'operating', 'stopped')),
    check (better in ('lower', 'higher')),
    check (users_kind in ('people', 'channel', 'everyone')),
    check (decision is null or decision in ('operate', 'again', 'stop'))
);
insert into pilots_anew
    (workspace, id, name, name_key, state, problem, champion, created_on, started_on)
select workspace, id, name, name_key, 'incomplete', problem, champion, started_on, started_on
from pilots;

-- Counts of rounds that are closed: no row, id or time can lead back to a person.
create table pilot_counts_anew (
    workspace text not null,
    pilot text not null,
    week text not null,
    answer text not null,
    count integer not null,
    primary key (workspace, pilot, week, answer),
    foreign key (workspace, pilot) references pilots_anew (workspace, id)
);
insert into pilot_counts_anew select workspace, pilot, week, answer, count from pilot_answers;

-- A week's question. While it is open its secret keys the taps; closing destroys both.
create table pilot_rounds (
    workspace text not null,
    pilot text not null,
    week text not null,
    secret text,
    answered integer not null default 0,
    silent integer not null default 0,
    primary key (workspace, pilot, week),
    foreign key (workspace, pilot) references pilots_anew (workspace, id)
);

-- What happened beside the question, counted by week.
create table pilot_signals (
    workspace text not null,
    pilot text not null,
    week text not null,
    kind text not null,
    reason text not null default '',
    count integer not null,
    minutes integer not null default 0,
    primary key (workspace, pilot, week, kind, reason),
    foreign key (workspace, pilot) references pilots_anew (workspace, id),
    check (kind in ('bypassed', 'by_hand'))
);

create table pilot_users (
    workspace text not null,
    pilot text not null,
    person text not null,
    state text not null default 'asked',
    primary key (workspace, pilot, person),
    foreign key (workspace, pilot) references pilots_anew (workspace, id),
    foreign key (workspace, person) references people (workspace, id),
    check (state in ('asked', 'muted', 'only_muted'))
);

create table pilot_values (
    workspace text not null,
    pilot text not null,
    week text not null,
    value text not null,
    number integer not null,
    source text not null default '',
    waiting text,
    working text,
    satisfaction text,
    guard text,
    entered_by text not null,
    primary key (workspace, pilot, week),
    foreign key (workspace, pilot) references pilots_anew (workspace, id)
);

create table pilot_candidates (
    workspace text not null,
    id text not null,
    pilot text not null,
    workflow text not null,
    takes text not null,
    gives text not null,
    chosen integer not null default 0,
    primary key (workspace, id),
    foreign key (workspace, pilot) references pilots_anew (workspace, id)
);

create table pilot_obstacles (
    workspace text not null,
    id text not null,
    pilot text not null,
    words text not null,
    due_on text not null,
    raised_on text not null,
    solved_on text,
    primary key (workspace, id),
    foreign key (workspace, pilot) references pilots_anew (workspace, id)
);

create table pilot_later (
    workspace text not null,
    id text not null,
    pilot text not null,
    words text not null,
    kind text not null,
    state text not null default 'later',
    primary key (workspace, id),
    foreign key (workspace, pilot) references pilots_anew (workspace, id),
    check (kind in ('polish', 'special', 'exception')),
    check (state in ('later', 'scheduled', 'dropped'))
);

create table pilot_iterations (
    workspace text not null,
    id text not null,
    pilot text not null,
    kind text not null,
    words text not null,
    done_on text not null,
    primary key (workspace, id),
    foreign key (workspace, pilot) references pilots_anew (workspace, id),
    check (kind in ('rules', 'handover', 'results'))
);

create table pilot_history (
    workspace text not null,
    id text not null,
    pilot text not null,
    at utc_text not null,
    changed_by text not null,
    kind text not null,
    words text not null default '',
    primary key (workspace, id),
    foreign key (workspace, pilot) references pilots_anew (workspace, id)
);
create index pilot_history_of on pilot_history (workspace, pilot, at);

-- What is asked about a pilot, without who asked and without a time.
create table pilot_questions (
    workspace text not null,
    id text not null,
    pilot text not null,
    words text not null,
    asked_on text not null,
    answer text,
    answered_on text,
    primary key (workspace, id),
    foreign key (workspace, pilot) references pilots_anew (workspace, id)
);
