-- The newest build of each package in a directory is found without reading the others.
CREATE INDEX build_dir_package ON build (dir_id, package_id, id);
