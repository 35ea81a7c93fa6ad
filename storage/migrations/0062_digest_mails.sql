-- Who gets the digest by mail: entered by a manager, confirmed by their owner's click.
create table digest_mails (
    workspace text not null references workspaces (id),
    id text not null,
    address text not null,
    token text not null,
    state text not null default 'asked',
    added_by text not null,
    added_at utc_text not null,
    primary key (workspace, id),
    unique (workspace, address),
    foreign key (workspace, added_by) references people (workspace, id),
    check (state in ('asked', 'confirmed'))
);
