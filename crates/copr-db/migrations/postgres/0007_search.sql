-- What a search looks through: a row for a project's own texts, and one for the name of each of its packages.
CREATE TABLE search_text (
    id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    project_id BIGINT NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    package_id BIGINT REFERENCES package (id) ON DELETE CASCADE,
    text TEXT NOT NULL
);
CREATE INDEX search_text_project ON search_text (project_id);
CREATE INDEX search_text_package ON search_text (package_id);

-- Every three letters that follow each other: so a word is found inside of others. The extension comes with PostgreSQL
-- on most systems and may be made by the owner of a database; where it is not to be had, searches read all texts.
DO $$
BEGIN
    CREATE EXTENSION IF NOT EXISTS pg_trgm;
    EXECUTE 'CREATE INDEX search_index ON search_text USING gin (lower(text) gin_trgm_ops)';
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE WARNING 'pg_trgm is not available: searches for projects will be slow';
END $$;

INSERT INTO search_text (project_id, text)
    SELECT id, owner || ' ' || name || ' ' || description || ' ' || instructions FROM project;
INSERT INTO search_text (project_id, package_id, text) SELECT project_id, id, name FROM package;

CREATE FUNCTION search_project_made() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_text (project_id, text)
        VALUES (NEW.id, NEW.owner || ' ' || NEW.name || ' ' || NEW.description || ' ' || NEW.instructions);
    RETURN NULL;
END $$;
CREATE TRIGGER search_project_made AFTER INSERT ON project FOR EACH ROW EXECUTE FUNCTION search_project_made();

CREATE FUNCTION search_project_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    UPDATE search_text SET text = NEW.owner || ' ' || NEW.name || ' ' || NEW.description || ' ' || NEW.instructions
        WHERE project_id = NEW.id AND package_id IS NULL;
    RETURN NULL;
END $$;
CREATE TRIGGER search_project_changed AFTER UPDATE OF owner, name, description, instructions ON project FOR EACH ROW
    WHEN (NEW.owner <> OLD.owner OR NEW.name <> OLD.name OR NEW.description <> OLD.description
        OR NEW.instructions <> OLD.instructions)
    EXECUTE FUNCTION search_project_changed();

CREATE FUNCTION search_package_made() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO search_text (project_id, package_id, text) VALUES (NEW.project_id, NEW.id, NEW.name);
    RETURN NULL;
END $$;
CREATE TRIGGER search_package_made AFTER INSERT ON package FOR EACH ROW EXECUTE FUNCTION search_package_made();
