-- What people may ask of what is stored about them: told at first contact, corrected, restricted.
alter table people add column informed_on text;
alter table people add column own_name text;
alter table people add column restricted_on text;

create table corrections (
    workspace text not null references workspaces (id),
    id text not null,
    person text not null,
    wrong text not null,
    asked_at utc_text not null,
    answer text,
    answered_by text,
    answered_at utc_text,
    primary key (workspace, id),
    foreign key (workspace, person) references people (workspace, id),
    foreign key (workspace, answered_by) references people (workspace, id)
);
create index corrections_open on corrections (workspace, asked_at) where answer is null;
create index corrections_person on corrections (workspace, person);
