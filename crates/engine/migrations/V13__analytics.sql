-- Figures: what the audit log tells, counted. All of it can be made anew from the log, except `activity_zone`, without
-- which a day of the past would not begin when it began. People are counted under their names in the log, which
-- outlive them, so nobody's erasure changes a figure.

-- Who was there on which day.
CREATE TABLE kiavi.activity (
  day date NOT NULL,
  subject uuid NOT NULL,
  PRIMARY KEY (day, subject)
);

-- The last day of each: who was there in the days up to today is one end of this index.
CREATE TABLE kiavi.activity_last (
  subject uuid PRIMARY KEY,
  day date NOT NULL
);
CREATE INDEX activity_last_day_idx ON kiavi.activity_last (day);

-- How many were active on a day that is over, in the 7 days up to it and in the 30 days up to it. Kept once it was asked
-- for, until something late changes it.
CREATE TABLE kiavi.activity_day (
  day date PRIMARY KEY,
  dau bigint NOT NULL,
  wau bigint NOT NULL,
  mau bigint NOT NULL
);

-- What is counted by events: `metric` by `key`.
CREATE TABLE kiavi.activity_count (
  day date NOT NULL,
  metric text NOT NULL,
  key text NOT NULL,
  count bigint NOT NULL,
  PRIMARY KEY (day, metric, key)
);

-- From when on days begin and end by which clock. `first_day`: no day before it is counted from then on, so that a day
-- does not come again where a zone is changed to one in the west.
CREATE TABLE kiavi.activity_zone (
  since timestamptz PRIMARY KEY,
  zone text NOT NULL,
  first_day date NOT NULL
);

-- Events up to `seq` are counted, but for the numbers of `activity_gap`: they were not there when their turn came. A
-- transaction may still bring them; after a day nothing will.
CREATE TABLE kiavi.activity_progress (
  is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
  seq bigint NOT NULL
);
INSERT INTO kiavi.activity_progress (seq) VALUES (0);
CREATE TABLE kiavi.activity_gap (
  seq bigint PRIMARY KEY,
  since timestamptz NOT NULL DEFAULT now()
);
