-- The two-week starter: when it was begun and by whom, and which steps are done.
create table starters (
    workspace text not null references workspaces (id),
    begun_on text not null,
    begun_by text not null,
    ended_on text,
    primary key (workspace),
    foreign key (workspace, begun_by) references people (workspace, id)
);

create table starter_steps (
    workspace text not null references workspaces (id),
    step text not null,
    done_on text not null,
    primary key (workspace, step)
);
