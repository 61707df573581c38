-- What builders hold is counted at each look at the queue, and the first tasks of lanes are looked for: by indexes that have it all,
-- without the rows. (SQLite looks at the conditions of an index once more, in the index where it has them.) Nothing asks for the
-- queue in the order of the last one any more.
DROP INDEX task_held;
CREATE INDEX task_held ON task (owner, sandbox, arch, leased_on, builder_id, builder_name, memory_mib, leased) WHERE leased;
DROP INDEX task_lane;
CREATE INDEX task_lane ON task (lane_number, id, not_before, repo_id, leased, blocked, cancel)
    WHERE NOT leased AND NOT blocked AND NOT cancel;
DROP INDEX task_ready;
