-- Repeats: what looks alike and what people said, groups of the same thing, problems, changes.

-- Two incidents and whether they are the same thing: proposed, same or other.
create table likenesses (
    workspace text not null,
    earlier integer not null,
    later integer not null,
    verdict text not null,
    rank integer not null default 0,
    same_service integer not null default 0,
    words text not null default '',
    decided_by text,
    decided_at utc_text,
    primary key (workspace, later, earlier),
    foreign key (workspace, earlier) references incidents (workspace, number),
    foreign key (workspace, later) references incidents (workspace, number),
    check (earlier < later),
    check (verdict in ('proposed', 'same', 'other')),
    check ((verdict = 'proposed') = (decided_by is null))
);
create index likenesses_of on likenesses (workspace, earlier);
create index likenesses_undecided on likenesses (workspace, later) where verdict = 'proposed';

-- The group of an incident is called by its lowest number; an incident alone is its own group.
create table repeats (
    workspace text not null,
    incident integer not null,
    root integer not null,
    primary key (workspace, incident),
    foreign key (workspace, incident) references incidents (workspace, number),
    check (root <= incident)
);
create index repeats_of on repeats (workspace, root);

create table problems (
    workspace text not null references workspaces (id),
    number integer not null,
    root integer not null,
    service text not null,
    title text not null,
    state text not null,
    opened_at utc_text not null,
    cause_class text,
    cause text,
    owner text not null,
    accepted_at utc_text,
    proposed_to text,
    due_on text not null,
    fixed_at utc_text,
    fixed_by text,
    fix text,
    evidence text,
    verified_by text,
    lifted_at utc_text,
    primary key (workspace, number),
    foreign key (workspace, service) references services (workspace, id),
    foreign key (workspace, owner) references people (workspace, id),
    check (state in ('open', 'fixed', 'lifted', 'dropped', 'merged')),
    check ((cause is null) = (cause_class is null)),
    check (state not in ('fixed', 'lifted') or (fixed_by is not null and evidence is not null)),
    check (verified_by is null or verified_by <> fixed_by),
    check ((state = 'lifted') = (lifted_at is not null))
);
-- Exactly one at a time for the same thing.
create unique index problems_one_active on problems (workspace, root)
where state in ('open', 'fixed');
create index problems_of_service on problems (workspace, service) where state in ('open', 'fixed');

create table problem_history (
    workspace text not null,
    id text not null,
    problem integer not null,
    at utc_text not null,
    kind text not null,
    person text,
    detail text not null default '',
    primary key (workspace, id),
    foreign key (workspace, problem) references problems (workspace, number)
);
create index problem_history_of on problem_history (workspace, problem, at, id);

create table changes (
    workspace text not null references workspaces (id),
    id text not null,
    service text not null,
    what text not null,
    planned_on text not null,
    entered_by text not null,
    entered_at utc_text not null,
    state text not null default 'planned',
    told integer not null default 0,
    primary key (workspace, id),
    foreign key (workspace, service) references services (workspace, id),
    check (state in ('planned', 'cancelled'))
);
create index changes_of on changes (workspace, planned_on, service);

-- Somebody lets something pass a ban: one change, or (without a change) the ban itself.
create table overrides (
    workspace text not null,
    id text not null,
    problem integer not null,
    change text,
    reason text not null,
    person text not null,
    at utc_text not null,
    until_on text not null,
    primary key (workspace, id),
    foreign key (workspace, problem) references problems (workspace, number),
    foreign key (workspace, change) references changes (workspace, id)
);
create index overrides_of on overrides (workspace, problem, until_on);
