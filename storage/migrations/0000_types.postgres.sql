-- Moments are text that sorts as time. SQLite takes any type name with "text" in it.
create domain utc_text as text collate "C";
