-- What a repository holds in which of its generations. A package is listed from `added_in` on until, and without, `removed_in`:
-- a publisher of one number writes what holds at it, whatever is noted under later ones meanwhile. Rows live on while a
-- generation that is kept lists them, which may be longer than their build does. `place` is the directory that the package
-- is in; what was only put aside (`shelved`) stays for as long as its build,
-- and `devel` is what the public metadata do not list until somebody says so.
CREATE TABLE repo_package_new (
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    href TEXT NOT NULL,
    added_in BIGINT NOT NULL,
    removed_in BIGINT,
    shelved BOOLEAN NOT NULL DEFAULT FALSE,
    devel BOOLEAN NOT NULL DEFAULT FALSE,
    place TEXT NOT NULL,
    chunk BIGINT NOT NULL,
    build_chroot_id BIGINT REFERENCES build_chroot (id) ON DELETE SET NULL,
    pkgid TEXT NOT NULL,
    nevra TEXT NOT NULL,
    primary_xml BYTEA NOT NULL,
    filelists_xml BYTEA NOT NULL,
    other_xml BYTEA NOT NULL,
    PRIMARY KEY (repo_id, href, added_in)
);
INSERT INTO repo_package_new (repo_id, href, added_in, place, chunk, build_chroot_id, pkgid, nevra, primary_xml,
    filelists_xml, other_xml)
SELECT k.repo_id, k.href, CASE WHEN r.generation > 0 THEN r.generation ELSE 1 END,
       split_part(k.href, '/', 1),
       (ROW_NUMBER() OVER (PARTITION BY k.repo_id ORDER BY k.href) - 1) / 256 + 1,
       k.build_chroot_id, k.pkgid, k.nevra, k.primary_xml, k.filelists_xml, k.other_xml
FROM repo_package k JOIN repo r ON r.id = k.repo_id;
DROP TABLE repo_package;
ALTER TABLE repo_package_new RENAME TO repo_package;
ALTER INDEX repo_package_new_pkey RENAME TO repo_package_pkey;
CREATE INDEX repo_package_build ON repo_package (build_chroot_id);
CREATE INDEX repo_package_place ON repo_package (repo_id, place);
CREATE INDEX repo_package_chunk ON repo_package (repo_id, chunk, href);
CREATE INDEX repo_package_added ON repo_package (repo_id, added_in);
CREATE INDEX repo_package_removed ON repo_package (repo_id, removed_in) WHERE removed_in IS NOT NULL;

-- Some hundred packages whose metadata is rendered together. `changed_in` is the highest generation that was noted for one
-- of them; `edition` rises whenever anything is.
CREATE TABLE repo_chunk (
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    packages BIGINT NOT NULL,
    changed_in BIGINT NOT NULL,
    edition BIGINT NOT NULL,
    PRIMARY KEY (repo_id, number)
);
INSERT INTO repo_chunk (repo_id, number, packages, changed_in, edition)
SELECT repo_id, chunk, COUNT(*), MAX(added_in), 1 FROM repo_package GROUP BY repo_id, chunk;

-- What was published: one row for each generation of which every package is there still. `metadata` is the name of its
-- directory, for as long as that is kept; `pinned` the name that somebody gave it who wants it kept.
CREATE TABLE generation (
    repo_id BIGINT NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    number BIGINT NOT NULL,
    created_on BIGINT NOT NULL,
    superseded_on BIGINT,
    cause TEXT NOT NULL,
    packages BIGINT NOT NULL,
    metadata TEXT,
    pinned TEXT,
    PRIMARY KEY (repo_id, number)
);
CREATE UNIQUE INDEX generation_pin ON generation (repo_id, pinned) WHERE pinned IS NOT NULL;
CREATE INDEX generation_superseded ON generation (superseded_on) WHERE metadata IS NOT NULL;
INSERT INTO generation (repo_id, number, created_on, cause, packages)
SELECT r.id, r.generation, COALESCE(r.published_on, 0), 'change',
       (SELECT COUNT(*) FROM repo_package k WHERE k.repo_id = r.id)
FROM repo r WHERE r.generation > 0;

-- Why the generation that is wanted is, where that can not be told from what changed.
ALTER TABLE repo ADD COLUMN cause TEXT;

-- A path with a place waits until no kept generation lists a package there.
ALTER TABLE doomed_path ADD COLUMN place TEXT;
