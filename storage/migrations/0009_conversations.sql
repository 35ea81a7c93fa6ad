-- Microsoft Teams: how to reach a place, and what was pressed last. And a channel for each
-- purpose on each platform, where a company uses two.
create table conversations (
    workspace text not null references workspaces (id),
    place text not null,
    conversation text,
    service_url text not null,
    tenant text not null,
    member text,
    heard_at utc_text not null,
    blocked text,
    welcomed_at utc_text,
    primary key (workspace, place)
);
create index conversations_member on conversations (workspace, member);

create table presses (
    workspace text not null references workspaces (id),
    card text not null,
    person text not null,
    what text not null,
    identity text not null,
    at utc_text not null,
    primary key (workspace, card, person)
);
create index presses_at on presses (at);

alter table places add column platform text not null default 'local';
update places set platform = 'slack' where id like 'slack:%';
drop index places_one_per_role;
create unique index places_one_per_role on places (workspace, platform, role)
    where role is not null;

create index messages_external_id on messages (workspace, external_id);
