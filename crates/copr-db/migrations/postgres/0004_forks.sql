-- Forks. `project.forked_from` is the project that a fork was made of, as long as that is there.
ALTER TABLE project ADD COLUMN forked_from BIGINT REFERENCES project (id) ON DELETE SET NULL;
CREATE INDEX project_forked_from ON project (forked_from) WHERE forked_from IS NOT NULL;

-- Work on the copying of one project into another. `last_package` is the number of the source's package that was taken
-- last, `listed` says that all were; `last_build` is the number of the fork's build that was tried last in this round.
-- `copier_until` is the deadline of whoever copies now, `copier_fence` rises with each turn. `source_id` is no
-- reference: the source may be deleted meanwhile, and what was taken is copied all the same.
CREATE TABLE fork (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id BIGINT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    source_id BIGINT NOT NULL,
    last_package BIGINT NOT NULL DEFAULT 0,
    listed BOOLEAN NOT NULL,
    last_build BIGINT NOT NULL DEFAULT 0,
    copier_until BIGINT NOT NULL DEFAULT 0,
    copier_fence BIGINT NOT NULL DEFAULT 0,
    retry_on BIGINT NOT NULL DEFAULT 0,
    failures BIGINT NOT NULL DEFAULT 0,
    error TEXT,
    created_on BIGINT NOT NULL
);
CREATE INDEX fork_project ON fork (project_id);

-- `build.forked_from` is the number of the build that a forked one was made of, `build.fork_id` the work to which its
-- files are still due.
ALTER TABLE build ADD COLUMN forked_from BIGINT;
ALTER TABLE build ADD COLUMN fork_id BIGINT REFERENCES fork (id) ON DELETE SET NULL;
CREATE INDEX build_forked_from ON build (forked_from) WHERE forked_from IS NOT NULL;
CREATE INDEX build_fork ON build (fork_id) WHERE fork_id IS NOT NULL;
CREATE INDEX build_chroot_forking ON build_chroot (build_id) WHERE state = 'forking';

-- What goes away by itself. `used_on` is when a build was last submitted to a directory.
ALTER TABLE project_dir ADD COLUMN used_on BIGINT NOT NULL DEFAULT 0;
UPDATE project_dir SET used_on = GREATEST(created_on,
    COALESCE((SELECT MAX(b.submitted_on) FROM build b WHERE b.dir_id = project_dir.id), 0));
CREATE INDEX project_dir_used ON project_dir (used_on) WHERE NOT main;
CREATE INDEX project_delete ON project (delete_on) WHERE delete_on IS NOT NULL;
CREATE INDEX project_chroot_delete ON project_chroot (delete_on) WHERE delete_on IS NOT NULL;
