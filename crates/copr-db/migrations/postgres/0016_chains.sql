-- Chains: builds of one directory whose order the service finds itself. `state` is open (members may come), started (their
-- sources are awaited), planned (each chroot has its order), canceling or ended. `expanded`: who needs the members is among
-- them.
CREATE TABLE chain (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id BIGINT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    dir TEXT NOT NULL,
    account_id BIGINT NOT NULL REFERENCES account (id),
    keep_going BOOLEAN NOT NULL,
    with_dependents BOOLEAN NOT NULL,
    state TEXT NOT NULL,
    expanded BOOLEAN NOT NULL,
    created_on BIGINT NOT NULL,
    started_on BIGINT,
    ended_on BIGINT
);
CREATE INDEX chain_project ON chain (project_id, id);
CREATE INDEX chain_unfinished ON chain (id) WHERE state <> 'ended';

-- `added_for` says why a member is there that nobody named.
CREATE TABLE chain_member (
    build_id BIGINT PRIMARY KEY REFERENCES build (id) ON DELETE CASCADE,
    chain_id BIGINT NOT NULL REFERENCES chain (id) ON DELETE CASCADE,
    added_for TEXT NOT NULL DEFAULT ''
);
CREATE INDEX chain_member_chain ON chain_member (chain_id, build_id);

-- A chroot of a member, as it was planned. `needs` is JSON: what it needs, by which members, and how that is known.
-- `state` is waiting (its needs are not met), let_go, or held (it failed for want of something; `held` is JSON about that).
CREATE TABLE chain_step (
    build_chroot_id BIGINT PRIMARY KEY REFERENCES build_chroot (id) ON DELETE CASCADE,
    chain_id BIGINT NOT NULL REFERENCES chain (id) ON DELETE CASCADE,
    state TEXT NOT NULL,
    wave BIGINT NOT NULL,
    needs TEXT NOT NULL,
    held TEXT,
    tries BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX chain_step_chain ON chain_step (chain_id, build_chroot_id);
