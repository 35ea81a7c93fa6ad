-- Services with their one accountable person, incidents, and what happened to each.
create table services (
    workspace text not null references workspaces (id),
    id text not null,
    name text not null,
    name_key text not null,
    words text not null,
    accountable text not null,
    deputy text not null,
    fallback integer not null default 0,
    created_at utc_text not null,
    primary key (workspace, id),
    unique (workspace, name_key),
    foreign key (workspace, accountable) references people (workspace, id),
    foreign key (workspace, deputy) references people (workspace, id),
    -- Only the net under everything may hang on one person, in a company of one.
    check (accountable <> deputy or fallback = 1)
);
create unique index services_one_fallback on services (workspace) where fallback = 1;

create table incidents (
    workspace text not null references workspaces (id),
    number integer not null,
    title text not null,
    service text not null,
    gap integer not null,
    severity text not null,
    state text not null,
    declared_by text not null,
    declared_at utc_text not null,
    declared_in text,
    responsible text not null,
    responsible_since utc_text not null,
    acknowledged_by text,
    acknowledged_at utc_text,
    proposed_to text,
    silent integer not null default 0,
    alarms integer not null default 0,
    news text,
    news_by text,
    news_at utc_text,
    next_news_at utc_text,
    restored_by text,
    restored_at utc_text,
    primary key (workspace, number),
    foreign key (workspace, service) references services (workspace, id),
    foreign key (workspace, declared_by) references people (workspace, id),
    foreign key (workspace, responsible) references people (workspace, id),
    check (severity in ('normal', 'serious')),
    check (state in ('open', 'restored', 'withdrawn')),
    check ((acknowledged_by is null) = (acknowledged_at is null))
);
create index incidents_open on incidents (workspace, state, number);
create index incidents_since on incidents (workspace, declared_at);

create table timeline (
    workspace text not null,
    id text not null,
    incident integer not null,
    at utc_text not null,
    kind text not null,
    person text,
    detail text not null default '',
    primary key (workspace, id),
    foreign key (workspace, incident) references incidents (workspace, number)
);
create index timeline_of on timeline (workspace, incident, at, id);
