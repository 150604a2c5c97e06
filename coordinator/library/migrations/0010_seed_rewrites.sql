-- What a routine can be rewritten for, in words: the miner tries whether it can be run alone. Seeds of older programs
-- have none.

ALTER TABLE seed ADD COLUMN rewrites TEXT NOT NULL DEFAULT '';
CREATE INDEX seed_by_rewrites ON seed (kind, id) WHERE rewrites <> '';
