-- The whole mandate: drafts with four questions and candidate areas, released by two people;
-- who does what until when; what is deliberately not done; the bottleneck question of a quarter.
create table mandates (
    workspace text not null references workspaces (id),
    id text not null,
    state text not null default 'draft',
    problems text not null default '',
    levers text not null default '',
    risks text not null default '',
    along text not null default '',
    cases text not null default '',
    valid_until text,
    it_contact text,
    begun_by text not null,
    begun_at utc_text not null,
    lead_by text,
    lead_at utc_text,
    it_by text,
    it_at utc_text,
    released_at utc_text,
    secret text not null,
    primary key (workspace, id),
    foreign key (workspace, it_contact) references people (workspace, id),
    foreign key (workspace, begun_by) references people (workspace, id),
    foreign key (workspace, lead_by) references people (workspace, id),
    foreign key (workspace, it_by) references people (workspace, id),
    check (state in ('draft', 'released', 'replaced')),
    check (state = 'draft' or (lead_by is not null and it_by is not null and lead_by <> it_by))
);
create unique index mandates_one_draft on mandates (workspace) where state = 'draft';
create unique index mandates_one_released on mandates (workspace) where state = 'released';

create table mandate_candidates (
    workspace text not null,
    mandate text not null,
    area_key text not null,
    area text not null,
    chosen integer not null default 0,
    primary key (workspace, mandate, area_key),
    foreign key (workspace, mandate) references mandates (workspace, id)
);

create table mandate_reads (
    workspace text not null,
    mandate text not null,
    reader text not null,
    primary key (workspace, mandate, reader),
    foreign key (workspace, mandate) references mandates (workspace, id)
);

create table mandate_questions (
    workspace text not null references workspaces (id),
    id text not null,
    words text not null,
    asked_by text not null,
    asked_at utc_text not null,
    answer text,
    answered_by text,
    primary key (workspace, id),
    foreign key (workspace, asked_by) references people (workspace, id),
    foreign key (workspace, answered_by) references people (workspace, id)
);

create table mandate_actions (
    workspace text not null references workspaces (id),
    id text not null,
    item text not null,
    owner text not null,
    accepted_at utc_text,
    due_on text not null,
    reminded integer not null default 0,
    done_on text,
    dropped_on text,
    set_by text not null,
    set_at utc_text not null,
    primary key (workspace, id),
    foreign key (workspace, owner) references people (workspace, id),
    foreign key (workspace, set_by) references people (workspace, id)
);

create table mandate_stops (
    workspace text not null references workspaces (id),
    id text not null,
    item text not null,
    reason text not null,
    until_on text not null,
    asked_on text,
    dropped_on text,
    set_by text not null,
    set_at utc_text not null,
    primary key (workspace, id),
    foreign key (workspace, set_by) references people (workspace, id)
);

create table automation_goals (
    workspace text not null references workspaces (id),
    automation text not null,
    goal text not null,
    primary key (workspace, automation),
    foreign key (workspace, automation) references automations (workspace, id),
    foreign key (workspace, goal) references mandate_goals (workspace, id)
);

create table bottleneck_rounds (
    workspace text not null references workspaces (id),
    quarter text not null,
    secret text,
    opened_on text not null,
    answered integer not null default 0,
    silent integer not null default 0,
    ownership integer not null default 0,
    standards integer not null default 0,
    courage integer not null default 0,
    primary key (workspace, quarter)
);

create table bottleneck_taps (
    workspace text not null,
    quarter text not null,
    voter text not null,
    choice text not null,
    primary key (workspace, quarter, voter),
    foreign key (workspace, quarter) references bottleneck_rounds (workspace, quarter),
    check (choice in ('ownership', 'standards', 'courage'))
);
