-- +goose Up

-- How far each follower has come in each company's events.
CREATE TABLE event_cursor (
    company_id BIGINT NOT NULL,
    follower   TEXT   NOT NULL,
    seq        BIGINT NOT NULL,
    PRIMARY KEY (company_id, follower)
);

-- Which node runs a follower, and until when (microseconds).
CREATE TABLE event_lease (
    follower TEXT   PRIMARY KEY,
    owner    TEXT   NOT NULL,
    until    BIGINT NOT NULL
);
