-- The audit trail is sealed a day at a time; each seal holds the one before it.
create table audit_seals (
    workspace text not null references workspaces (id),
    day text not null,
    rows integer not null,
    hashes text not null,
    hash text not null,
    primary key (workspace, day)
);
