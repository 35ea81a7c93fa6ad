-- Whether the platform says that somebody administers it: only they can become the first manager.
alter table people add column admin integer not null default 0;
