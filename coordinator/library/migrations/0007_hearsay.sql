-- What coordinators that share a library know by each other: the latest news of all, and what a worker speaks.

-- In one order, so that each coordinator tells what all have to tell. Nothing depends on them.
CREATE TABLE event (
    sequence INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    kind TEXT NOT NULL,
    run BLOB,
    about TEXT NOT NULL,
    message TEXT NOT NULL
) STRICT;

-- The features of the protocol that a worker named when it registered, as JSON. Null: it was before they were kept.
ALTER TABLE worker ADD COLUMN features TEXT;
