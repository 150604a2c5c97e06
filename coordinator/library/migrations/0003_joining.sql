-- Joining: where a token may be used from, rotation of secrets, and earlier instances of workers.

ALTER TABLE credential ADD COLUMN network TEXT;
ALTER TABLE credential ADD COLUMN secret_at INTEGER;
ALTER TABLE credential ADD COLUMN previous_hash BLOB CHECK (length(previous_hash) = 32);
ALTER TABLE credential ADD COLUMN previous_until INTEGER;
ALTER TABLE credential ADD COLUMN rotate_wanted INTEGER NOT NULL DEFAULT 0 CHECK (rotate_wanted IN (0, 1));

-- Instances whose place another one has taken. `rank` rises; the highest is the latest.
CREATE TABLE past_instance (
    worker BLOB NOT NULL REFERENCES worker (id),
    instance TEXT NOT NULL,
    rank INTEGER NOT NULL,
    spoke_at INTEGER,
    PRIMARY KEY (worker, instance)
) STRICT;
