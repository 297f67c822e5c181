-- +goose Up
-- A lane exists while it has work. Whoever adds work locks the lane's row first,
-- so ids rise in the order of commits inside a lane, and a lane never ends while
-- somebody is adding to it.
CREATE TABLE lane (
    company_id BIGINT NOT NULL,
    lane_key   TEXT   NOT NULL,
    ready_at   BIGINT NOT NULL, -- from then on it may be claimed; while leased, the end of the lease
    fence      BIGINT NOT NULL, -- the lease's own number, 0 while nobody holds the lane
    owner      TEXT   NOT NULL, -- the node that holds it
    PRIMARY KEY (company_id, lane_key)
);
CREATE INDEX lane_ready ON lane (ready_at);

-- The id counts over all companies: a lane's order needs no counter of its own.
CREATE TABLE lane_job (
    id         BIGSERIAL PRIMARY KEY,
    company_id BIGINT NOT NULL,
    lane_key   TEXT   NOT NULL,
    kind       TEXT   NOT NULL,
    payload    BYTEA  NOT NULL,
    attempts   BIGINT NOT NULL, -- tries that failed
    created_at BIGINT NOT NULL,
    not_before BIGINT NOT NULL,
    parked_at  BIGINT NOT NULL, -- 0 while it waits for its turn
    reason     TEXT   NOT NULL  -- of the last failure
);
CREATE INDEX lane_job_next ON lane_job (company_id, lane_key, id) WHERE parked_at = 0;
CREATE INDEX lane_job_parked ON lane_job (company_id, id) WHERE parked_at <> 0;
