;
insert into friction_anew (workspace, id, sentence, hint, author, noted_at)
select workspace,
    case when author is null then gen_random_uuid()::text else id end,
    sentence, hint, author, substr(noted_at, 1, 10) || 'T00:00:00.000000Z'
from friction
order by md5(id || random()::text);
drop table friction;
alter table friction_anew rename to friction;
create index friction_since on friction (workspace, noted_at);
create index friction_of_pattern on friction (workspace, pattern);
