-- What somebody did whom no profile has shown yet: kept until the platform says who it is.
create table held_requests (
    workspace text not null,
    identity text not null,
    person text not null,
    request text not null,
    at utc_text not null,
    primary key (workspace, identity)
);
create index held_requests_person on held_requests (workspace, person);
