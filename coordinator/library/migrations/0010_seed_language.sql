-- The language of a seed's code, so that a generator for one language finds its seeds among others.

ALTER TABLE seed ADD COLUMN language TEXT NOT NULL DEFAULT '';
-- Only for assembly is there such a generator so far; what is mined from here on has its language whatever it is.
UPDATE seed SET language = 'asm' WHERE context LIKE '%"language":"asm"%';
CREATE INDEX seed_by_language ON seed (language, kind, id) WHERE language <> '';
