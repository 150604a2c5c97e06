-- Trust: how far each worker is believed, what was set aside afterwards and by which act, what went into data sets,
-- and where the audit log begins.

-- A worker without a row is new.
CREATE TABLE worker_trust (
    worker BLOB PRIMARY KEY REFERENCES worker (id),
    state TEXT NOT NULL CHECK (state IN ('new', 'probation', 'trusted', 'suspended')),
    since INTEGER NOT NULL,
    why TEXT NOT NULL,
    confirmed INTEGER NOT NULL CHECK (confirmed >= 0),
    forged INTEGER NOT NULL CHECK (forged >= 0),
    invalid INTEGER NOT NULL CHECK (invalid >= 0),
    invited_by BLOB REFERENCES credential (id),
    seal BLOB NOT NULL
) STRICT;

CREATE TABLE quarantine (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    worker BLOB REFERENCES worker (id),
    teacher TEXT,
    source TEXT,
    since INTEGER,
    until INTEGER,
    reason TEXT NOT NULL,
    actor TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('standing', 'running', 'done', 'lifting', 'lifted')),
    stage TEXT NOT NULL CHECK (stage IN ('samples', 'verdicts')),
    place BLOB,
    ended_at INTEGER,
    samples INTEGER NOT NULL CHECK (samples >= 0),
    verdicts INTEGER NOT NULL CHECK (verdicts >= 0),
    redrawn INTEGER NOT NULL CHECK (redrawn >= 0),
    kept INTEGER NOT NULL CHECK (kept >= 0),
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX quarantine_under_way ON quarantine (state, id) WHERE state IN ('standing', 'running', 'lifting');

-- What a sample was before. Marks on one sample are numbered in the order in which they were made.
CREATE TABLE quarantine_sample (
    quarantine BLOB NOT NULL REFERENCES quarantine (id),
    sample BLOB NOT NULL REFERENCES sample (id),
    mark INTEGER NOT NULL,
    state_before TEXT NOT NULL CHECK (state_before IN ('candidate', 'accepted', 'rejected', 'quarantined')),
    decided_before INTEGER,
    why_before TEXT,
    lifted INTEGER NOT NULL CHECK (lifted IN (0, 1)),
    seal BLOB NOT NULL,
    PRIMARY KEY (quarantine, sample)
) STRICT;
CREATE INDEX quarantine_sample_marks ON quarantine_sample (sample, mark);

CREATE TABLE quarantine_verdict (
    quarantine BLOB NOT NULL REFERENCES quarantine (id),
    verdict BLOB NOT NULL REFERENCES verdict (id),
    lifted INTEGER NOT NULL CHECK (lifted IN (0, 1)),
    PRIMARY KEY (quarantine, verdict)
) STRICT;
CREATE INDEX quarantine_verdict_marks ON quarantine_verdict (verdict) WHERE lifted = 0;

-- The samples of a data set. `listed` is 0 for those that an older program wrote without a list.
ALTER TABLE dataset ADD COLUMN listed INTEGER NOT NULL DEFAULT 0 CHECK (listed IN (0, 1));
CREATE TABLE dataset_sample (
    dataset BLOB NOT NULL REFERENCES dataset (id),
    sample BLOB NOT NULL REFERENCES sample (id),
    accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
    PRIMARY KEY (dataset, sample)
) STRICT;
CREATE INDEX dataset_sample_by_sample ON dataset_sample (sample);

CREATE INDEX sample_by_worker ON sample (worker, id);
CREATE INDEX sample_by_teacher ON sample (teacher, id);
CREATE INDEX verdict_by_worker ON verdict (worker, id);
CREATE INDEX verdict_by_judge ON verdict (judge, id);

-- The log of a library that is older than its root begins with zeros; a new one begins with its incarnation.
INSERT INTO meta (key, value) SELECT 'audit_root', '0000000000000000000000000000000000000000000000000000000000000000'
WHERE EXISTS (SELECT 1 FROM meta WHERE key = 'incarnation');
