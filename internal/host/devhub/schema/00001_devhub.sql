-- +goose Up
-- An app as its owner registered it. Installations are another room's matter;
-- they name an app by its client id.
CREATE TABLE devhub_app (
    company_id       BIGINT  NOT NULL,
    id               BIGINT  NOT NULL,
    client_id        TEXT    NOT NULL,
    secret_sealed    TEXT    NOT NULL,
    name             TEXT    NOT NULL,
    summary          TEXT    NOT NULL,
    icon_url         TEXT    NOT NULL,
    callback_url     TEXT    NOT NULL,
    installation_url TEXT    NOT NULL,
    scopes           TEXT    NOT NULL,
    is_public        BOOLEAN NOT NULL,
    is_live          BOOLEAN NOT NULL,
    sharing_enabled  BOOLEAN NOT NULL,
    manifest_raw     BYTEA,
    created_by       BIGINT  NOT NULL,
    created_at       BIGINT  NOT NULL,
    updated_at       BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    UNIQUE (client_id),
    FOREIGN KEY (company_id, created_by) REFERENCES account_user (company_id, id)
);
