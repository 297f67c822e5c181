-- +goose Up
-- One row: how far the host's clock is ahead of the machine's, in microseconds.
CREATE TABLE control_clock (
    one      BIGINT PRIMARY KEY,
    ahead_us BIGINT NOT NULL
);
