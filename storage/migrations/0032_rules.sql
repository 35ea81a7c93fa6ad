-- One table of rules: words that mean something, learnt from corrections or entered.
create table rules (
    workspace text not null references workspaces (id),
    id text not null,
    kind text not null,
    words text not null,
    shown text not null,
    target text not null,
    origin text not null,
    at utc_text not null,
    primary key (workspace, id),
    unique (workspace, kind, words, target),
    check (origin in ('learnt', 'entered'))
);
create index rules_of on rules (workspace, kind, target);
