-- +goose Up
-- spec: records.tenant-links
-- "folded" columns hold what is searched, in small letters; databases do not
-- agree on what a small letter is. A deleted row stays, so that what pointed to
-- it can still be named.
CREATE TABLE records_organization (
    company_id BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    folded     TEXT    NOT NULL,
    address    TEXT    NOT NULL,
    website    TEXT    NOT NULL,
    industry   TEXT    NOT NULL,
    owner_id   BIGINT  NOT NULL,
    deleted    BOOLEAN NOT NULL,
    added_at   BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id)
);
CREATE INDEX records_organization_order ON records_organization (company_id, folded, id);

CREATE TABLE records_person (
    company_id BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    folded     TEXT    NOT NULL,
    job_title  TEXT    NOT NULL,
    org_id     BIGINT,
    owner_id   BIGINT  NOT NULL,
    deleted    BOOLEAN NOT NULL,
    added_at   BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, org_id) REFERENCES records_organization (company_id, id)
);
CREATE INDEX records_person_order ON records_person (company_id, folded, id);
CREATE INDEX records_person_org ON records_person (company_id, org_id);

-- Emails and phones of persons, in the order they are shown.
CREATE TABLE records_contact (
    company_id BIGINT  NOT NULL,
    person_id  BIGINT  NOT NULL,
    kind       TEXT    NOT NULL, -- email or phone
    position   BIGINT  NOT NULL,
    label      TEXT    NOT NULL,
    value      TEXT    NOT NULL,
    folded     TEXT    NOT NULL, -- email in small letters; phone as digits
    main       BOOLEAN NOT NULL,
    PRIMARY KEY (company_id, person_id, kind, position),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id)
);
CREATE INDEX records_contact_value ON records_contact (company_id, kind, folded);

CREATE TABLE records_pipeline (
    company_id BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    name       TEXT    NOT NULL,
    position   BIGINT  NOT NULL,
    deleted    BOOLEAN NOT NULL,
    added_at   BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id)
);

CREATE TABLE records_stage (
    company_id  BIGINT  NOT NULL,
    id          BIGINT  NOT NULL,
    pipeline_id BIGINT  NOT NULL,
    name        TEXT    NOT NULL,
    position    BIGINT  NOT NULL,
    probability BIGINT  NOT NULL, -- per cent
    deleted     BOOLEAN NOT NULL,
    added_at    BIGINT  NOT NULL,
    updated_at  BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, pipeline_id) REFERENCES records_pipeline (company_id, id)
);

CREATE TABLE records_deal (
    company_id       BIGINT  NOT NULL,
    id               BIGINT  NOT NULL,
    title            TEXT    NOT NULL,
    folded           TEXT    NOT NULL,
    amount           BIGINT  NOT NULL, -- ten-thousandths of the currency's unit
    currency         TEXT    NOT NULL,
    stage_id         BIGINT  NOT NULL,
    person_id        BIGINT,
    org_id           BIGINT,
    owner_id         BIGINT  NOT NULL,
    status           TEXT    NOT NULL, -- open, won or lost
    lost_reason      TEXT    NOT NULL,
    expected_close   TEXT    NOT NULL, -- YYYY-MM-DD or empty
    deleted          BOOLEAN NOT NULL,
    stage_changed_at BIGINT  NOT NULL,
    closed_at        BIGINT  NOT NULL,
    added_at         BIGINT  NOT NULL,
    updated_at       BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, stage_id) REFERENCES records_stage (company_id, id),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id),
    FOREIGN KEY (company_id, org_id) REFERENCES records_organization (company_id, id)
);
CREATE INDEX records_deal_stage ON records_deal (company_id, stage_id, status);
CREATE INDEX records_deal_person ON records_deal (company_id, person_id);
CREATE INDEX records_deal_org ON records_deal (company_id, org_id);

-- Leads and their labels are known by UUIDs, as on the wire.
CREATE TABLE records_lead (
    company_id     BIGINT  NOT NULL,
    id             TEXT    NOT NULL,
    title          TEXT    NOT NULL,
    folded         TEXT    NOT NULL,
    person_id      BIGINT,
    org_id         BIGINT,
    owner_id       BIGINT  NOT NULL,
    amount         BIGINT  NOT NULL, -- ten-thousandths of the currency's unit
    currency       TEXT    NOT NULL, -- empty: no value is known
    source         TEXT    NOT NULL,
    expected_close TEXT    NOT NULL, -- YYYY-MM-DD or empty
    seen           BOOLEAN NOT NULL,
    archived       BOOLEAN NOT NULL,
    deleted        BOOLEAN NOT NULL,
    added_at       BIGINT  NOT NULL,
    updated_at     BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id),
    FOREIGN KEY (company_id, org_id) REFERENCES records_organization (company_id, id)
);
CREATE INDEX records_lead_order ON records_lead (company_id, added_at);
CREATE INDEX records_lead_person ON records_lead (company_id, person_id);
CREATE INDEX records_lead_org ON records_lead (company_id, org_id);

CREATE TABLE records_label (
    company_id BIGINT NOT NULL,
    id         TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    color      TEXT   NOT NULL, -- green, blue, red, yellow, purple or gray
    added_at   BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    PRIMARY KEY (company_id, id)
);

CREATE TABLE records_lead_label (
    company_id BIGINT NOT NULL,
    lead_id    TEXT   NOT NULL,
    label_id   TEXT   NOT NULL,
    PRIMARY KEY (company_id, lead_id, label_id),
    FOREIGN KEY (company_id, lead_id) REFERENCES records_lead (company_id, id),
    FOREIGN KEY (company_id, label_id) REFERENCES records_label (company_id, id)
);

CREATE TABLE records_note (
    company_id BIGINT  NOT NULL,
    id         BIGINT  NOT NULL,
    content    TEXT    NOT NULL,
    author_id  BIGINT  NOT NULL,
    person_id  BIGINT,
    org_id     BIGINT,
    deal_id    BIGINT,
    lead_id    TEXT,
    deleted    BOOLEAN NOT NULL,
    added_at   BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    PRIMARY KEY (company_id, id),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id),
    FOREIGN KEY (company_id, org_id) REFERENCES records_organization (company_id, id),
    FOREIGN KEY (company_id, deal_id) REFERENCES records_deal (company_id, id),
    FOREIGN KEY (company_id, lead_id) REFERENCES records_lead (company_id, id)
);
CREATE INDEX records_note_person ON records_note (company_id, person_id);
CREATE INDEX records_note_org ON records_note (company_id, org_id);
CREATE INDEX records_note_deal ON records_note (company_id, deal_id);
CREATE INDEX records_note_lead ON records_note (company_id, lead_id);
