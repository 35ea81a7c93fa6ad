-- The same device, with other trouble: shown as a link, and never asked about.
alter table likenesses add column same_device integer not null default 0;
