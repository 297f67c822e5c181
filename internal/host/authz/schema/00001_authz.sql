-- +goose Up
-- An app that one user allowed to act for them in one company. Removing it takes
-- every code and token with it.
CREATE TABLE authz_installation (
    company_id   BIGINT  NOT NULL,
    id           BIGINT  NOT NULL,
    client_id    TEXT    NOT NULL,
    user_id      BIGINT  NOT NULL,
    scopes       TEXT    NOT NULL,
    shared       BOOLEAN NOT NULL,
    installed_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    UNIQUE (company_id, client_id, user_id),
    FOREIGN KEY (company_id, user_id) REFERENCES account_user (company_id, id),
    FOREIGN KEY (client_id) REFERENCES devhub_app (client_id)
);

-- Codes, refresh tokens and access tokens are kept as SHA-256.
CREATE TABLE authz_code (
    company_id      BIGINT NOT NULL,
    code_hash       TEXT   NOT NULL,
    installation_id BIGINT NOT NULL,
    redirect_uri    TEXT   NOT NULL,
    expires_at      BIGINT NOT NULL,
    used_at         BIGINT NOT NULL,
    PRIMARY KEY (company_id, code_hash),
    UNIQUE (code_hash),
    FOREIGN KEY (company_id, installation_id) REFERENCES authz_installation (company_id, id) ON DELETE CASCADE
);
CREATE INDEX authz_code_installation ON authz_code (company_id, installation_id);

CREATE TABLE authz_refresh (
    company_id      BIGINT NOT NULL,
    id              BIGINT NOT NULL,
    token_hash      TEXT   NOT NULL,
    installation_id BIGINT NOT NULL,
    scopes          TEXT   NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL,
    PRIMARY KEY (company_id, id),
    UNIQUE (token_hash),
    FOREIGN KEY (company_id, installation_id) REFERENCES authz_installation (company_id, id) ON DELETE CASCADE
);
CREATE INDEX authz_refresh_installation ON authz_refresh (company_id, installation_id);

CREATE TABLE authz_access (
    company_id      BIGINT NOT NULL,
    token_hash      TEXT   NOT NULL,
    installation_id BIGINT NOT NULL,
    scopes          TEXT   NOT NULL,
    expires_at      BIGINT NOT NULL,
    PRIMARY KEY (company_id, token_hash),
    UNIQUE (token_hash),
    FOREIGN KEY (company_id, installation_id) REFERENCES authz_installation (company_id, id) ON DELETE CASCADE
);
CREATE INDEX authz_access_installation ON authz_access (company_id, installation_id, expires_at);

-- Personal API tokens stand for a user without any app.
CREATE TABLE authz_personal (
    company_id BIGINT NOT NULL,
    user_id    BIGINT NOT NULL,
    token_hash TEXT   NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company_id, user_id),
    UNIQUE (token_hash),
    FOREIGN KEY (company_id, user_id) REFERENCES account_user (company_id, id)
);
