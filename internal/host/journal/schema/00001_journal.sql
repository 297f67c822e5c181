-- +goose Up
CREATE TABLE exchange (
    id                 BIGSERIAL PRIMARY KEY,
    at                 BIGINT  NOT NULL,
    direction          TEXT    NOT NULL,
    company_id         BIGINT  NOT NULL, -- 0: nobody was recognised
    seen_by            BIGINT  NOT NULL, -- the company whose administrators may see it
    user_id            BIGINT  NOT NULL,
    client_id          TEXT    NOT NULL,
    method             TEXT    NOT NULL,
    url                TEXT    NOT NULL,
    path               TEXT    NOT NULL,
    status             BIGINT  NOT NULL,
    duration_us        BIGINT  NOT NULL,
    request_size       BIGINT  NOT NULL,
    request_changes    BIGINT  NOT NULL,
    response_size      BIGINT  NOT NULL,
    response_changes   BIGINT  NOT NULL,
    error              TEXT    NOT NULL,
    requirement        TEXT    NOT NULL,
    replay_of          BIGINT  NOT NULL,
    replay_key         TEXT,              -- NULL: not a replay
    stored_size        BIGINT  NOT NULL
);
-- What was said, apart from the rest: lists and filters read many exchanges and
-- none of these.
CREATE TABLE exchange_text (
    exchange_id     BIGINT PRIMARY KEY,
    request_header  TEXT NOT NULL, -- "Name: value" lines
    request_body    TEXT NOT NULL,
    response_header TEXT NOT NULL,
    response_body   TEXT NOT NULL
);
CREATE INDEX exchange_by_viewer ON exchange (seen_by, id);
CREATE INDEX exchange_replays ON exchange (replay_of, id) WHERE replay_of <> 0;

-- One row: how many bytes the exchanges take, kept by each write.
CREATE TABLE exchange_total (
    one         BIGINT PRIMARY KEY,
    stored_size BIGINT NOT NULL
);
INSERT INTO exchange_total (one, stored_size) VALUES (1, 0);

-- Replays under way: who asked for one gets the key, and the exchange that
-- carries the key is marked as the replay.
CREATE TABLE replay (
    key         TEXT   PRIMARY KEY,
    exchange_id BIGINT NOT NULL,
    at          BIGINT NOT NULL
);
CREATE INDEX exchange_by_replay ON exchange (replay_key, id);
