-- Chains: builds of one directory whose order the service finds itself. `state` is open (members may come), started (their
-- sources are awaited), planned (each chroot has its order), canceling or ended. `expanded`: who needs the members is among
-- them.
CREATE TABLE chain (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    dir TEXT NOT NULL,
    account_id INTEGER NOT NULL REFERENCES account (id),
    keep_going INTEGER NOT NULL,
    with_dependents INTEGER NOT NULL,
    state TEXT NOT NULL,
    expanded INTEGER NOT NULL,
    created_on INTEGER NOT NULL,
    started_on INTEGER,
    ended_on INTEGER
) STRICT;
CREATE INDEX chain_project ON chain (project_id, id);
CREATE INDEX chain_unfinished ON chain (id) WHERE state <> 'ended';

-- `added_for` says why a member is there that nobody named.
CREATE TABLE chain_member (
    build_id INTEGER PRIMARY KEY REFERENCES build (id) ON DELETE CASCADE,
    chain_id INTEGER NOT NULL REFERENCES chain (id) ON DELETE CASCADE,
    added_for TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX chain_member_chain ON chain_member (chain_id, build_id);

-- A chroot of a member, as it was planned. `needs` is JSON: what it needs, by which members, and how that is known.
-- `state` is waiting (its needs are not met), let_go, or held (it failed for want of something; `held` is JSON about that).
CREATE TABLE chain_step (
    build_chroot_id INTEGER PRIMARY KEY REFERENCES build_chroot (id) ON DELETE CASCADE,
    chain_id INTEGER NOT NULL REFERENCES chain (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    wave INTEGER NOT NULL,
    needs TEXT NOT NULL,
    held TEXT,
    tries INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX chain_step_chain ON chain_step (chain_id, build_chroot_id);
