-- The keyed hash that stands for the recipient in kiavi.mail_suppression and in the log, so that taking a letter in
-- hand tells whether it may be sent. NULL in letters of before.
ALTER TABLE kiavi.outbox ADD COLUMN recipient text;
-- What kept the last attempt from delivering it.
ALTER TABLE kiavi.outbox ADD COLUMN fault text;

-- The day (UTC) on which somebody last signed in with a passkey. Better Auth has no column for it, and a day is all
-- that its owner needs to know one that is out of use.
CREATE TABLE kiavi.passkey_use (
  passkey_id text PRIMARY KEY REFERENCES public.passkey (id) ON DELETE CASCADE,
  day date NOT NULL
);
