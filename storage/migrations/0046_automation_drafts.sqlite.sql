-- A draft has nobody who answers for it yet. SQLite cannot take back "not null"; this is the way
-- of 0007, and no row is touched.
pragma writable_schema = on;
update sqlite_schema set sql = replace(
    replace(sql, 'accountable text not null', 'accountable text'),
    'deputy text not null', 'deputy text'
) where type = 'table' and name = 'automations';
pragma writable_schema = reset;
