-- +goose Up
-- Numbers that belong to no company: of companies and of logins.
CREATE TABLE account_sequence (
    name    TEXT   NOT NULL PRIMARY KEY,
    last_id BIGINT NOT NULL
);

CREATE TABLE account_company (
    company_id BIGINT NOT NULL PRIMARY KEY,
    name       TEXT   NOT NULL,
    domain     TEXT   NOT NULL UNIQUE,
    country    TEXT   NOT NULL,
    industry   TEXT   NOT NULL,
    currency   TEXT   NOT NULL,
    created_at BIGINT NOT NULL
);

-- A login is a person with an email and a password; it may have a user in
-- several companies. A login without a password cannot sign in by one.
CREATE TABLE account_login (
    id            BIGINT NOT NULL PRIMARY KEY,
    email         TEXT   NOT NULL UNIQUE,
    password_hash TEXT   NOT NULL,
    created_at    BIGINT NOT NULL
);

CREATE TABLE account_user (
    company_id  BIGINT  NOT NULL REFERENCES account_company (company_id),
    id          BIGINT  NOT NULL,
    login_id    BIGINT  NOT NULL REFERENCES account_login (id),
    name        TEXT    NOT NULL,
    phone       TEXT    NOT NULL,
    locale      TEXT    NOT NULL,
    timezone    TEXT    NOT NULL,
    currency    TEXT    NOT NULL,
    icon_url    TEXT    NOT NULL,
    admin       BOOLEAN NOT NULL,
    active      BOOLEAN NOT NULL,
    created_at  BIGINT  NOT NULL,
    modified_at BIGINT  NOT NULL,
    last_login  BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    UNIQUE (company_id, login_id)
);
CREATE INDEX account_user_login ON account_user (login_id);

-- A browser that is signed in. Only the hash of its cookie is kept.
CREATE TABLE account_session (
    company_id BIGINT NOT NULL,
    token_hash TEXT   NOT NULL,
    user_id    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (company_id, token_hash),
    UNIQUE (token_hash),
    FOREIGN KEY (company_id, user_id) REFERENCES account_user (company_id, id)
);
CREATE INDEX account_session_expiry ON account_session (expires_at);

-- Sign-ins that were tried and did not succeed yet, per email and address.
CREATE TABLE account_attempt (
    key_hash   TEXT   NOT NULL PRIMARY KEY,
    tries      BIGINT NOT NULL,
    started_at BIGINT NOT NULL
);
CREATE INDEX account_attempt_started ON account_attempt (started_at);
