-- +goose Up
-- The bytes of files and recordings, in parts: no row is large, and neither
-- writing nor reading holds a whole file in memory. Content that nothing uses
-- (an upload that was cut off, a file deleted long ago) is removed by a lane.
CREATE TABLE records_content (
    company_id BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    size       BIGINT  NOT NULL, -- bytes, once it is whole
    free_at    BIGINT  NOT NULL, -- when it may be removed; 0: it is in use
    added_at   BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id)
);

CREATE TABLE records_content_part (
    company_id BIGINT NOT NULL,
    content_id BIGINT NOT NULL,
    position   BIGINT NOT NULL, -- from 0; every part but the last is full
    body       BYTEA  NOT NULL,
    PRIMARY KEY (company_id, content_id, position),
    FOREIGN KEY (company_id, content_id) REFERENCES records_content (company_id, id) ON DELETE CASCADE
);

-- A file on records. Without content_id it is one that another service keeps.
CREATE TABLE records_file (
    company_id      BIGINT  NOT NULL,
    id              BIGINT  NOT NULL,
    user_id         BIGINT  NOT NULL,
    name            TEXT    NOT NULL, -- what people see and may change
    folded          TEXT    NOT NULL,
    file_name       TEXT    NOT NULL, -- unlike that of any other file
    file_type       TEXT    NOT NULL, -- the ending in small letters, or empty
    size            BIGINT  NOT NULL, -- bytes
    description     TEXT    NOT NULL,
    remote_location TEXT    NOT NULL,
    remote_id       TEXT    NOT NULL,
    content_id      BIGINT,
    person_id       BIGINT,
    org_id          BIGINT,
    deal_id         BIGINT,
    lead_id         TEXT,
    activity_id     BIGINT,
    deleted         BOOLEAN NOT NULL,
    deleted_at      BIGINT  NOT NULL, -- 0: it is there
    added_at        BIGINT  NOT NULL,
    updated_at      BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, content_id) REFERENCES records_content (company_id, id),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id),
    FOREIGN KEY (company_id, org_id) REFERENCES records_organization (company_id, id),
    FOREIGN KEY (company_id, deal_id) REFERENCES records_deal (company_id, id),
    FOREIGN KEY (company_id, lead_id) REFERENCES records_lead (company_id, id)
);
CREATE INDEX records_file_updated ON records_file (company_id, updated_at, id);
CREATE INDEX records_file_person ON records_file (company_id, person_id, id);
CREATE INDEX records_file_org ON records_file (company_id, org_id, id);
CREATE INDEX records_file_deal ON records_file (company_id, deal_id, id);
CREATE INDEX records_file_lead ON records_file (company_id, lead_id, id);
CREATE INDEX records_file_content ON records_file (company_id, content_id);
CREATE INDEX records_file_activity ON records_file (company_id, activity_id, id);

-- A telephone call that was logged. Its activity stays when it is deleted.
CREATE TABLE records_call (
    company_id     BIGINT  NOT NULL,
    id             TEXT    NOT NULL, -- 32 hexadecimal digits
    user_id        BIGINT  NOT NULL,
    activity_id    BIGINT  NOT NULL,
    subject        TEXT    NOT NULL,
    duration       TEXT    NOT NULL, -- seconds, or empty
    outcome        TEXT    NOT NULL,
    from_number    TEXT    NOT NULL,
    to_number      TEXT    NOT NULL,
    note           TEXT    NOT NULL, -- HTML
    started_at     BIGINT  NOT NULL,
    ended_at       BIGINT  NOT NULL,
    person_id      BIGINT,
    org_id         BIGINT,
    deal_id        BIGINT,
    lead_id        TEXT,
    recording_id   BIGINT,           -- content
    recording_name TEXT    NOT NULL,
    recording_type TEXT    NOT NULL, -- a media type
    deleted        BOOLEAN NOT NULL,
    deleted_at     BIGINT  NOT NULL, -- 0: it is there
    added_at       BIGINT  NOT NULL,
    updated_at     BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, recording_id) REFERENCES records_content (company_id, id),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id),
    FOREIGN KEY (company_id, org_id) REFERENCES records_organization (company_id, id),
    FOREIGN KEY (company_id, deal_id) REFERENCES records_deal (company_id, id),
    FOREIGN KEY (company_id, lead_id) REFERENCES records_lead (company_id, id)
);
CREATE INDEX records_call_user ON records_call (company_id, user_id, started_at, id);
CREATE INDEX records_call_person ON records_call (company_id, person_id, started_at);
CREATE INDEX records_call_org ON records_call (company_id, org_id, started_at);
CREATE INDEX records_call_deal ON records_call (company_id, deal_id, started_at);
CREATE INDEX records_call_lead ON records_call (company_id, lead_id, started_at);
CREATE INDEX records_call_recording ON records_call (company_id, recording_id);
CREATE INDEX records_call_activity ON records_call (company_id, activity_id);
