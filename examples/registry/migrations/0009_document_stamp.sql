-- Names the document of a package as it is: each change of the document gives it a new one, a star included, which the
-- revision does not tell. The text of a document is kept in memory under this name.
ALTER TABLE packages ADD COLUMN document_stamp TEXT NOT NULL DEFAULT '';
UPDATE packages SET document_stamp = revision;
