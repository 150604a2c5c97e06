-- What was tried of an open task beside its failures, so that a restart forgets none of it: a task that kills its
-- workers is parked after as many lost leases as ever, however often the coordinator begins anew.

ALTER TABLE task ADD COLUMN losses INTEGER NOT NULL DEFAULT 0 CHECK (losses >= 0);
ALTER TABLE task ADD COLUMN deferrals INTEGER NOT NULL DEFAULT 0 CHECK (deferrals >= 0);
