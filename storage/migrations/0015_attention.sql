-- What waits to be told: at most one bundled message a person and working day; their own hour.
create table matters (
    workspace text not null references workspaces (id),
    id text not null,
    person text not null,
    key text not null,
    kind text not null,
    message text not null,
    noted_at utc_text not null,
    state text not null default 'open',
    told_to text,
    told_on text,
    primary key (workspace, id),
    foreign key (workspace, person) references people (workspace, id),
    check (kind in ('matter', 'survey', 'question')),
    check (state in ('open', 'told', 'settled'))
);
create unique index matters_once on matters (workspace, person, key) where state <> 'settled';
create index matters_of on matters (workspace, key);

create table attention (
    workspace text not null references workspaces (id),
    person text not null,
    hour text not null,
    pace text not null,
    primary key (workspace, person),
    foreign key (workspace, person) references people (workspace, id),
    check (pace in ('daily', 'weekly'))
);
