-- Budgets of guesses: what guards a secret that could be guessed survives a crash of the server, unlike
-- kiavi.rate_limit. A use is written in a transaction that writes anyway.
CREATE TABLE kiavi.guess_budget (
  key bytea PRIMARY KEY,
  arrival timestamptz NOT NULL
);
CREATE INDEX guess_budget_arrival_idx ON kiavi.guess_budget (arrival);
