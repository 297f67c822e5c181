-- +goose Up
-- A personal token is exchanged for an installation once; 0 is not yet.
ALTER TABLE authz_personal ADD COLUMN exchanged_at BIGINT NOT NULL DEFAULT 0;

-- An installation that came by such an exchange waits for its user's consent.
ALTER TABLE authz_installation ADD COLUMN confirmed BOOLEAN NOT NULL DEFAULT TRUE;
