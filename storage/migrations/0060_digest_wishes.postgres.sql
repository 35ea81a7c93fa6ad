-- A manager may also want all of it once a month only.
alter table digest_choices drop constraint digest_choices_way_check;
alter table digest_choices add constraint digest_choices_way_check
    check (way in ('direct', 'short', 'seldom'));
