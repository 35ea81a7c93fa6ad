-- Which incidents are to be found again: each change of one that matters gets the next version.
-- Whoever keeps an index in memory reads on from the version that it knows.
create table likeness (
    workspace text not null,
    incident integer not null,
    version integer not null,
    primary key (workspace, incident),
    foreign key (workspace, incident) references incidents (workspace, number)
);
create unique index likeness_version on likeness (workspace, version);
insert into likeness (workspace, incident, version)
select workspace, number, number from incidents where state <> 'withdrawn';
