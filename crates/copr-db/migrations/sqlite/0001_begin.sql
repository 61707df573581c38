-- People, groups and their secrets.
CREATE TABLE account (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    email TEXT NOT NULL DEFAULT '',
    admin INTEGER NOT NULL,
    disabled INTEGER NOT NULL,
    created_on INTEGER NOT NULL
) STRICT;

-- `token_hash` is the SHA-256 of the token in hex; the token itself is shown once and never stored.
CREATE TABLE api_token (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    login TEXT NOT NULL UNIQUE,
    token_hash TEXT NOT NULL,
    created_on INTEGER NOT NULL,
    expires_on INTEGER NOT NULL
) STRICT;
CREATE INDEX api_token_account ON api_token (account_id);

CREATE TABLE owner_group (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    alias TEXT NOT NULL UNIQUE,
    external_name TEXT NOT NULL,
    created_on INTEGER NOT NULL
) STRICT;

CREATE TABLE group_member (
    group_id INTEGER NOT NULL REFERENCES owner_group (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    PRIMARY KEY (group_id, account_id)
) STRICT;
CREATE INDEX group_member_account ON group_member (account_id);

CREATE TABLE builder (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    token_hash TEXT NOT NULL UNIQUE,
    created_on INTEGER NOT NULL,
    last_seen_on INTEGER,
    arches TEXT NOT NULL DEFAULT '',
    isolation TEXT NOT NULL DEFAULT ''
) STRICT;

-- The catalogue that is switched on here. `definition` is JSON.
CREATE TABLE chroot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE,
    enabled INTEGER NOT NULL,
    definition TEXT NOT NULL,
    comment TEXT NOT NULL DEFAULT '',
    created_on INTEGER NOT NULL
) STRICT;

-- Projects. `owner` is `user` or `@group` as in addresses; exactly one of the two owner ids is set.
CREATE TABLE project (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id),
    group_id INTEGER REFERENCES owner_group (id),
    created_by INTEGER NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,
    description TEXT NOT NULL DEFAULT '',
    instructions TEXT NOT NULL DEFAULT '',
    homepage TEXT,
    contact TEXT,
    additional_repos TEXT NOT NULL DEFAULT '',
    runtime_dependencies TEXT NOT NULL DEFAULT '',
    packit_forge_projects_allowed TEXT NOT NULL DEFAULT '',
    unlisted_on_hp INTEGER NOT NULL,
    enable_net INTEGER NOT NULL,
    devel_mode INTEGER NOT NULL,
    persistent INTEGER NOT NULL,
    auto_prune INTEGER NOT NULL,
    follow_fedora_branching INTEGER NOT NULL,
    multilib INTEGER NOT NULL,
    module_hotfixes INTEGER NOT NULL,
    fedora_review INTEGER NOT NULL,
    appstream INTEGER NOT NULL,
    bootstrap TEXT NOT NULL,
    isolation TEXT NOT NULL,
    repo_priority INTEGER,
    storage TEXT NOT NULL,
    delete_on INTEGER,
    created_on INTEGER NOT NULL,
    deleted_on INTEGER
) STRICT;
CREATE UNIQUE INDEX project_full_name ON project (owner, name) WHERE deleted_on IS NULL;
CREATE INDEX project_group ON project (group_id);
CREATE INDEX project_created ON project (created_on, id) WHERE deleted_on IS NULL;
CREATE INDEX project_deleted ON project (deleted_on) WHERE deleted_on IS NOT NULL;

CREATE TABLE project_permission (
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    admin TEXT NOT NULL,
    builder TEXT NOT NULL,
    PRIMARY KEY (project_id, account_id)
) STRICT;

CREATE TABLE project_dir (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    main INTEGER NOT NULL,
    created_on INTEGER NOT NULL,
    UNIQUE (project_id, name)
) STRICT;

-- Lists (repos, packages, options) are kept as the words a person would type, split by blanks.
CREATE TABLE project_chroot (
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    chroot_id INTEGER NOT NULL REFERENCES chroot (id),
    enabled INTEGER NOT NULL,
    additional_repos TEXT NOT NULL DEFAULT '',
    additional_packages TEXT NOT NULL DEFAULT '',
    additional_modules TEXT NOT NULL DEFAULT '',
    with_opts TEXT NOT NULL DEFAULT '',
    without_opts TEXT NOT NULL DEFAULT '',
    comps_name TEXT,
    comps TEXT,
    bootstrap TEXT NOT NULL DEFAULT 'unchanged',
    bootstrap_image TEXT,
    isolation TEXT NOT NULL DEFAULT 'unchanged',
    delete_on INTEGER,
    PRIMARY KEY (project_id, chroot_id)
) STRICT;
CREATE INDEX project_chroot_chroot ON project_chroot (chroot_id);

-- The repository of one chroot of one directory. `wanted` > `generation`: something is to be published.
-- `publisher_until` is the deadline of whoever publishes now, `publisher_fence` rises with each turn.
CREATE TABLE repo (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    dir_id INTEGER NOT NULL REFERENCES project_dir (id) ON DELETE CASCADE,
    chroot_id INTEGER NOT NULL REFERENCES chroot (id),
    generation INTEGER NOT NULL DEFAULT 0,
    wanted INTEGER NOT NULL DEFAULT 1,
    published_on INTEGER,
    publisher_until INTEGER NOT NULL DEFAULT 0,
    publisher_fence INTEGER NOT NULL DEFAULT 0,
    retry_on INTEGER NOT NULL DEFAULT 0,
    failures INTEGER NOT NULL DEFAULT 0,
    error TEXT,
    UNIQUE (dir_id, chroot_id)
) STRICT;
CREATE INDEX repo_dirty ON repo (retry_on) WHERE wanted > generation;

CREATE TABLE package (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    source_kind TEXT NOT NULL,
    source TEXT NOT NULL,
    auto_rebuild INTEGER NOT NULL,
    max_builds INTEGER NOT NULL DEFAULT 0,
    timeout INTEGER,
    chroot_denylist TEXT NOT NULL DEFAULT '',
    created_on INTEGER NOT NULL,
    UNIQUE (project_id, name)
) STRICT;

-- `source` is JSON as the API shows it (`source_dict`); `selection` is 'all' or 'named': whether the chroots were
-- chosen by the submitter or follow from the package once it is known.
CREATE TABLE build (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    dir_id INTEGER NOT NULL REFERENCES project_dir (id) ON DELETE CASCADE,
    package_id INTEGER REFERENCES package (id) ON DELETE CASCADE,
    account_id INTEGER REFERENCES account (id),
    submitted_by TEXT,
    source_kind TEXT NOT NULL,
    source TEXT NOT NULL,
    source_state TEXT NOT NULL,
    canceled INTEGER NOT NULL,
    selection TEXT NOT NULL,
    version TEXT,
    srpm_name TEXT,
    source_url TEXT,
    background INTEGER NOT NULL,
    enable_net INTEGER NOT NULL,
    timeout INTEGER NOT NULL,
    bootstrap TEXT,
    isolation TEXT NOT NULL,
    submitted_on INTEGER NOT NULL,
    source_started_on INTEGER,
    source_ended_on INTEGER,
    failure_class TEXT,
    failure_phase TEXT,
    failure_message TEXT,
    result_dir TEXT,
    staged TEXT
) STRICT;
CREATE INDEX build_project ON build (project_id, id);
CREATE INDEX build_package ON build (package_id, id);
CREATE INDEX build_dir ON build (dir_id, id);
CREATE INDEX build_importing ON build (id) WHERE source_state = 'importing';

CREATE TABLE build_chroot (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    chroot_id INTEGER NOT NULL REFERENCES chroot (id),
    state TEXT NOT NULL,
    reason TEXT NOT NULL DEFAULT '',
    started_on INTEGER,
    ended_on INTEGER,
    result_dir TEXT,
    generation INTEGER,
    failure_class TEXT,
    failure_phase TEXT,
    failure_message TEXT,
    staged TEXT,
    UNIQUE (build_id, chroot_id)
) STRICT;
CREATE INDEX build_chroot_chroot ON build_chroot (chroot_id, build_id);
CREATE INDEX build_chroot_publishing ON build_chroot (id) WHERE state = 'publishing';

-- What a chroot of a build produced (NEVRA each; arch `src` for the source package).
CREATE TABLE built_package (
    build_chroot_id INTEGER NOT NULL REFERENCES build_chroot (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name TEXT NOT NULL,
    epoch INTEGER,
    version TEXT NOT NULL,
    release TEXT NOT NULL,
    arch TEXT NOT NULL,
    PRIMARY KEY (build_chroot_id, position)
) STRICT;

-- `staged` (here and in `build`) is JSON: what a builder delivered and where it waits.

-- Unfinished work only. `spec` is the JSON of the task, frozen when it was made. A lease is
-- (builder, deadline, fence); nothing is handed out before `not_before`, nor before the
-- repository `repo_id` exists (generation 1).
CREATE TABLE task (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    build_id INTEGER NOT NULL REFERENCES build (id) ON DELETE CASCADE,
    build_chroot_id INTEGER REFERENCES build_chroot (id) ON DELETE CASCADE,
    repo_id INTEGER REFERENCES repo (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    sandbox TEXT NOT NULL,
    arch TEXT,
    background INTEGER NOT NULL,
    leased INTEGER NOT NULL,
    builder_id INTEGER REFERENCES builder (id) ON DELETE SET NULL,
    builder_name TEXT,
    isolation TEXT,
    fence INTEGER NOT NULL DEFAULT 0,
    attempts INTEGER NOT NULL DEFAULT 0,
    deadline INTEGER,
    phase TEXT,
    cancel INTEGER NOT NULL,
    not_before INTEGER NOT NULL DEFAULT 0,
    spec TEXT NOT NULL,
    created_on INTEGER NOT NULL
) STRICT;
CREATE INDEX task_queue ON task (leased, background, id);
CREATE INDEX task_deadline ON task (deadline) WHERE leased = 1;
CREATE INDEX task_build ON task (build_id);
CREATE UNIQUE INDEX task_chroot ON task (build_chroot_id) WHERE build_chroot_id IS NOT NULL;
CREATE UNIQUE INDEX task_source ON task (build_id) WHERE build_chroot_id IS NULL;

-- What a repository holds, with the package's rendered metadata.
CREATE TABLE repo_package (
    repo_id INTEGER NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    href TEXT NOT NULL,
    build_chroot_id INTEGER NOT NULL REFERENCES build_chroot (id) ON DELETE CASCADE,
    pkgid TEXT NOT NULL,
    nevra TEXT NOT NULL,
    primary_xml BLOB NOT NULL,
    filelists_xml BLOB NOT NULL,
    other_xml BLOB NOT NULL,
    PRIMARY KEY (repo_id, href)
) STRICT;
CREATE INDEX repo_package_build ON repo_package (build_chroot_id);

-- Paths under the data directory to be removed once the transaction that names them is in and, where a
-- repository is named, once that has published the generation: metadata never points at what is gone.
CREATE TABLE doomed_path (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    path TEXT NOT NULL,
    repo_id INTEGER,
    generation INTEGER,
    created_on INTEGER NOT NULL
) STRICT;

-- The outbox: what happened, written in the transaction that made it happen.
CREATE TABLE event (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    project_id INTEGER,
    build_id INTEGER,
    build_chroot_id INTEGER,
    body TEXT NOT NULL,
    created_on INTEGER NOT NULL
) STRICT;
