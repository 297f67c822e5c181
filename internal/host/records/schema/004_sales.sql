-- +goose Up
-- What apps may know and say of deals, leads, pipelines and stages.
ALTER TABLE records_deal ADD COLUMN creator_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records_deal ADD COLUMN probability BIGINT; -- per cent; null: the stage's
ALTER TABLE records_deal ADD COLUMN visible_to BIGINT NOT NULL DEFAULT 3;
ALTER TABLE records_deal ADD COLUMN label_ids TEXT NOT NULL DEFAULT '[]'; -- JSON list of option ids
ALTER TABLE records_deal ADD COLUMN custom TEXT NOT NULL DEFAULT '{}'; -- JSON object by the fields' keys
ALTER TABLE records_deal ADD COLUMN origin TEXT NOT NULL DEFAULT 'ManuallyCreated';
ALTER TABLE records_deal ADD COLUMN origin_id TEXT NOT NULL DEFAULT '';
ALTER TABLE records_deal ADD COLUMN channel BIGINT NOT NULL DEFAULT 0; -- 0: none
ALTER TABLE records_deal ADD COLUMN channel_id TEXT NOT NULL DEFAULT '';
ALTER TABLE records_deal ADD COLUMN lead_id TEXT NOT NULL DEFAULT ''; -- the lead it was made from
ALTER TABLE records_deal ADD COLUMN archived BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE records_deal ADD COLUMN archived_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records_deal ADD COLUMN won_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records_deal ADD COLUMN lost_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records_deal ADD COLUMN first_won_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records_deal ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;
UPDATE records_deal SET won_at = closed_at, first_won_at = closed_at WHERE status = 'won';
UPDATE records_deal SET lost_at = closed_at WHERE status = 'lost';
UPDATE records_deal SET creator_id = owner_id;
UPDATE records_deal SET deleted_at = updated_at WHERE deleted;
CREATE INDEX records_deal_added ON records_deal (company_id, added_at, id);
CREATE INDEX records_deal_updated ON records_deal (company_id, updated_at, id);
CREATE INDEX records_deal_owner ON records_deal (company_id, owner_id, id);
CREATE INDEX records_deal_status ON records_deal (company_id, status, id);
CREATE INDEX records_deal_archived ON records_deal (company_id, id) WHERE archived;
CREATE INDEX records_deal_deleted ON records_deal (company_id, deleted_at) WHERE deleted;

ALTER TABLE records_lead ADD COLUMN creator_id BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records_lead ADD COLUMN visible_to BIGINT NOT NULL DEFAULT 3;
ALTER TABLE records_lead ADD COLUMN custom TEXT NOT NULL DEFAULT '{}'; -- by the keys of the deals' fields
ALTER TABLE records_lead ADD COLUMN origin TEXT NOT NULL DEFAULT 'ManuallyCreated';
ALTER TABLE records_lead ADD COLUMN origin_id TEXT NOT NULL DEFAULT '';
ALTER TABLE records_lead ADD COLUMN channel BIGINT NOT NULL DEFAULT 0; -- 0: none
ALTER TABLE records_lead ADD COLUMN channel_id TEXT NOT NULL DEFAULT '';
ALTER TABLE records_lead ADD COLUMN deal_id BIGINT NOT NULL DEFAULT 0; -- the deal it was made from
ALTER TABLE records_lead ADD COLUMN archived_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records_lead ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;
UPDATE records_lead SET creator_id = owner_id;
UPDATE records_lead SET deleted_at = updated_at WHERE deleted;
CREATE INDEX records_lead_added ON records_lead (company_id, added_at, id);
CREATE INDEX records_lead_updated ON records_lead (company_id, updated_at, id);
CREATE INDEX records_lead_owner ON records_lead (company_id, owner_id, added_at, id);
CREATE INDEX records_lead_label_of ON records_lead_label (company_id, label_id);

ALTER TABLE records_pipeline ADD COLUMN probability_on BOOLEAN NOT NULL DEFAULT TRUE; -- deals are weighted
ALTER TABLE records_pipeline ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;
ALTER TABLE records_stage ADD COLUMN rot_on BOOLEAN NOT NULL DEFAULT FALSE;
ALTER TABLE records_stage ADD COLUMN rot_days BIGINT NOT NULL DEFAULT 0; -- 0: none said
ALTER TABLE records_stage ADD COLUMN deleted_at BIGINT NOT NULL DEFAULT 0;

-- Persons who take part in a deal. The deal's own person is among them.
CREATE TABLE records_participant (
    company_id BIGINT NOT NULL,
    id         BIGINT NOT NULL,
    deal_id    BIGINT NOT NULL,
    person_id  BIGINT NOT NULL,
    added_by   BIGINT NOT NULL, -- user
    added_at   BIGINT NOT NULL,
    PRIMARY KEY (company_id, id),
    UNIQUE (company_id, deal_id, person_id),
    FOREIGN KEY (company_id, deal_id) REFERENCES records_deal (company_id, id),
    FOREIGN KEY (company_id, person_id) REFERENCES records_person (company_id, id)
);
CREATE INDEX records_participant_person ON records_participant (company_id, person_id);

-- Leads that became deals and deals that became leads, and how it went.
CREATE TABLE records_conversion (
    company_id BIGINT NOT NULL,
    id         TEXT   NOT NULL, -- UUID
    kind       TEXT   NOT NULL, -- what is converted: lead or deal
    lead_id    TEXT   NOT NULL,
    deal_id    BIGINT NOT NULL,
    status     TEXT   NOT NULL, -- completed or rejected
    added_at   BIGINT NOT NULL,
    PRIMARY KEY (company_id, id)
);
