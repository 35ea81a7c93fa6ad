-- Since when an alarm that waited for its platform says so in its own words.
alter table outbox add column told_late utc_text;
