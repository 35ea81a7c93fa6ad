-- Who has taken a service over, what is serious there, and when nobody is there any more;
-- who stands in for whom, what is handed over, and what the company means by its words.
alter table services add column accountable_accepted_at utc_text;
alter table services add column deputy_accepted_at utc_text;
alter table services add column asked_at utc_text;
alter table services add column serious_when text not null default '';
alter table services add column limit_minutes integer not null default 10;
alter table services add column runbook text;
alter table services add column red_since utc_text;
alter table services add column retired_at utc_text;
update services set asked_at = created_at;

create table covers (
    workspace text not null references workspaces (id),
    id text not null,
    person text not null,
    cover text not null,
    asked_by text not null,
    starts_at utc_text not null,
    ends_at utc_text not null,
    state text not null default 'asked',
    primary key (workspace, id),
    foreign key (workspace, person) references people (workspace, id),
    foreign key (workspace, cover) references people (workspace, id),
    foreign key (workspace, asked_by) references people (workspace, id),
    check (person <> cover),
    check (asked_by = person or asked_by = cover),
    check (starts_at < ends_at),
    check (state in ('asked', 'confirmed', 'ended'))
);
create index covers_of on covers (workspace, person, ends_at);

create table handovers (
    workspace text not null references workspaces (id),
    id text not null,
    person text not null,
    successor text not null,
    deputy text,
    asked_by text not null,
    asked_at utc_text not null,
    state text not null default 'asked',
    primary key (workspace, id),
    foreign key (workspace, person) references people (workspace, id),
    foreign key (workspace, successor) references people (workspace, id),
    foreign key (workspace, deputy) references people (workspace, id),
    check (person <> successor),
    check (state in ('asked', 'accepted', 'replaced'))
);
create index handovers_open on handovers (workspace, successor) where state = 'asked';

-- The company's own words; every version stays. What has none here is said by Lotse itself.
create table definitions (
    workspace text not null references workspaces (id),
    name text not null,
    version integer not null,
    words text not null,
    set_by text not null,
    set_at utc_text not null,
    primary key (workspace, name, version),
    foreign key (workspace, set_by) references people (workspace, id),
    check (name in ('incident', 'serious', 'done', 'measures'))
);
