-- The pretend chat server behind the local page: what it shows, and what has been read.
create table local_messages (
    workspace text not null,
    id text not null,
    place text not null,
    number integer not null,
    version integer not null,
    author text not null,
    body text not null,
    only_for text,
    parcel text not null,
    created_at utc_text not null,
    edited_at utc_text,
    primary key (workspace, id),
    foreign key (workspace, place) references places (workspace, id)
);
-- The same parcel twice makes one message.
create unique index local_messages_parcel on local_messages (workspace, parcel);
create unique index local_messages_version on local_messages (workspace, version);
create index local_messages_place on local_messages (workspace, place, created_at, number);

create table local_reads (
    workspace text not null,
    person text not null,
    place text not null,
    up_to integer not null,
    primary key (workspace, person, place),
    foreign key (workspace, person) references people (workspace, id),
    foreign key (workspace, place) references places (workspace, id)
);
