-- A star changes the document of a package, and not its revision: a maintainer who has read the document before may still
-- write. Each star gives the package another value here, so that this and the revision name the document as it is.
ALTER TABLE packages ADD COLUMN stars_revision TEXT NOT NULL DEFAULT '';
