-- +goose Up
-- A video that people can watch before they install, '' without one.
ALTER TABLE devhub_app ADD COLUMN video_url TEXT NOT NULL DEFAULT '';

-- The pictures of an app's listing.
CREATE TABLE devhub_image (
    company_id   BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    app_id       BIGINT NOT NULL,
    position     BIGINT NOT NULL, -- the order in which they are shown
    alt          TEXT   NOT NULL, -- what is to be seen, in words
    hash         TEXT   NOT NULL, -- of the bytes
    content_type TEXT   NOT NULL,
    width        BIGINT NOT NULL, -- pixels
    height       BIGINT NOT NULL,
    body         BYTEA  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, app_id) REFERENCES devhub_app (company_id, id)
);
CREATE INDEX devhub_image_app ON devhub_image (company_id, app_id, position);
