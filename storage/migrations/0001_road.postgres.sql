-- The audit table may only grow: nothing in it is changed or taken away.
create table audit (
    workspace text not null references workspaces (id),
    id text not null,
    at utc_text not null,
    person_key text not null,
    command text not null,
    subject text not null,
    outcome text not null,
    primary key (workspace, id)
);
create function audit_is_append_only() returns trigger language plpgsql as $$
begin
    raise exception 'audit rows are never changed or deleted';
end
$$;
create trigger audit_no_change before update or delete on audit
for each row execute function audit_is_append_only();
create trigger audit_no_truncate before truncate on audit
for each statement execute function audit_is_append_only();
