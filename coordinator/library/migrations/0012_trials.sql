-- What workers know of their teachers, and the providers' own ids of calls.

-- The provider's id of a call, by which its support can find it. Calls of older programs have none.
ALTER TABLE call ADD COLUMN request_id TEXT;

-- The family of each teacher's model, as a worker read it from the table of models: judges of the author's family are
-- asked behind the others. It outlives the worker, so that a decision can be drawn again.
CREATE TABLE teacher_family (
    teacher TEXT PRIMARY KEY,
    family TEXT NOT NULL,
    told_by BLOB NOT NULL REFERENCES worker (id),
    told_at INTEGER NOT NULL
) STRICT;

-- The trials that workers have told: each was paid once, and is told at every registration while it is believed.
CREATE TABLE teacher_trial (
    worker BLOB NOT NULL REFERENCES worker (id),
    teacher TEXT NOT NULL,
    tried_at INTEGER NOT NULL,
    told_at INTEGER NOT NULL,
    PRIMARY KEY (worker, teacher, tried_at)
) STRICT;
