-- The source as it was given, where `source` shows others something else: a password in an address, or a chroot under
-- another name. JSON with the same keys.
ALTER TABLE package ADD COLUMN private_source TEXT;
ALTER TABLE build ADD COLUMN private_source TEXT;

-- Ready packages that clients uploaded and that wait for their repository's publisher.
CREATE INDEX build_chroot_uploaded ON build_chroot (id) WHERE state = 'pending' AND staged IS NOT NULL;
