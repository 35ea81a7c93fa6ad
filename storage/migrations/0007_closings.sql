-- How an incident ends: it may be done, or closed as something else; and what is needed for it.
alter table incidents add column reopened_at utc_text;
alter table incidents add column ended_by text;
alter table incidents add column ended_at utc_text;
alter table incidents add column closed_as text
    check (closed_as in ('duplicate', 'false_alarm', 'superseded'));
alter table incidents add column closed_into integer;
create index incidents_into on incidents (workspace, closed_into);
create index incidents_ended on incidents (workspace, ended_at);

create table closings (
    workspace text not null,
    incident integer not null,
    -- Each point with the moment since which it counts; reopening takes the moments away.
    impact_ended_at utc_text,
    impact_ended_since utc_text,
    cause_class text,
    cause text,
    cause_since utc_text,
    evidence text,
    evidence_since utc_text,
    ending text check (ending in ('workaround', 'fixed')),
    ending_since utc_text,
    fixer text,
    fix_on text,
    fix_since utc_text,
    runbook text,
    runbook_since utc_text,
    -- Who asked for done, who is asked to check it, who did.
    asked_by text,
    asked_at utc_text,
    checker text,
    verified_by text,
    verified_at utc_text,
    quiet_at utc_text,
    -- What it cost, for sums; never about a person.
    customer integer not null default 0,
    money integer not null default 0,
    strain integer not null default 0,
    outside integer not null default 0,
    override_by text,
    override_at utc_text,
    override_reason text,
    override_open text,
    fix_done_by text,
    fix_done_at utc_text,
    reminded_at utc_text,
    primary key (workspace, incident),
    foreign key (workspace, incident) references incidents (workspace, number),
    foreign key (workspace, fixer) references people (workspace, id),
    foreign key (workspace, checker) references people (workspace, id),
    check (asked_by is null or verified_by is null or asked_by <> verified_by),
    check ((override_by is null) = (override_reason is null))
);
