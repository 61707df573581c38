-- What projects were called before: names that nobody else has taken since.
CREATE TABLE project_alias (
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    created_on INTEGER NOT NULL,
    PRIMARY KEY (owner, name)
) STRICT;
CREATE INDEX project_alias_project ON project_alias (project_id);

-- What a project is about to be called: noted before its trees move, so that a move that is broken off is finished. The
-- numbers of the new owner are those of `project`.
CREATE TABLE project_move (
    project_id INTEGER PRIMARY KEY REFERENCES project (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    account_id INTEGER REFERENCES account (id),
    group_id INTEGER REFERENCES owner_group (id),
    created_on INTEGER NOT NULL
) STRICT;
CREATE INDEX project_move_name ON project_move (owner, name);
