-- The addresses from which an account has logged in. Strangers' guesses do not delay a login from one of them.
CREATE TABLE known_addresses (
    user_name TEXT NOT NULL REFERENCES users (name),
    address TEXT NOT NULL,
    seen BIGINT NOT NULL,
    PRIMARY KEY (user_name, address)
);
