-- What people type: offers that were used, how it was before somebody took an incident, and
-- the buttons of the last message to somebody, whose labels can be typed.
create table used_offers (
    workspace text not null references workspaces (id),
    id text not null,
    number integer not null,
    at utc_text not null,
    primary key (workspace, id)
);
create index used_offers_at on used_offers (at);

create table takings (
    workspace text not null,
    number integer not null,
    person text not null,
    at utc_text not null,
    held_by text not null,
    held_since utc_text not null,
    acknowledged_by text,
    acknowledged_at utc_text,
    silent integer not null,
    timer text not null,
    due_at utc_text,
    primary key (workspace, number),
    foreign key (workspace, number) references incidents (workspace, number)
);

create table last_buttons (
    workspace text not null references workspaces (id),
    person text not null,
    place text not null,
    buttons text not null,
    at utc_text not null,
    primary key (workspace, person)
);
create index last_buttons_at on last_buttons (at);
