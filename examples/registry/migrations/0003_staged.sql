-- Versions that wait for a person's approval. Approving one moves it to `versions`, and rejecting one deletes its row.
-- `tags` is a JSON list of the dist-tags that the version gets.
CREATE TABLE staged_versions (
    id TEXT NOT NULL PRIMARY KEY,
    package TEXT NOT NULL REFERENCES packages (name) ON DELETE CASCADE,
    version TEXT NOT NULL,
    manifest TEXT NOT NULL,
    deprecated TEXT,
    tags TEXT NOT NULL,
    tarball TEXT NOT NULL,
    staged_by TEXT NOT NULL REFERENCES users (name),
    staged TEXT NOT NULL
);
CREATE INDEX staged_versions_by_package ON staged_versions (package);
