-- +goose Up
-- The people of an organization are listed by id: with the id behind, the index
-- gives that order, and nothing is read that is not shown.
DROP INDEX records_person_org;
CREATE INDEX records_person_org ON records_person (company_id, org_id, id);
