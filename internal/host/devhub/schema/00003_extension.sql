-- +goose Up
-- Whether colleagues of who shares an app use its link actions and JSON panels
-- without allowing the app themselves.
ALTER TABLE devhub_app ADD COLUMN extensions_shared BOOLEAN NOT NULL DEFAULT FALSE;

-- What an app adds to the pages. pending rows are the changed copy of an
-- approved public app that waits for its review; they keep the uuid of the row
-- they replace.
CREATE TABLE devhub_extension (
    company_id  BIGINT  NOT NULL,
    id          BIGINT  NOT NULL,
    app_id      BIGINT  NOT NULL,
    uuid        TEXT    NOT NULL,
    pending     BOOLEAN NOT NULL,
    kind        TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    config      TEXT    NOT NULL,
    schema_json TEXT    NOT NULL,
    jwt_sealed  TEXT    NOT NULL,
    auth_sealed TEXT    NOT NULL,
    position    BIGINT  NOT NULL,
    created_at  BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    UNIQUE (uuid, pending),
    FOREIGN KEY (company_id, app_id) REFERENCES devhub_app (company_id, id)
);
CREATE INDEX devhub_extension_app ON devhub_extension (company_id, app_id, pending, position);
