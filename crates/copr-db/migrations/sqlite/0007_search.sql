-- What a search looks through: a row for a project's own texts, and one for the name of each of its packages.
CREATE TABLE search_text (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    project_id INTEGER NOT NULL REFERENCES project (id) ON DELETE CASCADE,
    package_id INTEGER REFERENCES package (id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;
CREATE INDEX search_text_project ON search_text (project_id);
CREATE INDEX search_text_package ON search_text (package_id);

-- Every three letters that follow each other, whatever their case: so a word is found inside of others.
CREATE VIRTUAL TABLE search_index USING fts5 (text, content = 'search_text', content_rowid = 'id', tokenize = 'trigram');
CREATE TRIGGER search_text_made AFTER INSERT ON search_text BEGIN
    INSERT INTO search_index (rowid, text) VALUES (NEW.id, NEW.text);
END;
CREATE TRIGGER search_text_changed AFTER UPDATE OF text ON search_text BEGIN
    INSERT INTO search_index (search_index, rowid, text) VALUES ('delete', OLD.id, OLD.text);
    INSERT INTO search_index (rowid, text) VALUES (NEW.id, NEW.text);
END;
CREATE TRIGGER search_text_gone AFTER DELETE ON search_text BEGIN
    INSERT INTO search_index (search_index, rowid, text) VALUES ('delete', OLD.id, OLD.text);
END;

INSERT INTO search_text (project_id, text)
    SELECT id, owner || ' ' || name || ' ' || description || ' ' || instructions FROM project;
INSERT INTO search_text (project_id, package_id, text) SELECT project_id, id, name FROM package;

CREATE TRIGGER search_project_made AFTER INSERT ON project BEGIN
    INSERT INTO search_text (project_id, text)
        VALUES (NEW.id, NEW.owner || ' ' || NEW.name || ' ' || NEW.description || ' ' || NEW.instructions);
END;
CREATE TRIGGER search_project_changed AFTER UPDATE OF owner, name, description, instructions ON project
WHEN NEW.owner <> OLD.owner OR NEW.name <> OLD.name OR NEW.description <> OLD.description
    OR NEW.instructions <> OLD.instructions
BEGIN
    UPDATE search_text SET text = NEW.owner || ' ' || NEW.name || ' ' || NEW.description || ' ' || NEW.instructions
        WHERE project_id = NEW.id AND package_id IS NULL;
END;
CREATE TRIGGER search_package_made AFTER INSERT ON package BEGIN
    INSERT INTO search_text (project_id, package_id, text) VALUES (NEW.project_id, NEW.id, NEW.name);
END;
