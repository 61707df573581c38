-- The commit in the package's git repository that a chroot is built from.
ALTER TABLE build_chroot ADD COLUMN git_hash TEXT;
