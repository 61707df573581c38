-- What projects were called before: names that nobody else has taken since.
CREATE TABLE project_alias (
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    project_id BIGINT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    created_on BIGINT NOT NULL,
    PRIMARY KEY (owner, name)
);
CREATE INDEX project_alias_project ON project_alias (project_id);

-- What a project is about to be called: noted before its trees move, so that a move that is broken off is finished. The
-- numbers of the new owner are those of `project`.
CREATE TABLE project_move (
    project_id BIGINT PRIMARY KEY REFERENCES project (id) ON DELETE CASCADE,
    owner TEXT NOT NULL,
    name TEXT NOT NULL,
    account_id BIGINT REFERENCES account (id),
    group_id BIGINT REFERENCES owner_group (id),
    created_on BIGINT NOT NULL
);
CREATE INDEX project_move_name ON project_move (owner, name);
