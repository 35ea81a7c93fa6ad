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
create trigger audit_no_update before update on audit
begin
    select raise(abort, 'audit rows are never changed');
end;
create trigger audit_no_delete before delete on audit
begin
    select raise(abort, 'audit rows are never deleted');
end;
