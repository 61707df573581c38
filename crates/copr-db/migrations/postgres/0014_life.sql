-- The build that a build repeats; by number alone, for it may be gone.
ALTER TABLE build ADD COLUMN resubmitted_from BIGINT;
-- Packages that keep so many builds only.
CREATE INDEX package_limited ON package (id) WHERE max_builds > 0;
