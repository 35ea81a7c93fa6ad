-- How a manager wants the digest, and who is signed in to the board.
create table digest_choices (
    workspace text not null references workspaces (id),
    person text not null,
    way text not null,
    primary key (workspace, person),
    foreign key (workspace, person) references people (workspace, id),
    check (way in ('direct', 'short'))
);

create table board_links (
    workspace text not null references workspaces (id),
    secret_hash text not null,
    person text not null,
    made_at utc_text not null,
    primary key (workspace, secret_hash),
    foreign key (workspace, person) references people (workspace, id)
);

create table board_sessions (
    workspace text not null references workspaces (id),
    token_hash text not null,
    person text not null,
    begun_at utc_text not null,
    primary key (workspace, token_hash),
    foreign key (workspace, person) references people (workspace, id)
);
