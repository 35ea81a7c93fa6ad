-- The core of the mandate: goals, two to three focus areas, guardrails with their versions.
create table mandate_goals (
    workspace text not null references workspaces (id),
    id text not null,
    name text not null,
    name_key text not null,
    set_by text not null,
    set_at utc_text not null,
    retired_at utc_text,
    primary key (workspace, id),
    foreign key (workspace, set_by) references people (workspace, id)
);

create table mandate_areas (
    workspace text not null references workspaces (id),
    area_key text not null,
    area text not null,
    set_by text not null,
    set_at utc_text not null,
    primary key (workspace, area_key),
    foreign key (workspace, set_by) references people (workspace, id)
);

create table guardrails (
    workspace text not null references workspaces (id),
    version text not null,
    data_rule text not null,
    security_rule text not null,
    responsibility_rule text not null,
    communication_rule text not null,
    set_by text not null,
    set_at utc_text not null,
    primary key (workspace, version),
    foreign key (workspace, set_by) references people (workspace, id)
);

create table guardrail_confirmations (
    workspace text not null,
    version text not null,
    person text not null,
    confirmed_at utc_text not null,
    primary key (workspace, version, person),
    foreign key (workspace, version) references guardrails (workspace, version),
    foreign key (workspace, person) references people (workspace, id)
);
