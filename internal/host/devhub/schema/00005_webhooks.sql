-- +goose Up
-- The webhooks that an app declares, as they were uploaded; sealed, because they
-- may hold passwords. Empty: none.
ALTER TABLE devhub_app ADD COLUMN webhooks_sealed TEXT NOT NULL DEFAULT '';
