-- +goose Up
-- One row per company and kind of thing: the last id that was given out. Ids are
-- never used again, also when the newest row was deleted.
CREATE TABLE counter (
    company_id BIGINT NOT NULL,
    kind       TEXT   NOT NULL,
    last_id    BIGINT NOT NULL,
    PRIMARY KEY (company_id, kind)
);
