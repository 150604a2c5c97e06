-- What a worker last told the coordinator that it spoke to, for the others: what its hardware holds, and its tasks (JSON).
-- Empty where one coordinator is alone.

ALTER TABLE worker ADD COLUMN told TEXT NOT NULL DEFAULT '{}';
