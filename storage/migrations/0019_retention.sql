-- What was let go of: a row for each night and kind of record, with how many rows it was.
create table retention_runs (
    workspace text not null references workspaces (id),
    day text not null,
    kind text not null,
    changed integer not null,
    primary key (workspace, day, kind)
);

-- Since when a company's Slack shuts us out.
alter table slack_installations add column parked_at utc_text;

-- In which of their direct chats somebody answers, if they have several: nothing else is kept.
alter table places add column answers integer not null default 0;

-- What was entered and corrected of a service.
create table service_history (
    workspace text not null,
    id text not null,
    service text not null,
    at utc_text not null,
    kind text not null,
    person text not null,
    before text not null default '',
    after text not null default '',
    primary key (workspace, id),
    foreign key (workspace, service) references services (workspace, id)
);
create index service_history_of on service_history (workspace, service, at);
