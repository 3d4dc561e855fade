-- Until when the account is on hold (T5), as RFC 3339 text. NULL: it is not on hold.
ALTER TABLE users ADD COLUMN writes_held_until TEXT;
