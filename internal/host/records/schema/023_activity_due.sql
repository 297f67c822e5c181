-- +goose Up
-- Lists of activities are sorted by when they are due, what has no day behind what
-- has one. With that order in the index nothing is read that is not shown.
DROP INDEX records_activity_owner;
CREATE INDEX records_activity_owner ON records_activity (company_id, owner_id, done, (CASE WHEN due_date = '' THEN '9' ELSE due_date || due_time END), id);
CREATE INDEX records_activity_done ON records_activity (company_id, done, (CASE WHEN due_date = '' THEN '9' ELSE due_date || due_time END), id);
