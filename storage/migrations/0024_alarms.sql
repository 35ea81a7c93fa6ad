-- Each alarm to each person, so that older ones are folded when the next comes, many at once
-- become one list, and nobody is alarmed too often. They go soon after they are settled.
create table alarms (
    workspace text not null,
    id text not null,
    incident integer not null,
    position integer not null,
    person text not null,
    at utc_text not null,
    list text,
    live integer not null default 1,
    primary key (workspace, id),
    unique (workspace, incident, position, person),
    foreign key (workspace, incident) references incidents (workspace, number),
    foreign key (workspace, person) references people (workspace, id)
);
create index alarms_of on alarms (workspace, person, at);
create index alarms_list on alarms (workspace, list);

-- Who wants no alarms of one incident until a time.
create table alarm_pauses (
    workspace text not null,
    id text not null,
    incident integer not null,
    person text not null,
    until_at utc_text not null,
    primary key (workspace, id),
    unique (workspace, incident, person),
    foreign key (workspace, incident) references incidents (workspace, number),
    foreign key (workspace, person) references people (workspace, id)
);
