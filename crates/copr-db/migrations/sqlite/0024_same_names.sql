-- Whether a repository lists a package of the same name and version already is asked for each one that is uploaded.
CREATE INDEX repo_package_nevra ON repo_package (repo_id, nevra);
