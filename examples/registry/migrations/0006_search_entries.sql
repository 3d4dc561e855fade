-- What a search looks at and shows, of the version that the tag `latest` points to. `keywords` is a JSON list.
CREATE TABLE search_entries (
    package TEXT NOT NULL PRIMARY KEY REFERENCES packages (name) ON DELETE CASCADE,
    version TEXT NOT NULL,
    description TEXT NOT NULL,
    keywords TEXT NOT NULL
);
