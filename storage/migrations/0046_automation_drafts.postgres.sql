-- A draft has nobody who answers for it yet.
alter table automations alter column accountable drop not null;
alter table automations alter column deputy drop not null;
