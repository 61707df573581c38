-- What forges reported about a project, and what came of it: the newest so many of each project. `delivery` is the forge's own
-- name of the call, `reason` says why there are no builds.
CREATE TABLE hook_call (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    received_on INTEGER NOT NULL,
    forge TEXT NOT NULL,
    event TEXT NOT NULL,
    git_ref TEXT,
    git_commit TEXT,
    delivery TEXT,
    user_agent TEXT,
    sender TEXT,
    outcome TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX hook_call_project ON hook_call (project_id, id);

-- Builds that nobody submitted: the call that made them, which may be forgotten before they are, what was pushed, and what of the
-- repository that was.
ALTER TABLE build ADD COLUMN hook_call_id INTEGER;
ALTER TABLE build ADD COLUMN hook_ref TEXT;
ALTER TABLE build ADD COLUMN scm_object_type TEXT;
ALTER TABLE build ADD COLUMN scm_object_id TEXT;
ALTER TABLE build ADD COLUMN scm_object_url TEXT;
CREATE INDEX build_hook_call ON build (hook_call_id) WHERE hook_call_id IS NOT NULL;
