-- Keys are swept by their end, and sessions in which somebody acts as others end with that somebody. Most rows have
-- neither, so they are in neither index.
CREATE INDEX "apikey_expiresAt_idx" ON public.apikey ("expiresAt") WHERE "expiresAt" IS NOT NULL;
CREATE INDEX "session_impersonatedBy_idx" ON public.session ("impersonatedBy") WHERE "impersonatedBy" IS NOT NULL;
