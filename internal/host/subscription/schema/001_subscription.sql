-- +goose Up
-- Where changes are told to. A webhook that was removed keeps its row for a week,
-- so that its page can say why.
CREATE TABLE subscription_webhook (
    company_id       BIGINT NOT NULL,
    id               BIGINT NOT NULL,
    client_id        TEXT   NOT NULL, -- the app, empty for a user's own
    installation_id  BIGINT NOT NULL, -- of the app, 0 for a user's own
    owner_id         BIGINT NOT NULL,
    user_id          BIGINT NOT NULL, -- whose permissions decide what is told
    action           TEXT   NOT NULL,
    object           TEXT   NOT NULL,
    url              TEXT   NOT NULL,
    version          TEXT   NOT NULL,
    name             TEXT   NOT NULL,
    auth_user        TEXT   NOT NULL,
    auth_sealed      TEXT   NOT NULL,
    after_seq        BIGINT NOT NULL, -- events up to this one are older than the webhook
    created_at       BIGINT NOT NULL,
    removed_at       BIGINT NOT NULL, -- 0: it is there
    remove_reason    TEXT   NOT NULL,
    last_delivery_at BIGINT NOT NULL, -- of the last attempt, 0: none yet
    last_status      BIGINT NOT NULL, -- HTTP, 0: no answer
    strikes          BIGINT NOT NULL, -- first attempts that failed
    banned_until     BIGINT NOT NULL, -- 0: not banned
    failing_since    BIGINT NOT NULL, -- 0: the last delivery was a success
    PRIMARY KEY (company_id, id)
);
CREATE INDEX subscription_webhook_installation ON subscription_webhook (company_id, installation_id);

-- What was told, or is about to be.
CREATE TABLE subscription_delivery (
    company_id BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    webhook_id BIGINT NOT NULL,
    event      TEXT   NOT NULL, -- change.person
    entity_id  TEXT   NOT NULL,
    purpose    TEXT   NOT NULL, -- event, test or replay
    body       TEXT   NOT NULL, -- without the number of the attempt
    state      TEXT   NOT NULL, -- waiting, delivered, failed or lost
    attempts   BIGINT NOT NULL, -- made so far
    status     BIGINT NOT NULL, -- of the last attempt: HTTP, 0: no answer
    error      TEXT   NOT NULL, -- of the last attempt, in words
    duration   BIGINT NOT NULL, -- of the last attempt, in microseconds
    created_at BIGINT NOT NULL,
    next_at    BIGINT NOT NULL, -- of the next attempt, 0: none, or at once
    ended_at   BIGINT NOT NULL, -- 0: not yet
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, webhook_id) REFERENCES subscription_webhook (company_id, id) ON DELETE CASCADE
);
CREATE INDEX subscription_delivery_webhook ON subscription_delivery (company_id, webhook_id, id);
