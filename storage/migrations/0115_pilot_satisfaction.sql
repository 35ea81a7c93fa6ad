-- Where it is written how a pilot works: asked for before it goes into operation.
alter table pilots add column docs text not null default '';

-- How satisfied customers are is a second value of a pilot, with its own source and number; it is
-- known in weeks of which nothing else is known, too.
create table pilot_satisfaction (
    workspace text not null,
    pilot text not null,
    week text not null,
    value text not null,
    number integer not null default 0,
    source text not null default '',
    primary key (workspace, pilot, week),
    foreign key (workspace, pilot) references pilots (workspace, id)
);
insert into pilot_satisfaction (workspace, pilot, week, value, source)
select workspace, pilot, week, satisfaction, source
from pilot_values where satisfaction is not null;
alter table pilot_values drop column satisfaction;
