-- What readers remember of a project is good for as long as its number stays: every change of what lists and pages
-- show of it makes another number, in the same transaction. Row 0 is for what all projects show: the chroots.
--
-- The number is that of the transaction that changed something last: no two are alike, and many changes in one
-- transaction write one row. The triggers wait for the commit, so that the row is locked for a moment only and
-- transactions that work on one project do not wait for each other.
CREATE TABLE project_revision (
    project_id BIGINT PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO project_revision (project_id, number) VALUES (0, 0);
INSERT INTO project_revision (project_id, number) SELECT id, 0 FROM project;

CREATE FUNCTION new_project_revision(changed BIGINT) RETURNS VOID LANGUAGE sql AS $$
    UPDATE project_revision SET number = txid_current() WHERE project_id = changed AND number <> txid_current()
$$;

CREATE FUNCTION project_made() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO project_revision (project_id, number) VALUES (NEW.id, 0);
    RETURN NULL;
END $$;
CREATE TRIGGER revision_project_made AFTER INSERT ON project FOR EACH ROW EXECUTE FUNCTION project_made();

CREATE FUNCTION project_gone() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM project_revision WHERE project_id = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER revision_project_gone AFTER DELETE ON project FOR EACH ROW EXECUTE FUNCTION project_gone();

CREATE FUNCTION project_itself_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM new_project_revision(NEW.id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER revision_project_changed AFTER UPDATE ON project
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION project_itself_changed();

CREATE FUNCTION part_of_project_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM new_project_revision(COALESCE(NEW.project_id, OLD.project_id));
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER revision_dir AFTER INSERT OR UPDATE OR DELETE ON project_dir
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION part_of_project_changed();
CREATE CONSTRAINT TRIGGER revision_project_chroot AFTER INSERT OR UPDATE OR DELETE ON project_chroot
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION part_of_project_changed();
CREATE CONSTRAINT TRIGGER revision_package AFTER INSERT OR UPDATE OR DELETE ON package
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION part_of_project_changed();
CREATE CONSTRAINT TRIGGER revision_build AFTER INSERT OR UPDATE OR DELETE ON build
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION part_of_project_changed();

-- Chroots of a build that goes away go with it, and the build's own trigger has counted.
CREATE FUNCTION build_chroot_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM new_project_revision(project_id) FROM build WHERE id = COALESCE(NEW.build_id, OLD.build_id);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER revision_build_chroot AFTER INSERT OR UPDATE OR DELETE ON build_chroot
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION build_chroot_changed();

CREATE FUNCTION chroots_changed() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    PERFORM new_project_revision(0);
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER revision_chroot AFTER INSERT OR UPDATE OR DELETE ON chroot
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION chroots_changed();
