-- Friction without a time: a note knows its day, and nothing that was written in its moment.
create table friction_anew (
    workspace text not null references workspaces (id),
    id text not null,
    sentence text not null,
    hint text,
    area text not null default '',
    author text,
    noted_at utc_text not null,
    pattern text,
    primary key (workspace, id)
)
