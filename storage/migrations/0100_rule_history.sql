-- What was done with a rule: entered, learnt, let through, asked first again, removed.
-- What the rule said then stays with it, so that a removed one can be brought back.
create table rule_history (
    workspace text not null references workspaces (id),
    id text not null,
    rule text not null,
    kind text not null,
    words text not null,
    shown text not null,
    target text not null,
    what text not null,
    person text,
    at utc_text not null,
    primary key (workspace, id),
    foreign key (workspace, person) references people (workspace, id)
);
create index rule_history_of on rule_history (workspace, at);
