-- The road in and the road out: who speaks where, what came, what still has to go.
create table workspaces (
    id text primary key,
    name text not null,
    language text not null,
    zone text not null,
    region text not null,
    state text not null default 'active',
    created_at utc_text not null
);

create table settings (
    workspace text not null references workspaces (id),
    name text not null,
    value text not null,
    primary key (workspace, name)
);

create table counters (
    workspace text not null references workspaces (id),
    name text not null,
    value integer not null,
    primary key (workspace, name)
);

create table people (
    workspace text not null references workspaces (id),
    id text not null,
    name text not null,
    language text,
    kind text not null default 'member',
    manager integer not null default 0,
    active integer not null default 1,
    person_key text not null,
    first_seen_at utc_text not null,
    primary key (workspace, id)
);

create table identities (
    workspace text not null,
    identity text not null,
    person text not null,
    primary key (workspace, identity),
    foreign key (workspace, person) references people (workspace, id)
);

create table places (
    workspace text not null references workspaces (id),
    id text not null,
    kind text not null,
    name text not null,
    role text,
    person text,
    state text not null default 'open',
    reason text,
    primary key (workspace, id),
    foreign key (workspace, person) references people (workspace, id)
);
create unique index places_one_per_role on places (workspace, role) where role is not null;

create table deliveries (
    workspace text not null references workspaces (id),
    identity text not null,
    at utc_text not null,
    outcome text not null,
    answer text,
    primary key (workspace, identity)
);
create index deliveries_at on deliveries (at);

create table drafts (
    workspace text not null references workspaces (id),
    id text not null,
    person text not null,
    call text not null,
    created_at utc_text not null,
    primary key (workspace, id)
);

create table outbox (
    workspace text not null references workspaces (id),
    id text not null,
    place text not null,
    key text not null,
    kind text not null,
    priority integer not null,
    message text not null,
    state text not null,
    not_before utc_text not null,
    created_at utc_text not null,
    attempts integer not null default 0,
    copies integer not null default 0,
    lease_until utc_text,
    fence integer not null default 0,
    otherwise text,
    reason text,
    external_id text,
    finished_at utc_text,
    primary key (workspace, id)
);
-- What is not yet on its way is replaced by what is newer.
create unique index outbox_newest on outbox (workspace, place, key) where state = 'pending';
create index outbox_open on outbox (priority, created_at, id) where state in ('pending', 'leased');
create index outbox_key on outbox (workspace, key);

create table messages (
    workspace text not null references workspaces (id),
    place text not null,
    key text not null,
    external_id text not null,
    primary key (workspace, place, key)
);
create index messages_key on messages (workspace, key);

create table timers (
    workspace text not null references workspaces (id),
    id text not null,
    kind text not null,
    key text not null,
    payload text not null,
    due_at utc_text not null,
    state text not null,
    attempts integer not null default 0,
    lease_until utc_text,
    fence integer not null default 0,
    reason text,
    primary key (workspace, id)
);
create unique index timers_key on timers (workspace, key);
create index timers_due on timers (due_at) where state = 'pending';
