-- The generation up to which the packages of a repository are in the bucket too, where there is one; 0 for none.
ALTER TABLE repo ADD COLUMN shelved BIGINT NOT NULL DEFAULT 0;
