-- The service that only the meaning of an incident points at: somebody is asked about it.
alter table incidents add column guessed text;
