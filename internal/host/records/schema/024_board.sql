-- +goose Up
-- The board finds the newest cards of each stage in the first of these, and counts
-- and adds up the stages from the second alone.
CREATE INDEX records_deal_board ON records_deal (company_id, stage_id, stage_changed_at, id, owner_id, visible_to, status, deleted, archived)
    WHERE status = 'open' AND NOT deleted AND NOT archived;
CREATE INDEX records_deal_worth ON records_deal (company_id, stage_id, currency, amount, owner_id, visible_to, id, status, deleted, archived)
    WHERE status = 'open' AND NOT deleted AND NOT archived;
-- What lists are sorted by.
CREATE INDEX records_deal_title ON records_deal (company_id, folded, id);
CREATE INDEX records_deal_amount ON records_deal (company_id, amount, id);
CREATE INDEX records_deal_expected ON records_deal (company_id, expected_close, id);
CREATE INDEX records_lead_title ON records_lead (company_id, folded, id);
