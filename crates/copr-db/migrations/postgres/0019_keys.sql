-- The versions of projects' keys. The newest signs. An older one signs metadata besides until `retire_on`; from `retired_on` on its
-- private half is gone. Public halves are served until `withdrawn_on`, when no package is signed with them any more.
CREATE TABLE project_key (
    project_id BIGINT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    version BIGINT NOT NULL,
    fingerprint TEXT NOT NULL,
    key_id TEXT NOT NULL,
    public_key TEXT NOT NULL,
    created_on BIGINT NOT NULL,
    expires_on BIGINT,
    retire_on BIGINT,
    retired_on BIGINT,
    withdrawn_on BIGINT,
    PRIMARY KEY (project_id, version)
);
