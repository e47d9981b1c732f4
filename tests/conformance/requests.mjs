// The table of requests whose answers must be those of the reference server. Each entry is one story of
// a fresh visitor; the last answer is compared. `at` gives { visitor, email, sql } of the server that is
// asked; nothing here may depend on which one that is. What needs further plugins or settings is in groups.mjs.

import { codes } from './requests/codes.mjs';
import { passkeys } from './requests/passkeys.mjs';
import { passwords, sessions, users } from './requests/people.mjs';
import { bodies, origins, redirects, routing } from './requests/protocol.mjs';

export const REQUESTS = { routing, bodies, origins, redirects, sessions, users, passwords, codes, passkeys };
