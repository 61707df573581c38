-- Lanes have numbers: the index that leads from lane to lane is small. New tasks get the digest of what lanes have in common,
-- which is never negative; those that are there stand together under the number of the first one.
ALTER TABLE task ADD COLUMN lane_number INTEGER NOT NULL DEFAULT 0;
UPDATE task SET lane_number = -f.id
FROM (SELECT lane, build_chroot_id IS NULL AS source, MIN(id) AS id FROM task GROUP BY lane, build_chroot_id IS NULL) f
WHERE f.lane = task.lane AND f.source = (task.build_chroot_id IS NULL);
DROP INDEX task_lane;
CREATE INDEX task_lane ON task (lane_number, id, not_before, repo_id) WHERE NOT leased AND NOT blocked AND NOT cancel;

-- What a task's builder has to be called, the memory that it asks for, and the builder that had it last.
ALTER TABLE task ADD COLUMN tags TEXT NOT NULL DEFAULT '';
ALTER TABLE task ADD COLUMN memory_mib INTEGER NOT NULL DEFAULT 0;
ALTER TABLE task ADD COLUMN last_builder_id INTEGER;

-- The same of builders, as they last said.
ALTER TABLE builder ADD COLUMN tags TEXT NOT NULL DEFAULT '';
ALTER TABLE builder ADD COLUMN memory_mib INTEGER;
