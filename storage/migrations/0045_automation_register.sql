-- Automations that somebody answers for: how they are expected, what their calls said, and what
-- people said of them. What the state is computed from stands on the row itself.
alter table automations add column phase text not null default 'idea';
alter table automations add column carried integer not null default 0;
alter table automations add column kind text not null default 'scheduled';
alter table automations add column rhythm text not null default '';
alter table automations add column always integer not null default 0;
alter table automations add column seasons text not null default '';
alter table automations add column zone text;
alter table automations add column grace_minutes integer;
alter table automations add column longest_minutes integer;
alter table automations add column window_days integer;
alter table automations add column tell_from integer not null default 1;
alter table automations add column at_once integer not null default 0;
alter table automations add column post_only integer not null default 0;
alter table automations add column slug text not null default '';
alter table automations add column asked_at utc_text;
alter table automations add column accountable_accepted_at utc_text;
alter table automations add column deputy_accepted_at utc_text;
alter table automations add column live_at utc_text;
alter table automations add column retired_at utc_text;
alter table automations add column paused_from utc_text;
alter table automations add column paused_until utc_text;
alter table automations add column snoozed_until utc_text;
alter table automations add column unused_since utc_text;
alter table automations add column quiet_until utc_text;
alter table automations add column first_report_at utc_text;
alter table automations add column last_report_at utc_text;
alter table automations add column last_useful_at utc_text;
alter table automations add column last_result text not null default '';
alter table automations add column fails integer not null default 0;
alter table automations add column idle integer not null default 0;
alter table automations add column begun_at utc_text;
alter table automations add column gaps text not null default '';
alter table automations add column look_at utc_text;
alter table automations add column retired_called_at utc_text;
alter table automations add column late_told text not null default '';
create index automations_look on automations (workspace, look_at);
create index automations_slug on automations (workspace, slug);

-- What was entered before stays measured, and lacks what is asked for since.
update automations set
    phase = 'incomplete', carried = 1, rhythm = 'every ' || rhythm_days || ' day',
    first_report_at = last_run_at, last_report_at = last_run_at, last_useful_at = last_run_at,
    last_result = case when last_run_at is null then '' else 'ok' end,
    accountable_accepted_at = registered_at, deputy_accepted_at = registered_at,
    retired_at = case when state = 'retired' then registered_at end,
    name_key = case when state = 'retired' then name_key || ' ' || id else name_key end;

-- The job profile: a row for each thing that is said of an automation.
create table automation_profile (
    workspace text not null,
    automation text not null,
    field text not null,
    value text not null,
    primary key (workspace, automation, field),
    foreign key (workspace, automation) references automations (workspace, id)
);

-- What was entered, corrected and decided; the person becomes a role after three years.
create table automation_history (
    workspace text not null,
    id text not null,
    automation text not null,
    at utc_text not null,
    kind text not null,
    person text,
    role text not null default '',
    field text not null default '',
    before text not null default '',
    after text not null default '',
    primary key (workspace, id),
    foreign key (workspace, automation) references automations (workspace, id)
);
create index automation_history_of on automation_history (workspace, automation, at, id);

-- Nothing of the caller: what, when, how it ended, how much, how long. run_key is a hash.
alter table automation_runs add column items integer;
alter table automation_runs add column seconds integer;
alter table automation_runs add column run_key text;
create index automation_runs_at on automation_runs (workspace, at);

create table automation_days (
    workspace text not null,
    automation text not null,
    day text not null,
    kind text not null,
    count integer not null,
    seconds integer not null default 0,
    saved integer not null default 0,
    primary key (workspace, automation, day, kind),
    foreign key (workspace, automation) references automations (workspace, id)
);
insert into automation_days (workspace, automation, day, kind, count)
select workspace, automation, substr(at, 1, 10), case kind when 'run' then 'ok' else kind end,
    count(*)
from automation_runs
group by workspace, automation, substr(at, 1, 10), case kind when 'run' then 'ok' else kind end;

-- Calls that could not be used: which rule, when; shown for seven days.
create table automation_odd_calls (
    workspace text not null,
    id text not null,
    automation text not null,
    at utc_text not null,
    why text not null,
    primary key (workspace, id),
    foreign key (workspace, automation) references automations (workspace, id)
);
create index automation_odd_calls_of on automation_odd_calls (workspace, automation, why, at);

-- Calls with our key whose name fits nothing.
create table automation_strays (
    workspace text not null references workspaces (id),
    slug text not null,
    first_at utc_text not null,
    last_at utc_text not null,
    calls integer not null default 1,
    primary key (workspace, slug)
);

create table intake_keys (
    secret_hash text primary key,
    workspace text not null references workspaces (id),
    valid_until utc_text
);

-- When Lotse itself could not be called, or heard far less than usual.
create table intake_gaps (
    workspace text not null references workspaces (id),
    began_at utc_text not null,
    ended_at utc_text not null,
    why text not null,
    primary key (workspace, began_at, why)
);
