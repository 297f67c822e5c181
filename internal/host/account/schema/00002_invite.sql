-- +goose Up
-- Who was asked to join a company, until they do. Only the hash of the link's
-- token is kept.
CREATE TABLE account_invite (
    company_id BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    email      TEXT    NOT NULL,
    admin      BOOLEAN NOT NULL,
    token_hash TEXT    NOT NULL,
    invited_by BIGINT  NOT NULL,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    UNIQUE (company_id, email),
    UNIQUE (token_hash),
    FOREIGN KEY (company_id, invited_by) REFERENCES account_user (company_id, id)
);

-- Links by which an operator lets somebody make a further company.
CREATE TABLE account_setup (
    token_hash TEXT   NOT NULL PRIMARY KEY,
    expires_at BIGINT NOT NULL
);
