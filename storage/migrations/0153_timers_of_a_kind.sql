-- Whether several of a kind are due is asked at each escalation, whatever else is still to come.
create index timers_of_kind on timers (workspace, kind, due_at) where state = 'pending';
