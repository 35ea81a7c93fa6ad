-- A question that only one person can answer is not put to who stands in for them.
alter table matters add column personal integer not null default 0;
