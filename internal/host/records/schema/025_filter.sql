-- +goose Up
-- Filters that people and apps keep. conditions is JSON: groups of conditions, by
-- the names of the room's types.
CREATE TABLE records_filter (
    company_id BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    kind       TEXT    NOT NULL, -- what it finds: person, organization, deal, lead or activity
    owner_id   BIGINT  NOT NULL,
    visible_to BIGINT  NOT NULL, -- 1: its owner alone
    conditions TEXT    NOT NULL,
    deleted    BOOLEAN NOT NULL,
    deleted_at BIGINT  NOT NULL, -- 0: it is there
    added_at   BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id)
);
CREATE INDEX records_filter_updated ON records_filter (company_id, updated_at, id);
