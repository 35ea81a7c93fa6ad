-- Where the extra [meaning] is switched on: the title of an incident as a vector, which says
-- what it means (one byte for each number, base64). Gone with every change of the incident.
alter table likeness add column meaning text;
