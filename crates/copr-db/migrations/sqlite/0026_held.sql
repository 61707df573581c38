-- What builders hold is counted at each look at the queue: by an index that has it all, without the rows. Nothing asks for the
-- queue in the order of the second any more.
DROP INDEX task_held;
CREATE INDEX task_held ON task (owner, sandbox, arch, leased_on, builder_id, builder_name, memory_mib) WHERE leased;
DROP INDEX task_ready;
