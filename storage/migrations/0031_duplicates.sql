-- Whoever declared a duplicate is told how the other one goes on.
create index incidents_closed_into on incidents (workspace, closed_into)
where closed_into is not null;
