-- Whether any version needs a tarball is asked of every file.
CREATE INDEX versions_by_tarball ON versions (tarball);
CREATE INDEX staged_versions_by_tarball ON staged_versions (tarball);
