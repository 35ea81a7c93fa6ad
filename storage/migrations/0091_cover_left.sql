-- Whoever stood in left: the cover is ended, and until somebody else is asked it is told of.
alter table covers add column left_at utc_text;
