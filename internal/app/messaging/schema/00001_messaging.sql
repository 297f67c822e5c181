-- +goose Up
-- Tenants are the host's companies. Everything a company owns begins its key with
-- company_id, and refers only to rows that do so too.

CREATE TABLE setting (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
);

-- An installation stays when it is removed; only its tokens go.
CREATE TABLE installation (
    company_id       BIGINT  NOT NULL,
    user_id          BIGINT  NOT NULL,
    token            TEXT    NOT NULL, -- sealed; '' when there is none
    token_hash       TEXT    NOT NULL, -- of the access token, to compare and swap
    claimed_until    BIGINT  NOT NULL, -- one node refreshes at a time
    user_name        TEXT    NOT NULL,
    company_name     TEXT    NOT NULL,
    api_domain       TEXT    NOT NULL,
    shared           BOOLEAN NOT NULL,
    installed_at     BIGINT  NOT NULL,
    removed_at       BIGINT  NOT NULL,
    PRIMARY KEY (company_id, user_id)
);

CREATE TABLE channel (
    company_id          BIGINT  NOT NULL,
    id                  BIGINT  NOT NULL,
    provider_channel_id TEXT    NOT NULL,
    network             TEXT    NOT NULL,
    name                TEXT    NOT NULL,
    user_id             BIGINT  NOT NULL,
    state               TEXT    NOT NULL, -- pending, registered, failed, closed, removed
    problem             TEXT    NOT NULL,
    avatar              BYTEA   NOT NULL,
    avatar_type         TEXT    NOT NULL,
    created_at          BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, user_id) REFERENCES installation (company_id, user_id)
);
-- Hosts and visitors know a channel by this id alone.
CREATE UNIQUE INDEX channel_provider ON channel (provider_channel_id);

CREATE TABLE conversation (
    company_id    BIGINT NOT NULL,
    channel_id    BIGINT NOT NULL,
    id            TEXT   NOT NULL, -- the network's
    customer_id   TEXT   NOT NULL,
    customer_name TEXT   NOT NULL,
    last_seq      BIGINT NOT NULL,
    last_at       BIGINT NOT NULL, -- of the newest message; rises with each, by 1 ms at least
    seen_seq      BIGINT NOT NULL, -- the customer has seen messages up to this one
    created_at    BIGINT NOT NULL,
    PRIMARY KEY (company_id, channel_id, id),
    FOREIGN KEY (company_id, channel_id) REFERENCES channel (company_id, id)
);
CREATE INDEX conversation_age ON conversation (company_id, channel_id, created_at, id);
CREATE INDEX conversation_customer ON conversation (company_id, channel_id, customer_id);

CREATE TABLE message (
    company_id      BIGINT   NOT NULL,
    channel_id      BIGINT   NOT NULL,
    conversation_id TEXT     NOT NULL,
    seq             BIGINT   NOT NULL, -- order inside the conversation
    id              TEXT     NOT NULL, -- the network's; the host knows it by this
    dedup_key       TEXT,              -- the host's wish that made it, if it gave one
    outgoing        BOOLEAN  NOT NULL, -- from the business to the customer
    sender_id       TEXT     NOT NULL,
    body            TEXT     NOT NULL,
    files           BIGINT   NOT NULL, -- how many; most have none and need no look
    status          SMALLINT NOT NULL,
    reported        SMALLINT NOT NULL, -- the newest status the host is known to have
    created_at      BIGINT   NOT NULL,
    PRIMARY KEY (company_id, channel_id, conversation_id, seq),
    FOREIGN KEY (company_id, channel_id, conversation_id) REFERENCES conversation (company_id, channel_id, id)
);
CREATE UNIQUE INDEX message_once ON message (company_id, channel_id, id);
CREATE UNIQUE INDEX message_wish ON message (company_id, channel_id, conversation_id, dedup_key) WHERE dedup_key IS NOT NULL;

CREATE TABLE attachment (
    company_id      BIGINT NOT NULL,
    id              TEXT   NOT NULL,
    channel_id      BIGINT NOT NULL,
    conversation_id TEXT   NOT NULL,
    seq             BIGINT NOT NULL,
    position        BIGINT NOT NULL,
    name            TEXT   NOT NULL,
    type            TEXT   NOT NULL,
    size            BIGINT NOT NULL,
    body            BYTEA  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, channel_id, conversation_id, seq) REFERENCES message (company_id, channel_id, conversation_id, seq)
);
CREATE INDEX attachment_of ON attachment (company_id, channel_id, conversation_id, seq, position);

-- What was refused, for the operator. Bounded: the oldest go.
CREATE TABLE app_log (
    id      BIGSERIAL PRIMARY KEY,
    at      BIGINT NOT NULL,
    status  BIGINT NOT NULL,
    place   TEXT   NOT NULL,
    field   TEXT   NOT NULL,
    message TEXT   NOT NULL
);
