-- +goose Up
-- The picture of a person: which one it is, 0 without, and the secret part of the
-- addresses under which anybody finds it.
ALTER TABLE records_person ADD COLUMN picture_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records_person ADD COLUMN picture_key TEXT NOT NULL DEFAULT '';

-- A person's picture, in two sizes. When it is replaced its row goes, and its bytes
-- are removed by the lane.
CREATE TABLE records_picture (
    company_id   BIGINT NOT NULL,
    id           BIGINT NOT NULL,
    person_id    BIGINT NOT NULL,
    user_id      BIGINT NOT NULL, -- who brought it
    address_key  TEXT   NOT NULL, -- the company, and what nobody can guess
    content_type TEXT   NOT NULL,
    file_size    BIGINT NOT NULL, -- of the upload, in bytes
    small_id     BIGINT NOT NULL, -- content of 128 × 128 pixels
    small_size   BIGINT NOT NULL, -- bytes
    large_id     BIGINT NOT NULL, -- content of 512 × 512 pixels
    large_size   BIGINT NOT NULL,
    added_at     BIGINT NOT NULL,
    PRIMARY KEY (company_id, id),
    UNIQUE (company_id, address_key),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id),
    FOREIGN KEY (company_id, small_id) REFERENCES records_content (company_id, id),
    FOREIGN KEY (company_id, large_id) REFERENCES records_content (company_id, id)
);
CREATE INDEX records_picture_person ON records_picture (company_id, person_id);
CREATE INDEX records_picture_small ON records_picture (company_id, small_id);
CREATE INDEX records_picture_large ON records_picture (company_id, large_id);
