-- Holds after a restore: what is older waits for a person, who says what of it may go out.
create table holds (
    workspace text not null references workspaces (id),
    restored_at utc_text not null,
    taken_at utc_text,
    released_at utc_text,
    choice text,
    primary key (workspace, restored_at),
    check (choice in ('all', 'alarms', 'nothing')),
    check ((choice is null) = (released_at is null))
);

-- What this store says of itself: that it is a copy, and who takes the backup of a day.
create table instance (
    name text primary key,
    value text not null
);

-- What was due before a restore may go on without being heard.
alter table timers add column muted integer not null default 0;

-- Who was erased, under a hash of an id that means nothing by itself: a backup forgets them too.
create table erasures (
    workspace text not null references workspaces (id),
    erased text not null,
    at utc_text not null,
    primary key (workspace, erased)
);
