alter table incidents drop constraint incidents_state_check;
alter table incidents add constraint incidents_state_check
    check (state in ('open', 'restored', 'done', 'closed', 'withdrawn'));
