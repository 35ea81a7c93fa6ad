-- What somebody suggests not to do: on the stop list only once a manager takes it.
alter table mandate_stops add column suggested integer not null default 0;
