-- Limits and money of teachers, shared by the whole fleet: what a teacher may be asked with one key, what is held back
-- for tasks that are handed out, and what providers cost each day.

-- The state of limits and circuit, as the coordinator's rule writes it.
CREATE TABLE quota (
    teacher TEXT NOT NULL,
    key TEXT NOT NULL,
    state TEXT NOT NULL,
    at INTEGER NOT NULL,
    PRIMARY KEY (teacher, key)
) STRICT;

-- On which terms a worker's teachers can be used, as it last told.
CREATE TABLE worker_terms (
    worker BLOB PRIMARY KEY REFERENCES worker (id),
    terms TEXT NOT NULL
) STRICT;

-- One for each task that is handed out and asks such a teacher.
CREATE TABLE quota_hold (
    task BLOB PRIMARY KEY REFERENCES task (id),
    run BLOB NOT NULL REFERENCES run (id),
    teacher TEXT NOT NULL,
    key TEXT NOT NULL,
    provider TEXT NOT NULL,
    input_tokens INTEGER NOT NULL CHECK (input_tokens >= 0),
    output_tokens INTEGER NOT NULL CHECK (output_tokens >= 0),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX quota_hold_by_run ON quota_hold (run);
CREATE INDEX quota_hold_by_provider ON quota_hold (provider);

-- What calls to a provider cost on one day (UTC), counted from the epoch.
CREATE TABLE spending (
    provider TEXT NOT NULL,
    day INTEGER NOT NULL,
    spent INTEGER NOT NULL CHECK (spent >= 0),
    PRIMARY KEY (provider, day)
) STRICT;
