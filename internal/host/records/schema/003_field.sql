-- +goose Up
-- Fields that the company made. The standard fields are in the program.
CREATE TABLE records_field (
    company_id  BIGINT  NOT NULL,
    id          BIGINT  NOT NULL,
    entity      TEXT    NOT NULL, -- person, organization or deal; leads have the deals'
    code        TEXT    NOT NULL, -- 40 hexadecimal digits
    name        TEXT    NOT NULL,
    type        TEXT    NOT NULL, -- varchar, monetary, enum …
    description TEXT    NOT NULL,
    settings    TEXT    NOT NULL, -- JSON: where it is shown, when it must be filled
    position    BIGINT  NOT NULL,
    added_by    BIGINT  NOT NULL,
    updated_by  BIGINT  NOT NULL,
    deleted     BOOLEAN NOT NULL,
    added_at    BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    UNIQUE (company_id, entity, code)
);

-- What can be chosen in fields of the types enum and set, and the labels of
-- persons, organizations and deals (code label_ids). A deleted option stays, so
-- that its id is never given again.
CREATE TABLE records_option (
    company_id BIGINT  NOT NULL,
    entity     TEXT    NOT NULL,
    code       TEXT    NOT NULL, -- of the field
    id         BIGINT  NOT NULL,
    label      TEXT    NOT NULL,
    color      TEXT    NOT NULL, -- of labels; empty for others
    position   BIGINT  NOT NULL,
    deleted    BOOLEAN NOT NULL,
    added_at   BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, entity, code, id) -- the first labels have the same ids everywhere
);

-- Values of the company's fields: a JSON object by code, as version 2 writes them.
ALTER TABLE records_organization ADD COLUMN custom TEXT NOT NULL DEFAULT '{}';
ALTER TABLE records_organization ADD COLUMN labels TEXT NOT NULL DEFAULT '[]'; -- JSON: ids of options
ALTER TABLE records_organization ADD COLUMN visible_to BIGINT NOT NULL DEFAULT 3;
ALTER TABLE records_organization ADD COLUMN details TEXT NOT NULL DEFAULT '{}'; -- JSON: parts of the address, size …
ALTER TABLE records_organization ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records_person ADD COLUMN custom TEXT NOT NULL DEFAULT '{}';
ALTER TABLE records_person ADD COLUMN labels TEXT NOT NULL DEFAULT '[]';
ALTER TABLE records_person ADD COLUMN visible_to BIGINT NOT NULL DEFAULT 3;
ALTER TABLE records_person ADD COLUMN first_name TEXT NOT NULL DEFAULT '';
ALTER TABLE records_person ADD COLUMN last_name TEXT NOT NULL DEFAULT '';
ALTER TABLE records_person ADD COLUMN marketing_status TEXT NOT NULL DEFAULT 'no_consent';
ALTER TABLE records_person ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;

-- Lists of the API are sorted by these.
CREATE INDEX records_person_added ON records_person (company_id, added_at, id);
CREATE INDEX records_person_updated ON records_person (company_id, updated_at, id);
CREATE INDEX records_person_owner ON records_person (company_id, owner_id, id);
CREATE INDEX records_organization_added ON records_organization (company_id, added_at, id);
CREATE INDEX records_organization_updated ON records_organization (company_id, updated_at, id);
CREATE INDEX records_organization_owner ON records_organization (company_id, owner_id, id);

-- Users who follow a person, an organization or a deal.
CREATE TABLE records_follower (
    company_id BIGINT NOT NULL,
    entity     TEXT   NOT NULL,
    entity_id  BIGINT NOT NULL,
    user_id    BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    added_at   BIGINT NOT NULL,
    PRIMARY KEY (company_id, entity, entity_id, user_id)
);

-- Who began and ceased to follow, for followers/changelog.
CREATE TABLE records_following (
    company_id BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    entity     TEXT   NOT NULL,
    entity_id  BIGINT NOT NULL,
    action     TEXT   NOT NULL, -- added or removed
    actor_id   BIGINT NOT NULL,
    user_id    BIGINT NOT NULL, -- the follower
    at         BIGINT NOT NULL,
    PRIMARY KEY (company_id, id)
);
CREATE INDEX records_following_entity ON records_following (company_id, entity, entity_id, id);
