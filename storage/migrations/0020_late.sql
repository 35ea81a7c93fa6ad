-- Since when an alarm that waited for its platform says so in its own words.
alter table outbox add column told_late utc_text;

-- Uncertain sendings of a place are looked for with each press there.
create index outbox_unsure on outbox (workspace, place) where state = 'ambiguous';
create index outbox_parked on outbox (workspace, place) where state = 'parked';

-- A step of climbing is hastened once a minute at most.
alter table timers add column hastened_at utc_text;
