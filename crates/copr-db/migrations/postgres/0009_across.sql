-- Chroots of builds that are in a state are found without reading the others, newest build first.
CREATE INDEX build_chroot_state ON build_chroot (state, build_id);
-- Builds whose source has not ended, which are few.
CREATE INDEX build_source_unfinished ON build (id)
    WHERE source_state IN ('waiting', 'pending', 'starting', 'running', 'importing');
