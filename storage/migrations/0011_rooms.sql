-- The channel that an incident has for itself: what is wanted of it, and what the platform shows.
create table rooms (
    workspace text not null references workspaces (id),
    incident integer not null,
    platform text not null,
    name text not null,
    topic text not null,
    people text not null,
    open integer not null default 1,
    place text,
    shown_topic text,
    invited text not null default '',
    closed integer not null default 0,
    reason text,
    primary key (workspace, incident),
    foreign key (workspace, incident) references incidents (workspace, number)
);
create unique index rooms_place on rooms (workspace, place) where place is not null;
create index messages_external on messages (workspace, place, external_id);
