-- What readers remember of a project is good for as long as its number stays: every change of what lists and pages
-- show of it makes another number, in the same transaction. Row 0 is for what all projects show: the chroots.
CREATE TABLE project_revision (
    project_id INTEGER PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT;
INSERT INTO project_revision (project_id, number) VALUES (0, 0);
INSERT INTO project_revision (project_id, number) SELECT id, 0 FROM project;

CREATE TRIGGER revision_project_made AFTER INSERT ON project BEGIN
    INSERT INTO project_revision (project_id, number) VALUES (NEW.id, 0);
END;
CREATE TRIGGER revision_project_changed AFTER UPDATE ON project BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = NEW.id;
END;
CREATE TRIGGER revision_project_gone AFTER DELETE ON project BEGIN
    DELETE FROM project_revision WHERE project_id = OLD.id;
END;

CREATE TRIGGER revision_dir_made AFTER INSERT ON project_dir BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = NEW.project_id;
END;
CREATE TRIGGER revision_dir_changed AFTER UPDATE ON project_dir BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = NEW.project_id;
END;
CREATE TRIGGER revision_dir_gone AFTER DELETE ON project_dir BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = OLD.project_id;
END;

CREATE TRIGGER revision_project_chroot_made AFTER INSERT ON project_chroot BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = NEW.project_id;
END;
CREATE TRIGGER revision_project_chroot_changed AFTER UPDATE ON project_chroot BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = NEW.project_id;
END;
CREATE TRIGGER revision_project_chroot_gone AFTER DELETE ON project_chroot BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = OLD.project_id;
END;

CREATE TRIGGER revision_package_made AFTER INSERT ON package BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = NEW.project_id;
END;
CREATE TRIGGER revision_package_changed AFTER UPDATE ON package BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = NEW.project_id;
END;
CREATE TRIGGER revision_package_gone AFTER DELETE ON package BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = OLD.project_id;
END;

CREATE TRIGGER revision_build_made AFTER INSERT ON build BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = NEW.project_id;
END;
CREATE TRIGGER revision_build_changed AFTER UPDATE ON build BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = NEW.project_id;
END;
CREATE TRIGGER revision_build_gone AFTER DELETE ON build BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = OLD.project_id;
END;

-- Chroots of a build that goes away go with it, and the build's own trigger has counted.
CREATE TRIGGER revision_build_chroot_made AFTER INSERT ON build_chroot BEGIN
    UPDATE project_revision SET number = number + 1
    WHERE project_id = (SELECT project_id FROM build WHERE id = NEW.build_id);
END;
CREATE TRIGGER revision_build_chroot_changed AFTER UPDATE ON build_chroot BEGIN
    UPDATE project_revision SET number = number + 1
    WHERE project_id = (SELECT project_id FROM build WHERE id = NEW.build_id);
END;
CREATE TRIGGER revision_build_chroot_gone AFTER DELETE ON build_chroot BEGIN
    UPDATE project_revision SET number = number + 1
    WHERE project_id = (SELECT project_id FROM build WHERE id = OLD.build_id);
END;

CREATE TRIGGER revision_chroot_made AFTER INSERT ON chroot BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = 0;
END;
CREATE TRIGGER revision_chroot_changed AFTER UPDATE ON chroot BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = 0;
END;
CREATE TRIGGER revision_chroot_gone AFTER DELETE ON chroot BEGIN
    UPDATE project_revision SET number = number + 1 WHERE project_id = 0;
END;
