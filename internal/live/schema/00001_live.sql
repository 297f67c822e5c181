-- +goose Up
-- The number is taken as the last step of a transaction and the row stays locked
-- until the commit, so whoever sees event N has seen all below N. An identity
-- column would not do: it numbers in the order of inserts, not of commits.
CREATE TABLE live_head (
    company_id BIGINT NOT NULL PRIMARY KEY,
    last_seq   BIGINT NOT NULL,
    pruned_to  BIGINT NOT NULL -- events up to this one are gone
);
CREATE TABLE live_event (
    company_id BIGINT NOT NULL,
    seq        BIGINT NOT NULL,
    at         BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    topics     TEXT   NOT NULL, -- one per line
    audience   BIGINT NOT NULL,
    data       BYTEA  NOT NULL,
    PRIMARY KEY (company_id, seq)
);
CREATE INDEX live_event_at ON live_event (at);
