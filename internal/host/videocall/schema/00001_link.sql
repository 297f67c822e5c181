-- +goose Up
-- Users who can make video calls with an app, by the app's own ids.
CREATE TABLE videocall_link (
    company_id BIGINT NOT NULL,
    id         TEXT   NOT NULL, -- UUID, made by the app
    client_id  TEXT   NOT NULL,
    user_id    BIGINT NOT NULL,
    created_at BIGINT NOT NULL,
    PRIMARY KEY (company_id, id)
);
CREATE INDEX videocall_link_user ON videocall_link (company_id, client_id, user_id);
