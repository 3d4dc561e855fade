-- Invitations to organizations. A row gives nothing: the person becomes a member by accepting it.
CREATE TABLE invitations (
    organization TEXT NOT NULL REFERENCES organizations (name),
    user_name TEXT NOT NULL REFERENCES users (name),
    role TEXT NOT NULL,
    invited_by TEXT NOT NULL REFERENCES users (name),
    invited BIGINT NOT NULL,
    PRIMARY KEY (organization, user_name)
);
CREATE INDEX invitations_by_user ON invitations (user_name);
