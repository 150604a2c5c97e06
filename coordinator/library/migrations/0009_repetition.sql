-- Who reported a check, whether somebody else has repeated it, and looks of newer rules and tools at older samples.

-- One for each check that a worker reported. Checks of older programs have none: nobody noted who made them.
CREATE TABLE check_claim (
    sample BLOB NOT NULL REFERENCES sample (id),
    seq INTEGER NOT NULL CHECK (seq >= 0),
    worker BLOB NOT NULL REFERENCES worker (id),
    task BLOB NOT NULL REFERENCES task (id),
    -- The task by which another worker repeats it.
    repeated_by BLOB REFERENCES task (id),
    repetition TEXT NOT NULL CHECK (repetition IN ('not_drawn', 'nobody_else', 'asked', 'confirmed', 'other_tool',
        'not_comparable', 'contradicted', 'repeats')),
    void INTEGER NOT NULL CHECK (void IN (0, 1)),
    at INTEGER NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (sample, seq)
) STRICT;
CREATE INDEX check_claim_by_worker ON check_claim (worker, repetition, at);
CREATE INDEX check_claim_repeated ON check_claim (repeated_by) WHERE repeated_by IS NOT NULL;

CREATE TABLE recheck (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    selection TEXT NOT NULL,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    meant INTEGER NOT NULL CHECK (meant >= 0),
    stage TEXT NOT NULL CHECK (stage IN ('running', 'waiting', 'done')),
    place BLOB,
    ended_at INTEGER,
    samples INTEGER NOT NULL CHECK (samples >= 0),
    gates INTEGER NOT NULL CHECK (gates >= 0),
    unasked INTEGER NOT NULL CHECK (unasked >= 0),
    changed INTEGER NOT NULL CHECK (changed >= 0),
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX recheck_under_way ON recheck (stage, id) WHERE stage IN ('running', 'waiting');

-- The checks that workers were asked for by a recheck.
CREATE TABLE recheck_task (
    task BLOB PRIMARY KEY REFERENCES task (id),
    recheck BLOB NOT NULL REFERENCES recheck (id)
) STRICT;
CREATE INDEX recheck_task_by_recheck ON recheck_task (recheck);

-- The samples of which something else was decided because of a recheck.
CREATE TABLE recheck_sample (
    sample BLOB NOT NULL REFERENCES sample (id),
    recheck BLOB NOT NULL REFERENCES recheck (id),
    PRIMARY KEY (sample, recheck)
) STRICT;
