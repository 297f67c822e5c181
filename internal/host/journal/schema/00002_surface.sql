-- +goose Up
-- Messages between pages and iframes of apps stand beside the exchanges:
-- direction 'sdk', the kind of message as method, its name as path.
ALTER TABLE exchange ADD COLUMN surface TEXT NOT NULL DEFAULT '';
