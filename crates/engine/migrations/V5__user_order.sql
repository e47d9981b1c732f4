-- The order in which administrators see users when they ask for none.
CREATE INDEX "user_createdAt_id_idx" ON public."user" ("createdAt", id);
