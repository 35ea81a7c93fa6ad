-- Linking two identities of one person: a code shown in one chat and typed in the other.
create table link_codes (
    workspace text not null references workspaces (id),
    code_hash text not null,
    person text not null,
    other text,
    created_at utc_text not null,
    primary key (workspace, code_hash),
    foreign key (workspace, person) references people (workspace, id)
);
