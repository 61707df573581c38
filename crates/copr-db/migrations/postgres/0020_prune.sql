-- Looks at repositories for what is old: when the last one was, at which generation and with which newest build of the directory,
-- since when the oldest is there that was young then, and whether the chroot was switched off.
ALTER TABLE repo ADD COLUMN pruned_on BIGINT NOT NULL DEFAULT 0;
ALTER TABLE repo ADD COLUMN pruned_generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE repo ADD COLUMN pruned_build BIGINT NOT NULL DEFAULT 0;
ALTER TABLE repo ADD COLUMN prune_oldest BIGINT;
ALTER TABLE repo ADD COLUMN pruned_finally BOOLEAN NOT NULL DEFAULT FALSE;
CREATE INDEX repo_pruned ON repo (pruned_on, id);
