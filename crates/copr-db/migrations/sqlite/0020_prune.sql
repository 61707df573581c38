-- Looks at repositories for what is old: when the last one was, at which generation and with which newest build of the directory,
-- since when the oldest is there that was young then, and whether the chroot was switched off.
ALTER TABLE repo ADD COLUMN pruned_on INTEGER NOT NULL DEFAULT 0;
ALTER TABLE repo ADD COLUMN pruned_generation INTEGER NOT NULL DEFAULT 0;
ALTER TABLE repo ADD COLUMN pruned_build INTEGER NOT NULL DEFAULT 0;
ALTER TABLE repo ADD COLUMN prune_oldest INTEGER;
ALTER TABLE repo ADD COLUMN pruned_finally INTEGER NOT NULL DEFAULT 0;
CREATE INDEX repo_pruned ON repo (pruned_on, id);
