-- What a digest said, who it is for beside the company, and whether it was useful.
create table digest_texts (
    workspace text not null references workspaces (id),
    week text not null,
    language text not null,
    message text not null,
    at utc_text not null,
    primary key (workspace, week, language)
);

create table digest_teams (
    workspace text not null references workspaces (id),
    id text not null,
    name text not null,
    place text not null,
    areas text not null,
    services text not null,
    primary key (workspace, id)
);

create table digest_rounds (
    workspace text not null references workspaces (id),
    week text not null,
    secret text,
    opened_on text not null,
    useful integer not null default 0,
    useless integer not null default 0,
    primary key (workspace, week)
);

create table digest_taps (
    workspace text not null,
    week text not null,
    voter text not null,
    choice text not null,
    primary key (workspace, week, voter),
    foreign key (workspace, week) references digest_rounds (workspace, week),
    check (choice in ('yes', 'no'))
);
