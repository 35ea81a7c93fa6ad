-- SQLite cannot change a check; this is the way that its documentation gives for it
-- (lang_altertable, "Making Other Kinds Of Table Schema Changes"): no row is touched.
pragma writable_schema = on;
update sqlite_schema set sql = replace(
    sql,
    'check (state in (''open'', ''restored'', ''withdrawn''))',
    'check (state in (''open'', ''restored'', ''done'', ''closed'', ''withdrawn''))'
) where type = 'table' and name = 'incidents';
pragma writable_schema = reset;
