-- The digest asks for a service's newest closing, and for what was declared in a week.
create index incidents_of_service_ended on incidents (workspace, service, ended_at);
drop index incidents_since;
create index incidents_since on incidents
    (workspace, declared_at, state, service, gap, acknowledged_at, reopened_at);
drop index incidents_ended;
create index incidents_ended on incidents (workspace, ended_at, state, number);
create index closings_said on closings
    (workspace, incident, ending, customer, money, strain, outside);
create index closings_overridden on closings (workspace, override_at)
    where override_by is not null;
create index closings_unfixed on closings (workspace, fix_on)
    where ending = 'workaround' and fix_done_at is null;
