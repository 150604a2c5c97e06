-- The library, version 1.
--
-- One text for SQLite and PostgreSQL: a PostgreSQL driver writes INTEGER as BIGINT, BLOB as BYTEA, REAL as
-- DOUBLE PRECISION and leaves out what stands between the last parenthesis and the semicolon of a table.
-- Ids are 16 bytes, hashes 32 bytes, times milliseconds UTC, money micro-dollars, booleans 0 or 1, JSON is TEXT.
-- `seal` is the hash of the row's facts, so that `verify` can name a row that was changed behind our back.

CREATE TABLE migration (
    version INTEGER PRIMARY KEY,
    name TEXT NOT NULL,
    checksum BLOB NOT NULL,
    applied_at INTEGER NOT NULL
) STRICT;

CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT;

CREATE TABLE run (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    state TEXT NOT NULL CHECK (state IN ('running', 'paused', 'finished', 'cancelled')),
    config_fingerprint BLOB NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER,
    ended_because TEXT,
    spec TEXT NOT NULL,
    seal BLOB NOT NULL
) STRICT;

CREATE TABLE source_progress (
    run BLOB NOT NULL REFERENCES run (id),
    source TEXT NOT NULL,
    cursor TEXT,
    finished INTEGER NOT NULL CHECK (finished IN (0, 1)),
    pages INTEGER NOT NULL,
    seeds INTEGER NOT NULL,
    known INTEGER NOT NULL,
    skipped TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    PRIMARY KEY (run, source)
) STRICT;

CREATE TABLE seed (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    content_hash BLOB NOT NULL UNIQUE CHECK (length(content_hash) = 32),
    kind TEXT NOT NULL,
    domain TEXT NOT NULL,
    source TEXT NOT NULL,
    group_key TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    title TEXT NOT NULL,
    provenance TEXT NOT NULL,
    context TEXT NOT NULL,
    text TEXT NOT NULL,
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX seed_by_source ON seed (source, kind, id, group_key, domain);

CREATE TABLE worker (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    instance TEXT NOT NULL,
    pools TEXT NOT NULL,
    facts TEXT NOT NULL,
    joined_at INTEGER NOT NULL,
    seen_at INTEGER NOT NULL,
    paused INTEGER NOT NULL CHECK (paused IN (0, 1)),
    draining INTEGER NOT NULL CHECK (draining IN (0, 1)),
    spooled INTEGER NOT NULL,
    oldest_spooled_ms INTEGER NOT NULL,
    revoked_at INTEGER
) STRICT;

CREATE TABLE credential (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    secret_hash BLOB NOT NULL CHECK (length(secret_hash) = 32),
    scopes TEXT NOT NULL,
    worker BLOB REFERENCES worker (id),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    revoked_at INTEGER,
    uses_left INTEGER CHECK (uses_left >= 0),
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX credential_by_worker ON credential (worker) WHERE worker IS NOT NULL;

-- `sample` has no foreign key because the tables name each other; `verify` checks it.
CREATE TABLE task (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    key BLOB NOT NULL UNIQUE CHECK (length(key) = 32),
    run BLOB NOT NULL REFERENCES run (id),
    kind TEXT NOT NULL,
    route TEXT NOT NULL,
    priority TEXT NOT NULL,
    max_attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('open', 'done', 'dead', 'cancelled')),
    failures INTEGER NOT NULL CHECK (failures >= 0),
    not_before INTEGER NOT NULL,
    closed_at INTEGER,
    dead_reason TEXT,
    dead_detail TEXT,
    seed BLOB REFERENCES seed (id),
    sample BLOB,
    generator TEXT,
    teacher TEXT,
    round INTEGER,
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX task_by_state ON task (run, state, kind);
CREATE INDEX task_generate ON task (run, round, generator, teacher, seed) WHERE kind = 'generate';
CREATE INDEX task_open ON task (id) WHERE state = 'open';
CREATE INDEX task_by_seed ON task (seed, run, generator, round) WHERE seed IS NOT NULL;
CREATE INDEX task_by_sample ON task (sample, kind, state) WHERE sample IS NOT NULL;

-- Apart from `task`, so that the queue can be rebuilt without reading every prompt.
CREATE TABLE task_spec (
    task BLOB PRIMARY KEY REFERENCES task (id),
    spec TEXT NOT NULL
) STRICT;

CREATE TABLE attempt (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    task BLOB NOT NULL REFERENCES task (id),
    run BLOB NOT NULL REFERENCES run (id),
    worker BLOB NOT NULL REFERENCES worker (id),
    generation INTEGER NOT NULL,
    number INTEGER NOT NULL,
    outcome TEXT NOT NULL,
    failure TEXT,
    reason TEXT,
    detail TEXT,
    at INTEGER NOT NULL,
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX attempt_by_task ON attempt (task, id);
CREATE UNIQUE INDEX attempt_accepted_once ON attempt (task) WHERE outcome = 'accepted';

CREATE TABLE call (
    attempt BLOB NOT NULL REFERENCES attempt (id),
    seq INTEGER NOT NULL,
    run BLOB NOT NULL REFERENCES run (id),
    teacher TEXT NOT NULL,
    served_model TEXT,
    stop TEXT NOT NULL,
    input_tokens INTEGER NOT NULL,
    cached_input_tokens INTEGER NOT NULL,
    output_tokens INTEGER NOT NULL,
    reasoning_tokens INTEGER NOT NULL,
    reported INTEGER NOT NULL CHECK (reported IN (0, 1)),
    latency_ms INTEGER NOT NULL,
    cost INTEGER NOT NULL CHECK (cost >= 0),
    prompt_hash BLOB NOT NULL,
    reply_hash BLOB,
    reply_excerpt TEXT,
    error TEXT,
    PRIMARY KEY (attempt, seq)
) STRICT;
CREATE INDEX call_by_run ON call (run, attempt, cost, input_tokens, output_tokens);

CREATE TABLE sample (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    run BLOB NOT NULL REFERENCES run (id),
    task BLOB NOT NULL REFERENCES task (id),
    slot INTEGER NOT NULL CHECK (slot >= 0),
    attempt BLOB NOT NULL REFERENCES attempt (id),
    worker BLOB NOT NULL REFERENCES worker (id),
    seed BLOB NOT NULL REFERENCES seed (id),
    parent BLOB REFERENCES sample (id),
    generator TEXT NOT NULL,
    template_name TEXT NOT NULL,
    template_version INTEGER NOT NULL,
    template_hash BLOB NOT NULL,
    teacher TEXT NOT NULL,
    served_model TEXT,
    prompt_hash BLOB NOT NULL,
    group_key TEXT NOT NULL,
    domain TEXT NOT NULL,
    content_hash BLOB NOT NULL CHECK (length(content_hash) = 32),
    canon_hash BLOB NOT NULL CHECK (length(canon_hash) = 32),
    created_at INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('candidate', 'accepted', 'rejected', 'quarantined')),
    decided_at INTEGER,
    quarantine_why TEXT,
    instruction TEXT NOT NULL,
    input TEXT NOT NULL,
    output TEXT NOT NULL,
    seal BLOB NOT NULL,
    UNIQUE (task, slot)
) STRICT;
CREATE INDEX sample_by_state ON sample (run, state, id, parent);
CREATE INDEX sample_by_canon ON sample (canon_hash, state);
CREATE INDEX sample_by_seed ON sample (seed);
CREATE INDEX sample_by_parent ON sample (parent) WHERE parent IS NOT NULL;
CREATE INDEX sample_by_group ON sample (run, group_key) WHERE state = 'accepted';
CREATE INDEX sample_candidates ON sample (id) WHERE state = 'candidate';

CREATE TABLE sample_reason (
    sample BLOB NOT NULL REFERENCES sample (id),
    position INTEGER NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (sample, position)
) STRICT;
CREATE INDEX sample_reason_by_reason ON sample_reason (reason, sample);

CREATE TABLE check_result (
    sample BLOB NOT NULL REFERENCES sample (id),
    seq INTEGER NOT NULL,
    name TEXT NOT NULL,
    version INTEGER NOT NULL,
    checked_by TEXT NOT NULL,
    outcome TEXT NOT NULL CHECK (outcome IN ('pass', 'fail', 'not_applicable', 'unchecked')),
    detail TEXT NOT NULL,
    at INTEGER NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (sample, seq)
) STRICT;

CREATE TABLE verdict (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    sample BLOB NOT NULL REFERENCES sample (id),
    task BLOB NOT NULL UNIQUE REFERENCES task (id),
    attempt BLOB NOT NULL REFERENCES attempt (id),
    worker BLOB NOT NULL REFERENCES worker (id),
    judge TEXT NOT NULL,
    rubric_name TEXT NOT NULL,
    rubric_version INTEGER NOT NULL,
    score REAL NOT NULL CHECK (score >= 0 AND score <= 1),
    criteria TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX verdict_by_sample ON verdict (sample, id);

CREATE TABLE decision (
    sample BLOB NOT NULL REFERENCES sample (id),
    seq INTEGER NOT NULL,
    rule INTEGER NOT NULL,
    accepted INTEGER NOT NULL CHECK (accepted IN (0, 1)),
    agree INTEGER NOT NULL,
    asked INTEGER NOT NULL,
    reasons TEXT NOT NULL,
    at INTEGER NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (sample, seq)
) STRICT;

CREATE TABLE signature (
    sample BLOB PRIMARY KEY REFERENCES sample (id),
    version INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    seal BLOB NOT NULL
) STRICT;

CREATE TABLE signature_band (
    version INTEGER NOT NULL,
    band INTEGER NOT NULL,
    hash INTEGER NOT NULL,
    sample BLOB NOT NULL REFERENCES sample (id),
    PRIMARY KEY (version, band, hash, sample)
) STRICT, WITHOUT ROWID;
CREATE INDEX signature_band_by_sample ON signature_band (sample);

CREATE TABLE embedding (
    sample BLOB NOT NULL REFERENCES sample (id),
    model TEXT NOT NULL,
    dims INTEGER NOT NULL CHECK (dims > 0),
    vector BLOB NOT NULL,
    at INTEGER NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (sample, model)
) STRICT;

-- What a run has spent (the sum of its calls) and holds back for work under way.
CREATE TABLE budget (
    run BLOB PRIMARY KEY REFERENCES run (id),
    ceiling INTEGER CHECK (ceiling >= 0),
    reserved INTEGER NOT NULL CHECK (reserved >= 0),
    spent INTEGER NOT NULL CHECK (spent >= 0)
) STRICT;

CREATE TABLE budget_hold (
    task BLOB PRIMARY KEY REFERENCES task (id),
    run BLOB NOT NULL REFERENCES run (id),
    amount INTEGER NOT NULL CHECK (amount >= 0),
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX budget_hold_by_run ON budget_hold (run);

CREATE TABLE receipt (
    credential BLOB NOT NULL REFERENCES credential (id),
    key BLOB NOT NULL,
    body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
    task BLOB NOT NULL,
    attempt BLOB REFERENCES attempt (id),
    answer TEXT NOT NULL,
    reply TEXT NOT NULL,
    at INTEGER NOT NULL,
    seal BLOB NOT NULL,
    PRIMARY KEY (credential, key)
) STRICT;
CREATE INDEX receipt_by_attempt ON receipt (attempt) WHERE attempt IS NOT NULL;

CREATE TABLE dataset (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    name TEXT NOT NULL,
    path TEXT NOT NULL,
    manifest_sha256 TEXT NOT NULL,
    inputs BLOB NOT NULL,
    samples INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    request TEXT NOT NULL,
    seal BLOB NOT NULL
) STRICT;

CREATE TABLE training_run (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    dataset BLOB NOT NULL REFERENCES dataset (id),
    state TEXT NOT NULL,
    spec TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    ended_at INTEGER
) STRICT;
CREATE INDEX training_run_by_dataset ON training_run (dataset);

CREATE TABLE evaluation (
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    training_run BLOB NOT NULL REFERENCES training_run (id),
    suite TEXT NOT NULL,
    results TEXT NOT NULL,
    at INTEGER NOT NULL
) STRICT;
CREATE INDEX evaluation_by_training_run ON evaluation (training_run);

CREATE TABLE metric_point (
    series TEXT NOT NULL,
    scope TEXT NOT NULL,
    at INTEGER NOT NULL,
    value REAL NOT NULL,
    PRIMARY KEY (series, scope, at)
) STRICT, WITHOUT ROWID;

-- Each row's hash covers the row before it.
CREATE TABLE audit (
    seq INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    object TEXT NOT NULL,
    detail TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL UNIQUE
) STRICT;
CREATE INDEX audit_by_object ON audit (object, seq);
