-- Like tasks stand in one lane: of each, the first one is enough to find the next task of all. The index leads from lane to lane.
ALTER TABLE task ADD COLUMN lane TEXT COLLATE "C" NOT NULL DEFAULT '';
UPDATE task SET lane = owner || ' ' || sandbox || ' ' || COALESCE(arch, '-') || ' ' || CASE WHEN background THEN '1' ELSE '0' END || ' ' || tools;
CREATE INDEX task_lane ON task (lane, id) WHERE NOT leased AND NOT blocked AND NOT cancel;
-- What runs is counted for limits.
CREATE INDEX task_held ON task (owner) WHERE leased;
-- Since when it is held.
ALTER TABLE task ADD COLUMN leased_on BIGINT;
UPDATE task SET leased_on = created_on WHERE leased;

-- What an owner was given of the builders' time, in seconds of leases that are over.
CREATE TABLE owner_share (
    owner TEXT NOT NULL UNIQUE,
    used BIGINT NOT NULL
);
