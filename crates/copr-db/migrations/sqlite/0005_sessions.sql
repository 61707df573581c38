-- Logins that a browser or a client keeps in a cookie. `secret_hash` is the SHA-256 of the cookie's value in hex.
CREATE TABLE session (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    secret_hash TEXT NOT NULL UNIQUE,
    account_id INTEGER NOT NULL REFERENCES account (id) ON DELETE CASCADE,
    created_on INTEGER NOT NULL,
    expires_on INTEGER NOT NULL
) STRICT;
CREATE INDEX session_account ON session (account_id);
CREATE INDEX session_expires ON session (expires_on);
