-- The audit trail ages: what is a year older than its newest line may be taken away, or all of it
-- with its company; nothing else, and nothing in it is changed.
create index audit_at on audit (workspace, at);
drop trigger audit_no_delete;
create trigger audit_no_delete before delete on audit
when (select state from workspaces where id = old.workspace) <> 'leaving'
and old.at >= strftime(
    '%Y-%m-%dT%H:%M:%S', (select max(at) from audit where workspace = old.workspace), '-365 days'
)
begin
    select raise(abort, 'audit rows are kept for a year');
end;
