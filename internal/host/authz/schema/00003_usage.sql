-- +goose Up
-- What a company's calls have taken from its budget of one UTC day, in tokens.
-- Counts are kept in memory and added here every few seconds.
CREATE TABLE authz_usage (
    company_id BIGINT NOT NULL,
    day        TEXT   NOT NULL,
    tokens     BIGINT NOT NULL,
    PRIMARY KEY (company_id, day),
    FOREIGN KEY (company_id) REFERENCES account_company (company_id)
);
