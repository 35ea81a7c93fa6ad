-- To what somebody corrected what a rule led: a service's id or an area; empty where a person sorts.
alter table rule_routings add column corrected_target text not null default '';
