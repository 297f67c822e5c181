-- +goose Up
-- Things to do and done: activities, their kinds, and what is said on notes.
CREATE TABLE records_activity_type (
    company_id BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    key_string TEXT    NOT NULL, -- what activities name it by; it never changes
    name       TEXT    NOT NULL,
    icon       TEXT    NOT NULL,
    color      TEXT    NOT NULL, -- six hexadecimal digits, or empty
    position   BIGINT  NOT NULL,
    custom     BOOLEAN NOT NULL, -- made by the company
    deleted    BOOLEAN NOT NULL,
    added_at   BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    UNIQUE (company_id, key_string)
);

CREATE TABLE records_activity (
    company_id         BIGINT  NOT NULL,
    id                 BIGINT  NOT NULL,
    subject            TEXT    NOT NULL,
    type               TEXT    NOT NULL, -- key_string of its type
    owner_id           BIGINT  NOT NULL,
    creator_id         BIGINT  NOT NULL,
    updater_id         BIGINT  NOT NULL, -- 0: nobody yet
    person_id          BIGINT, -- the main participant
    org_id             BIGINT,
    deal_id            BIGINT,
    lead_id            TEXT,
    due_date           TEXT    NOT NULL, -- YYYY-MM-DD or empty
    due_time           TEXT    NOT NULL, -- HH:MM:SS in UTC, or empty: the whole day
    duration           TEXT    NOT NULL, -- HH:MM:SS or empty
    busy               TEXT    NOT NULL, -- busy, free or empty
    done               BOOLEAN NOT NULL,
    done_at            BIGINT  NOT NULL,
    location           TEXT    NOT NULL, -- JSON, or empty
    public_description TEXT    NOT NULL,
    note               TEXT    NOT NULL, -- HTML
    priority           BIGINT  NOT NULL, -- 0: none
    meeting_client     TEXT    NOT NULL, -- of a video call
    meeting_url        TEXT    NOT NULL,
    meeting_id         TEXT    NOT NULL,
    deleted            BOOLEAN NOT NULL,
    deleted_at         BIGINT  NOT NULL,
    added_at           BIGINT  NOT NULL,
    updated_at         BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id),
    FOREIGN KEY (company_id, org_id) REFERENCES records_organization (company_id, id),
    FOREIGN KEY (company_id, deal_id) REFERENCES records_deal (company_id, id),
    FOREIGN KEY (company_id, lead_id) REFERENCES records_lead (company_id, id)
);
CREATE INDEX records_activity_owner ON records_activity (company_id, owner_id, done, due_date);
CREATE INDEX records_activity_person ON records_activity (company_id, person_id);
CREATE INDEX records_activity_org ON records_activity (company_id, org_id);
CREATE INDEX records_activity_deal ON records_activity (company_id, deal_id);
CREATE INDEX records_activity_lead ON records_activity (company_id, lead_id);
CREATE INDEX records_activity_due ON records_activity (company_id, due_date, id);
CREATE INDEX records_activity_updated ON records_activity (company_id, updated_at, id);

-- Persons who take part, in the order in which they were named.
CREATE TABLE records_activity_participant (
    company_id  BIGINT  NOT NULL,
    activity_id BIGINT  NOT NULL,
    person_id   BIGINT  NOT NULL,
    position    BIGINT  NOT NULL,
    main        BOOLEAN NOT NULL,
    PRIMARY KEY (company_id, activity_id, person_id),
    FOREIGN KEY (company_id, activity_id) REFERENCES records_activity (company_id, id),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id)
);
CREATE INDEX records_activity_participant_person ON records_activity_participant (company_id, person_id);

-- Whoever is invited, known to the company or not.
CREATE TABLE records_activity_attendee (
    company_id  BIGINT  NOT NULL,
    activity_id BIGINT  NOT NULL,
    position    BIGINT  NOT NULL,
    email       TEXT    NOT NULL,
    name        TEXT    NOT NULL,
    status      TEXT    NOT NULL,
    organizer   BOOLEAN NOT NULL,
    person_id   BIGINT,
    user_id     BIGINT  NOT NULL, -- 0: not a user
    PRIMARY KEY (company_id, activity_id, position),
    FOREIGN KEY (company_id, activity_id) REFERENCES records_activity (company_id, id),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id)
);

ALTER TABLE records_note ADD COLUMN updater_id BIGINT NOT NULL DEFAULT 0; -- 0: nobody yet
ALTER TABLE records_note ADD COLUMN pinned_person BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE records_note ADD COLUMN pinned_org BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE records_note ADD COLUMN pinned_deal BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE records_note ADD COLUMN pinned_lead BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE records_note ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;
CREATE INDEX records_note_updated ON records_note (company_id, updated_at, id);

CREATE TABLE records_comment (
    company_id BIGINT  NOT NULL,
    id         TEXT    NOT NULL, -- a UUID
    note_id    BIGINT  NOT NULL,
    content    TEXT    NOT NULL,
    author_id  BIGINT  NOT NULL,
    updater_id BIGINT  NOT NULL, -- 0: nobody yet
    deleted    BOOLEAN NOT NULL,
    added_at   BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, note_id) REFERENCES records_note (company_id, id)
);
CREATE INDEX records_comment_note ON records_comment (company_id, note_id, added_at);
