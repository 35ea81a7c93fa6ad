-- Taps of open rounds under a keyed hash, and sentences under random ids: they lie in no order.
create table pilot_taps (
    workspace text not null,
    pilot text not null,
    week text not null,
    voter text not null,
    answer text not null,
    reason text not null default '',
    primary key (workspace, pilot, week, voter),
    foreign key (workspace, pilot) references pilots_anew (workspace, id),
    check (answer in ('relieved', 'partly', 'no'))
) without rowid;
create table pilot_sentences_anew (
    workspace text not null,
    id text not null,
    pilot text not null,
    week text not null,
    sentence text not null,
    primary key (workspace, id),
    foreign key (workspace, pilot) references pilots_anew (workspace, id)
) without rowid;
insert into pilot_sentences_anew (workspace, id, pilot, week, sentence)
select workspace, lower(hex(randomblob(16))), pilot, week, sentence from pilot_sentences;
drop table pilot_answered;
drop table pilot_answers;
drop table pilot_sentences;
drop table pilots;
alter table pilots_anew rename to pilots;
alter table pilot_counts_anew rename to pilot_answers;
alter table pilot_sentences_anew rename to pilot_sentences;
