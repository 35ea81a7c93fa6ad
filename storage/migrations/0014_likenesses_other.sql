-- Before something is asked about, it is seen whether anybody called it something else.
create index likenesses_other on likenesses (workspace, earlier, later) where verdict = 'other';
