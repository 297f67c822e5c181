-- +goose Up
-- What a user made of the apps' windows: pinned_at is 0 for an app that is not
-- pinned to the dock, width is 0 for a window that was never moved. Pixels.
CREATE TABLE extension_dock (
    company_id BIGINT NOT NULL,
    user_id    BIGINT NOT NULL,
    client_id  TEXT   NOT NULL,
    pinned_at  BIGINT NOT NULL,
    x          BIGINT NOT NULL,
    y          BIGINT NOT NULL,
    width      BIGINT NOT NULL,
    height     BIGINT NOT NULL,
    PRIMARY KEY (company_id, user_id, client_id)
);
-- How a user arranged the panels of a details view.
CREATE TABLE extension_panel (
    company_id     BIGINT  NOT NULL,
    user_id        BIGINT  NOT NULL,
    view           TEXT    NOT NULL,
    extension_uuid TEXT    NOT NULL,
    position       BIGINT  NOT NULL,
    collapsed      BOOLEAN NOT NULL,
    hidden         BOOLEAN NOT NULL,
    PRIMARY KEY (company_id, user_id, view, extension_uuid)
);
