-- A manager may also want all of it once a month only.
create table digest_choices_anew (
    workspace text not null references workspaces (id),
    person text not null,
    way text not null,
    primary key (workspace, person),
    foreign key (workspace, person) references people (workspace, id),
    check (way in ('direct', 'short', 'seldom'))
);
insert into digest_choices_anew select workspace, person, way from digest_choices;
drop table digest_choices;
alter table digest_choices_anew rename to digest_choices;
