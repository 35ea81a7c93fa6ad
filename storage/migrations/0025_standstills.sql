-- When the timers were looked at last, and when nobody looked at them: of the whole installation.
create table scheduler_beats (
    name text primary key,
    at utc_text not null
);

create table standstills (
    from_at utc_text primary key,
    to_at utc_text not null
);
