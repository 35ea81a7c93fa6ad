-- Who stands for somebody whose name was let go of has no name of their own: each reader reads it
-- in their own language.
update people set kind = 'former', name = ''
where active = 0 and (id = 'former' or id like 'former-________');
