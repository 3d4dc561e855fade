-- The hour in which a token was last used, as RFC 3339 text. It is written in the background, at most once an hour.
ALTER TABLE tokens ADD COLUMN last_used TEXT;
