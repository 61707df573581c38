-- What a repository holds in which of its generations. A package is listed from `added_in` on until, and without, `removed_in`:
-- a publisher of one number writes what holds at it, whatever is noted under later ones meanwhile. Rows live on while a
-- generation that is kept lists them, which may be longer than their build does. `place` is the directory that the package
-- is in; what was only put aside (`shelved`) stays for as long as its build,
-- and `devel` is what the public metadata do not list until somebody says so.
CREATE TABLE repo_package_new (
    repo_id INTEGER NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    href TEXT NOT NULL,
    added_in INTEGER NOT NULL,
    removed_in INTEGER,
    shelved INTEGER NOT NULL DEFAULT 0,
    devel INTEGER NOT NULL DEFAULT 0,
    place TEXT NOT NULL,
    chunk INTEGER NOT NULL,
    build_chroot_id INTEGER REFERENCES build_chroot (id) ON DELETE SET NULL,
    pkgid TEXT NOT NULL,
    nevra TEXT NOT NULL,
    primary_xml BLOB NOT NULL,
    filelists_xml BLOB NOT NULL,
    other_xml BLOB NOT NULL,
    PRIMARY KEY (repo_id, href, added_in)
) STRICT;
INSERT INTO repo_package_new (repo_id, href, added_in, place, chunk, build_chroot_id, pkgid, nevra, primary_xml,
    filelists_xml, other_xml)
SELECT k.repo_id, k.href, CASE WHEN r.generation > 0 THEN r.generation ELSE 1 END,
       CASE WHEN instr(k.href, '/') > 0 THEN substr(k.href, 1, instr(k.href, '/') - 1) ELSE k.href END,
       (ROW_NUMBER() OVER (PARTITION BY k.repo_id ORDER BY k.href) - 1) / 256 + 1,
       k.build_chroot_id, k.pkgid, k.nevra, k.primary_xml, k.filelists_xml, k.other_xml
FROM repo_package k JOIN repo r ON r.id = k.repo_id;
DROP TABLE repo_package;
ALTER TABLE repo_package_new RENAME TO repo_package;
CREATE INDEX repo_package_build ON repo_package (build_chroot_id);
CREATE INDEX repo_package_place ON repo_package (repo_id, place);
CREATE INDEX repo_package_chunk ON repo_package (repo_id, chunk, href);
CREATE INDEX repo_package_added ON repo_package (repo_id, added_in);
CREATE INDEX repo_package_removed ON repo_package (repo_id, removed_in) WHERE removed_in IS NOT NULL;

-- Some hundred packages whose metadata is rendered together. `changed_in` is the highest generation that was noted for one
-- of them; `edition` rises whenever anything is.
CREATE TABLE repo_chunk (
    repo_id INTEGER NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    packages INTEGER NOT NULL,
    changed_in INTEGER NOT NULL,
    edition INTEGER NOT NULL,
    PRIMARY KEY (repo_id, number)
) STRICT;
INSERT INTO repo_chunk (repo_id, number, packages, changed_in, edition)
SELECT repo_id, chunk, COUNT(*), MAX(added_in), 1 FROM repo_package GROUP BY repo_id, chunk;

-- What was published: one row for each generation of which every package is there still. `metadata` is the name of its
-- directory, for as long as that is kept; `pinned` the name that somebody gave it who wants it kept.
CREATE TABLE generation (
    repo_id INTEGER NOT NULL REFERENCES repo (id) ON DELETE CASCADE,
    number INTEGER NOT NULL,
    created_on INTEGER NOT NULL,
    superseded_on INTEGER,
    cause TEXT NOT NULL,
    packages INTEGER NOT NULL,
    metadata TEXT,
    pinned TEXT,
    PRIMARY KEY (repo_id, number)
) STRICT;
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
