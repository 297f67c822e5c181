-- +goose Up
-- What can be searched: one row per record, written with the record. item is JSON
-- with what was said in it; how it is found stands in tokens (see index.go), which
-- each database keeps in an index of its own for sets of words.
CREATE TABLE records_search (
    company_id BIGINT NOT NULL,
    doc        BIGINT NOT NULL, -- rises with each record that is new
    kind       TEXT   NOT NULL, -- person, organization, deal, lead or file
    entity_id  TEXT   NOT NULL, -- decimal, or a UUID for leads
    owner_id   BIGINT NOT NULL,
    visible_to BIGINT NOT NULL,
    person_id  BIGINT NOT NULL, -- 0: none
    org_id     BIGINT NOT NULL, -- 0: none
    status     TEXT   NOT NULL, -- of a deal, or empty
    item       TEXT   NOT NULL,
    PRIMARY KEY (company_id, doc),
    UNIQUE (company_id, kind, entity_id)
);
CREATE INDEX records_search_person ON records_search (company_id, person_id, kind, doc);
CREATE INDEX records_search_org ON records_search (company_id, org_id, kind, doc);

-- Companies whose records are all in it; others are brought in at their first
-- search.
CREATE TABLE records_search_built (
    company_id BIGINT NOT NULL,
    built_at   BIGINT NOT NULL,
    PRIMARY KEY (company_id)
);

-- The row of a document is its company's id times 2^40 plus doc, so that those of a
-- company stand together.
-- +sqlite CREATE VIRTUAL TABLE records_search_token USING fts5 (tokens, tokenize = 'ascii', content = '', contentless_delete = 1, detail = none);
-- +postgres CREATE TABLE records_search_token (rowid BIGINT PRIMARY KEY, tokens TSVECTOR NOT NULL);
-- +postgres CREATE INDEX records_search_token_word ON records_search_token USING GIN (tokens) WITH (fastupdate = off);
