-- Programs without which a source can not be made, and those that a builder has: words split by blanks.
ALTER TABLE task ADD COLUMN tools TEXT NOT NULL DEFAULT '';
ALTER TABLE builder ADD COLUMN tools TEXT NOT NULL DEFAULT '';
