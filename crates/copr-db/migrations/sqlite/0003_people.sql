-- Builds that start together. `blocked_by` is the batch that has to end first; NULL once it has, and where there is none.
CREATE TABLE batch (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    blocked_by INTEGER REFERENCES batch (id),
    created_on INTEGER NOT NULL
) STRICT;
CREATE INDEX batch_blocked ON batch (blocked_by) WHERE blocked_by IS NOT NULL;

ALTER TABLE build ADD COLUMN batch_id INTEGER REFERENCES batch (id);
CREATE INDEX build_batch ON build (batch_id, id) WHERE batch_id IS NOT NULL;

-- The build's batch is blocked: not handed out. Kept in the task, so that the queue is read without looking at batches.
ALTER TABLE task ADD COLUMN blocked INTEGER NOT NULL DEFAULT 0;
CREATE INDEX task_ready ON task (leased, blocked, background, id);

-- What forges name when they report a push. In clear, because it is part of addresses that the project's admins are shown.
ALTER TABLE project ADD COLUMN webhook_secret TEXT;
