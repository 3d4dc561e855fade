-- One dialect for SQLite and PostgreSQL: TEXT and BIGINT, times as RFC 3339 text.
-- What a row means is in src/store; whether somebody may change it is tollgate's to say.

-- Users and organizations share one namespace (N4). Nothing is ever deleted here: a freed name is not given away (N5).
CREATE TABLE names (
    name TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL
);

CREATE TABLE users (
    name TEXT NOT NULL PRIMARY KEY REFERENCES names (name),
    status TEXT NOT NULL,
    two_factor TEXT NOT NULL,
    tokens_revoked_until TEXT,
    password_hash TEXT NOT NULL,
    totp_secret TEXT,
    pending_totp_secret TEXT,
    pending_two_factor TEXT,
    profile TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL
);

CREATE TABLE recovery_codes (
    user_name TEXT NOT NULL REFERENCES users (name),
    digest TEXT NOT NULL,
    PRIMARY KEY (user_name, digest)
);

-- Which token (or login) has used the one-time password of a step: no other may use it again.
CREATE TABLE used_codes (
    user_name TEXT NOT NULL REFERENCES users (name),
    step BIGINT NOT NULL,
    used_by TEXT NOT NULL,
    PRIMARY KEY (user_name, step)
);

-- Wrong passwords and wrong codes of late, counted for each account.
CREATE TABLE wrong_guesses (
    user_name TEXT NOT NULL,
    what TEXT NOT NULL,
    since BIGINT NOT NULL,
    guesses BIGINT NOT NULL,
    PRIMARY KEY (user_name, what)
);

CREATE TABLE organizations (
    name TEXT NOT NULL PRIMARY KEY REFERENCES names (name)
);

CREATE TABLE members (
    organization TEXT NOT NULL REFERENCES organizations (name),
    user_name TEXT NOT NULL REFERENCES users (name),
    role TEXT NOT NULL,
    PRIMARY KEY (organization, user_name)
);
CREATE INDEX members_by_user ON members (user_name);

CREATE TABLE teams (
    organization TEXT NOT NULL REFERENCES organizations (name),
    team TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (organization, team)
);

CREATE TABLE team_members (
    organization TEXT NOT NULL,
    team TEXT NOT NULL,
    user_name TEXT NOT NULL,
    PRIMARY KEY (organization, team, user_name),
    FOREIGN KEY (organization, team) REFERENCES teams (organization, team) ON DELETE CASCADE,
    FOREIGN KEY (organization, user_name) REFERENCES members (organization, user_name) ON DELETE CASCADE
);
CREATE INDEX team_members_by_user ON team_members (user_name);

CREATE TABLE packages (
    name TEXT NOT NULL PRIMARY KEY,
    visibility TEXT NOT NULL,
    publishing_access TEXT NOT NULL,
    revision TEXT NOT NULL,
    created TEXT NOT NULL,
    modified TEXT NOT NULL
);

CREATE TABLE package_users (
    package TEXT NOT NULL REFERENCES packages (name) ON DELETE CASCADE,
    user_name TEXT NOT NULL REFERENCES users (name),
    permission TEXT NOT NULL,
    PRIMARY KEY (package, user_name)
);
CREATE INDEX package_users_by_user ON package_users (user_name);

CREATE TABLE package_teams (
    package TEXT NOT NULL REFERENCES packages (name) ON DELETE CASCADE,
    organization TEXT NOT NULL,
    team TEXT NOT NULL,
    permission TEXT NOT NULL,
    PRIMARY KEY (package, organization, team),
    FOREIGN KEY (organization, team) REFERENCES teams (organization, team) ON DELETE CASCADE
);
CREATE INDEX package_teams_by_team ON package_teams (organization, team);

CREATE TABLE versions (
    package TEXT NOT NULL REFERENCES packages (name) ON DELETE CASCADE,
    version TEXT NOT NULL,
    manifest TEXT NOT NULL,
    deprecated TEXT,
    tarball TEXT NOT NULL,
    published TEXT NOT NULL,
    PRIMARY KEY (package, version)
);

-- Every version there ever was, those of packages that are gone included: none is published twice.
CREATE TABLE used_versions (
    package TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (package, version)
);

CREATE TABLE dist_tags (
    package TEXT NOT NULL,
    tag TEXT NOT NULL,
    version TEXT NOT NULL,
    PRIMARY KEY (package, tag),
    FOREIGN KEY (package, version) REFERENCES versions (package, version) ON DELETE CASCADE
);

CREATE TABLE stars (
    package TEXT NOT NULL REFERENCES packages (name) ON DELETE CASCADE,
    user_name TEXT NOT NULL REFERENCES users (name),
    PRIMARY KEY (package, user_name)
);
CREATE INDEX stars_by_user ON stars (user_name);

-- A token: the SHA-256 of its text, and tollgate's stored form as JSON. The text is nowhere (S2).
CREATE TABLE tokens (
    digest TEXT NOT NULL PRIMARY KEY,
    token_key TEXT NOT NULL UNIQUE,
    user_name TEXT NOT NULL REFERENCES users (name),
    hint TEXT NOT NULL,
    stored TEXT NOT NULL,
    revoked BIGINT NOT NULL,
    created TEXT NOT NULL
);
CREATE INDEX tokens_by_user ON tokens (user_name);

-- Logins through the web, from `POST /-/v1/login` until the client has fetched its token. Both secrets as digests.
CREATE TABLE logins (
    login_digest TEXT NOT NULL PRIMARY KEY,
    done_digest TEXT NOT NULL UNIQUE,
    purpose TEXT NOT NULL,
    started BIGINT NOT NULL,
    started_from TEXT NOT NULL,
    user_name TEXT REFERENCES users (name)
);
