-- +goose Up
-- What people read before they install, and the manifest of video calls.
ALTER TABLE devhub_app ADD COLUMN description TEXT NOT NULL DEFAULT '';
ALTER TABLE devhub_app ADD COLUMN category TEXT NOT NULL DEFAULT '';
ALTER TABLE devhub_app ADD COLUMN support_url TEXT NOT NULL DEFAULT '';
ALTER TABLE devhub_app ADD COLUMN legal_url TEXT NOT NULL DEFAULT '';
ALTER TABLE devhub_app ADD COLUMN contact_email TEXT NOT NULL DEFAULT '';
ALTER TABLE devhub_app ADD COLUMN video_manifest_raw BYTEA;
-- The hash of the uploaded icon, '' without one.
ALTER TABLE devhub_app ADD COLUMN icon_hash TEXT NOT NULL DEFAULT '';
-- How the last call to the callback URL went; checked_at is 0 before the first.
ALTER TABLE devhub_app ADD COLUMN check_text TEXT NOT NULL DEFAULT '';
ALTER TABLE devhub_app ADD COLUMN check_ok BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE devhub_app ADD COLUMN checked_at BIGINT NOT NULL DEFAULT 0;

CREATE TABLE devhub_icon (
    company_id   BIGINT NOT NULL,
    app_id       BIGINT NOT NULL,
    content_type TEXT   NOT NULL,
    body         BYTEA  NOT NULL,
    PRIMARY KEY (company_id, app_id),
    FOREIGN KEY (company_id, app_id) REFERENCES devhub_app (company_id, id)
);
