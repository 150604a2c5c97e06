-- What people decide about samples, beside and above the rule; and what they mark them with.

CREATE TABLE review (
    -- Minted by whoever asks, so that asking twice is doing once.
    id BLOB PRIMARY KEY CHECK (length(id) = 16),
    sample BLOB NOT NULL REFERENCES sample (id),
    act TEXT NOT NULL CHECK (act IN ('accept', 'reject', 'edit', 'tag', 'untag')),
    actor TEXT NOT NULL,
    why TEXT NOT NULL,
    at INTEGER NOT NULL,
    body_hash BLOB NOT NULL CHECK (length(body_hash) = 32),
    state_before TEXT NOT NULL CHECK (state_before IN ('candidate', 'accepted', 'rejected', 'quarantined')),
    state_after TEXT NOT NULL CHECK (state_after IN ('candidate', 'accepted', 'rejected', 'quarantined')),
    tag TEXT,
    reasons TEXT NOT NULL,
    despite_checks INTEGER NOT NULL CHECK (despite_checks IN (0, 1)),
    successor BLOB REFERENCES sample (id),
    seal BLOB NOT NULL
) STRICT;
CREATE INDEX review_by_sample ON review (sample, at);
CREATE UNIQUE INDEX review_edited_once ON review (sample) WHERE act = 'edit';
CREATE UNIQUE INDEX review_by_successor ON review (successor) WHERE successor IS NOT NULL;

CREATE TABLE sample_tag (
    sample BLOB NOT NULL REFERENCES sample (id),
    tag TEXT NOT NULL,
    PRIMARY KEY (sample, tag)
) STRICT;
CREATE INDEX sample_tag_by_tag ON sample_tag (tag, sample);

-- The act of the person who decided. No foreign key, because decisions are copied before reviews; `verify` checks it.
ALTER TABLE decision ADD COLUMN review BLOB;

-- What wants a person's look: decisions that judges were not of one mind about, and samples that were set aside.
CREATE INDEX decision_split ON decision (sample) WHERE review IS NULL AND agree > 0 AND agree < asked;
CREATE INDEX sample_set_aside ON sample (id) WHERE state = 'quarantined';
