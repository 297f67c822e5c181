-- +goose Up
-- What was done to a record, for its timeline. The fields are JSON:
-- [{"Field": …, "From": …, "To": …}], by the names of the room's types.
CREATE TABLE records_change (
    company_id BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    entity     TEXT   NOT NULL, -- person, deal …
    entity_id  TEXT   NOT NULL, -- decimal, or a UUID for leads
    action     TEXT   NOT NULL, -- added, updated, deleted or merged
    user_id    BIGINT NOT NULL, -- 0: nobody
    source     TEXT   NOT NULL, -- api or app
    fields     TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (company_id, id)
);
CREATE INDEX records_change_entity ON records_change (company_id, entity, entity_id, at);
CREATE INDEX records_change_at ON records_change (company_id, at);
