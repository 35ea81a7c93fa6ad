-- Patterns: notes that say the same, confirmed by a person; what was decided, and why.
create table patterns (
    workspace text not null references workspaces (id),
    id text not null,
    title text not null,
    area text not null default '',
    state text not null default 'confirmed',
    confirmed_by text not null,
    confirmed_at utc_text not null,
    merged_into text,
    split_from text,
    per_month integer,
    minutes integer,
    result text,
    reason text,
    parked integer not null default 0,
    answered_by text,
    answered_at utc_text,
    primary key (workspace, id),
    foreign key (workspace, confirmed_by) references people (workspace, id),
    check (state in ('confirmed', 'undone')),
    check (result is null or result in ('drop', 'human', 'not_now', 'prepare', 'suitable'))
);

-- The seven taps as they were answered; the newest counts, the earlier ones stay.
create table pattern_checks (
    workspace text not null,
    id text not null,
    pattern text not null,
    at utc_text not null,
    checked_by text not null,
    droppable integer not null,
    regular integer not null,
    structured integer not null,
    ruled integer not null,
    context integer not null,
    judgement integer not null,
    responsibility integer not null,
    relationship integer not null,
    changing text not null default '',
    written text not null default '',
    primary key (workspace, id),
    foreign key (workspace, pattern) references patterns (workspace, id)
);
create index pattern_checks_of on pattern_checks (workspace, pattern, at);

create table pattern_history (
    workspace text not null,
    id text not null,
    pattern text not null,
    at utc_text not null,
    changed_by text not null,
    kind text not null,
    words text not null default '',
    primary key (workspace, id),
    foreign key (workspace, pattern) references patterns (workspace, id)
);
create index pattern_history_of on pattern_history (workspace, pattern, at);

-- Who answers friction of an area; whoever is named is asked first.
create table friction_answerers (
    workspace text not null references workspaces (id),
    area text not null,
    answerer text not null,
    state text not null default 'asked',
    named_by text not null,
    named_at utc_text not null,
    primary key (workspace, area, answerer),
    foreign key (workspace, answerer) references people (workspace, id),
    check (state in ('asked', 'accepted', 'declined'))
);
