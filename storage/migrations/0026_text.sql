-- A declaration has a title, and below it the whole text as it was typed, if there is more.
alter table incidents add column body text not null default '';
