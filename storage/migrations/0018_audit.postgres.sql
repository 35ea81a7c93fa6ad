-- The audit trail ages: what is a year older than its newest line may be taken away, or all of it
-- with its company; nothing else, and nothing in it is changed.
create index audit_at on audit (workspace, at);
create or replace function audit_is_append_only() returns trigger language plpgsql as $$
begin
    if tg_op = 'DELETE' then
        if (select state from workspaces where id = old.workspace) = 'leaving'
            or old.at < to_char(
                (select max(at) from audit where workspace = old.workspace)::timestamptz
                    at time zone 'UTC' - interval '365 days',
                'YYYY-MM-DD"T"HH24:MI:SS'
            )
        then
            return old;
        end if;
    end if;
    raise exception 'audit rows are kept for a year';
end
$$;
