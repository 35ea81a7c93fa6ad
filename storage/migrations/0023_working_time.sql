-- A service may have working hours of its own; empty means the company's.
alter table services add column hours text not null default '';
