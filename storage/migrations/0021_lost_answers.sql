-- Answers that found no way to whoever asked; they find them under `status`.
create table lost_answers (
    workspace text not null,
    identity text not null,
    person text not null,
    at utc_text not null,
    primary key (workspace, identity)
);
create index lost_answers_person on lost_answers (workspace, person);
