-- +goose Up
-- draft, in_review, unpublished, live, deleted
ALTER TABLE devhub_app ADD COLUMN status TEXT NOT NULL DEFAULT 'draft';
UPDATE devhub_app SET status = 'live' WHERE is_live;
ALTER TABLE devhub_app DROP COLUMN is_live;
ALTER TABLE devhub_app ADD COLUMN review_note TEXT NOT NULL DEFAULT '';
ALTER TABLE devhub_app ADD COLUMN submitted_at BIGINT NOT NULL DEFAULT 0;

-- The critical fields of an approved public app as they shall become. Its
-- extensions are the pending rows of devhub_extension.
CREATE TABLE devhub_pending (
    company_id   BIGINT NOT NULL,
    app_id       BIGINT NOT NULL,
    body         TEXT   NOT NULL,
    state        TEXT   NOT NULL,
    review_note  TEXT   NOT NULL,
    submitted_at BIGINT NOT NULL,
    updated_at   BIGINT NOT NULL,
    PRIMARY KEY (company_id, app_id),
    FOREIGN KEY (company_id, app_id) REFERENCES devhub_app (company_id, id)
);
