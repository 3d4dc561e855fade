-- Whether a recovery code has begun the hold on the account: 0 or 1. Then the second factor can still be removed.
ALTER TABLE users ADD COLUMN held_by_recovery BIGINT NOT NULL DEFAULT 0;
