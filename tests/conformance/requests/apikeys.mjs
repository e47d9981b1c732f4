// API keys: the plugin @better-auth/api-key.

import { SESSION_COOKIE } from '../../lib/visitor.mjs';
import { FOREIGN, gives, signedIn } from './story.mjs';

const create = (visitor, body = {}) => visitor.post('/api-key/create', body);
const creates = (body) => signedIn(({ visitor }) => create(visitor, body));

/** Somebody with a key: `key` is the answer to its creation. */
const withKey = (body, story) =>
  signedIn(async (at) => {
    const answer = await create(at.visitor, body);
    if (answer.status !== 200) return answer;
    return story({ ...at, key: answer.json });
  });

/** Another person who knows the id of the key. */
const withForeignKey = (story) =>
  withKey({}, async (at) => {
    const stranger = at.visitor.another();
    await stranger.signInByCode(`stranger.${at.email}`);
    return story({ ...at, visitor: stranger });
  });

/** Changes the row of a key. */
const row = ({ sql, key }, assignment) => sql(`update apikey set ${assignment} where id = $1`, [key.id]);

const SERVER_ONLY = {
  remaining: 5,
  refillAmount: 1,
  refillInterval: 1000,
  rateLimitMax: 5,
  rateLimitTimeWindow: 1000,
  rateLimitEnabled: false,
  permissions: { project: ['read'] },
};
const DAY = 86_400;

export const apiKeys = {
  'create of nobody': gives(401, 'UNAUTHORIZED_SESSION', ({ visitor }) => create(visitor)),
  'create': gives(200, { 'body.key': '<64 letters>', 'body.start': '<6 letters>' }, creates({})),
  'create with everything': gives(
    200,
    { 'body.key': 'acme_<64 letters>', 'body.start': 'acme_<1 letters>', 'body.expiresAt': '<time>' },
    creates({ name: 'CI', prefix: 'acme_', expiresIn: DAY }),
  ),
  'create without an end': gives(200, { 'body.expiresAt': null }, creates({ expiresIn: null })),
  'create, too short a life': gives(400, 'EXPIRES_IN_IS_TOO_SMALL', creates({ expiresIn: DAY - 1 })),
  'create, too long a life': gives(400, 'EXPIRES_IN_IS_TOO_LARGE', creates({ expiresIn: 366 * DAY })),
  'create, no life': gives(400, 'VALIDATION_ERROR', creates({ expiresIn: 0 })),
  'create, an odd prefix': gives(400, 'VALIDATION_ERROR', creates({ prefix: 'a b' })),
  'create, too long a prefix': gives(400, 'INVALID_PREFIX_LENGTH', creates({ prefix: 'a'.repeat(33) })),
  'create, too long a name': gives(400, 'INVALID_NAME_LENGTH', creates({ name: 'a'.repeat(33) })),
  'create, a number as name': gives(400, 'VALIDATION_ERROR', creates({ name: 1 })),
  'create with metadata': gives(400, 'METADATA_DISABLED', creates({ metadata: { plan: 'gold' } })),
  'create for somebody else': gives(401, 'UNAUTHORIZED_SESSION', creates({ userId: 'x' })),
  'create, unknown keys': gives(200, creates({ unknown: 1 })),
  'create from a foreign page': gives(
    403,
    'INVALID_ORIGIN',
    signedIn(({ visitor }) => visitor.post('/api-key/create', {}, { headers: { origin: FOREIGN } })),
  ),
  ...Object.fromEntries(
    Object.entries(SERVER_ONLY).map(([field, value]) => [
      `create with ${field}`,
      gives(400, 'SERVER_ONLY_PROPERTY', creates({ [field]: value })),
    ]),
  ),
  'get of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.get('/api-key/get?id=x')),
  'get': gives(
    200,
    { 'body.key': undefined, 'body.name': 'CI' },
    withKey({ name: 'CI' }, ({ visitor, key }) => visitor.get(`/api-key/get?id=${key.id}`)),
  ),
  'get, unknown': gives(404, 'KEY_NOT_FOUND', signedIn(({ visitor }) => visitor.get('/api-key/get?id=unknown'))),
  'get without an id': gives(400, 'VALIDATION_ERROR', signedIn(({ visitor }) => visitor.get('/api-key/get'))),
  'get, somebody else’s': gives(
    404,
    'KEY_NOT_FOUND',
    withForeignKey(({ visitor, key }) => visitor.get(`/api-key/get?id=${key.id}`)),
  ),
  'get by a configuration that does not exist': gives(
    200,
    { 'body.configId': 'default' },
    withKey({}, ({ visitor, key }) => visitor.get(`/api-key/get?id=${key.id}&configId=other`)),
  ),
  'list of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.get('/api-key/list')),
  'list of none': gives(200, { 'body.total': 0 }, signedIn(({ visitor }) => visitor.get('/api-key/list'))),
  'list': gives(
    200,
    { 'body.total': 2, 'body.apiKeys.0.name': 'a' },
    withKey({ name: 'b' }, async ({ visitor }) => {
      await create(visitor, { name: 'a' });
      return visitor.get('/api-key/list?sortBy=name');
    }),
  ),
  'list, second page': gives(
    200,
    { 'body.total': 2, 'body.limit': 1, 'body.offset': 1, 'body.apiKeys.0.name': 'a' },
    withKey({ name: 'b' }, async ({ visitor }) => {
      await create(visitor, { name: 'a' });
      return visitor.get('/api-key/list?sortBy=name&sortDirection=desc&limit=1&offset=1');
    }),
  ),
  'list shows only one’s own': gives(
    200,
    { 'body.total': 0 },
    withForeignKey(({ visitor }) => visitor.get('/api-key/list')),
  ),
  'update of nobody': gives(401, 'UNAUTHORIZED_SESSION', ({ visitor }) =>
    visitor.post('/api-key/update', { keyId: 'x', name: 'CI' }),
  ),
  'update': gives(
    200,
    { 'body.name': 'Deploy', 'body.enabled': false, 'body.expiresAt': '<time>' },
    withKey({ name: 'CI' }, ({ visitor, key }) =>
      visitor.post('/api-key/update', {
        keyId: key.id,
        name: 'Deploy',
        enabled: false,
        expiresIn: DAY,
      }),
    ),
  ),
  'update, no end any more': gives(
    200,
    { 'body.expiresAt': null },
    withKey({ expiresIn: DAY }, ({ visitor, key }) =>
      visitor.post('/api-key/update', { keyId: key.id, expiresIn: null }),
    ),
  ),
  'update, nothing': gives(
    400,
    'NO_VALUES_TO_UPDATE',
    withKey({}, ({ visitor, key }) => visitor.post('/api-key/update', { keyId: key.id })),
  ),
  'update, too short a life': gives(
    400,
    'EXPIRES_IN_IS_TOO_SMALL',
    withKey({}, ({ visitor, key }) => visitor.post('/api-key/update', { keyId: key.id, expiresIn: 60 })),
  ),
  'update, too long a name': gives(
    400,
    'INVALID_NAME_LENGTH',
    withKey({}, ({ visitor, key }) => visitor.post('/api-key/update', { keyId: key.id, name: 'a'.repeat(33) })),
  ),
  'update of what the server decides': gives(
    400,
    'SERVER_ONLY_PROPERTY',
    withKey({}, ({ visitor, key }) => visitor.post('/api-key/update', { keyId: key.id, remaining: 100 })),
  ),
  'update, unknown': gives(
    404,
    'KEY_NOT_FOUND',
    signedIn(({ visitor }) => visitor.post('/api-key/update', { keyId: 'unknown', name: 'CI' })),
  ),
  'update, somebody else’s': gives(
    404,
    'KEY_NOT_FOUND',
    withForeignKey(({ visitor, key }) => visitor.post('/api-key/update', { keyId: key.id, name: 'Mine' })),
  ),
  'delete of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.post('/api-key/delete', { keyId: 'x' })),
  'delete': gives(
    200,
    { 'body.success': true },
    withKey({}, ({ visitor, key }) => visitor.post('/api-key/delete', { keyId: key.id })),
  ),
  'delete, twice': gives(
    404,
    'KEY_NOT_FOUND',
    withKey({}, async ({ visitor, key }) => {
      await visitor.post('/api-key/delete', { keyId: key.id });
      return visitor.post('/api-key/delete', { keyId: key.id });
    }),
  ),
  'delete, unknown': gives(
    404,
    'KEY_NOT_FOUND',
    signedIn(({ visitor }) => visitor.post('/api-key/delete', { keyId: 'unknown' })),
  ),
  'delete, somebody else’s': gives(
    404,
    'KEY_NOT_FOUND',
    withForeignKey(({ visitor, key }) => visitor.post('/api-key/delete', { keyId: key.id })),
  ),
  'verify is not for the network': gives(404, ({ visitor }) => visitor.post('/api-key/verify', { key: 'x' })),
  'nor is the sweep': gives(404, ({ visitor }) => visitor.post('/api-key/delete-all-expired-api-keys')),
};

/** Where owners may attach data of their own. */
export const apiKeyMetadata = {
  'create': gives(
    200,
    { 'body.metadata.plan': 'gold', 'body.metadata.limits.1': 2 },
    creates({ metadata: { plan: 'gold', limits: [1, 2] } }),
  ),
  'create, nothing in it': gives(200, creates({ metadata: {} })),
  'create, no object': gives(400, 'INVALID_METADATA_TYPE', creates({ metadata: 'gold' })),
  'create, null': gives(200, { 'body.metadata': null }, creates({ metadata: null })),
  'get': gives(
    200,
    { 'body.metadata.plan': 'gold' },
    withKey({ metadata: { plan: 'gold' } }, ({ visitor, key }) => visitor.get(`/api-key/get?id=${key.id}`)),
  ),
  'list': gives(
    200,
    { 'body.apiKeys.0.metadata.plan': 'gold' },
    withKey({ metadata: { plan: 'gold' } }, ({ visitor }) => visitor.get('/api-key/list')),
  ),
  'update': gives(
    200,
    { 'body.metadata.plan': undefined, 'body.metadata.team': 'a' },
    withKey({ metadata: { plan: 'gold' } }, ({ visitor, key }) =>
      visitor.post('/api-key/update', { keyId: key.id, metadata: { team: 'a' } }),
    ),
  ),
  'update, no object': gives(
    400,
    'INVALID_METADATA_TYPE',
    withKey({}, ({ visitor, key }) => visitor.post('/api-key/update', { keyId: key.id, metadata: 'gold' })),
  ),
};

/** A request that shows a key, from a browser without cookies. */
const shows = (at, key, path = '/get-session', headers = {}) =>
  at.visitor.another().get(path, { headers: { 'x-api-key': key, ...headers } });
const showing = (body, change, path) =>
  withKey(body, async (at) => {
    if (change) await row(at, change);
    return shows(at, at.key.key, path);
  });

export const apiKeySessions = {
  'get-session by key': gives(200, { 'body.user.email': '<email>', cookies: [] }, showing({})),
  'get-session by a key with an end': gives(200, { 'body.session.expiresAt': '<time>' }, showing({ expiresIn: DAY })),
  'a key that is too short': gives(403, 'INVALID_API_KEY', (at) => shows(at, 'short')),
  'a key that nobody has': gives(401, 'INVALID_API_KEY', (at) => shows(at, 'a'.repeat(64))),
  'a key that is switched off': gives(401, 'KEY_DISABLED', showing({}, 'enabled = false')),
  'a key that has expired': gives(401, 'KEY_EXPIRED', showing({}, `"expiresAt" = now() - interval '1 second'`)),
  'a key that was deleted': gives(
    401,
    'INVALID_API_KEY',
    withKey({}, async (at) => {
      await at.visitor.post('/api-key/delete', { keyId: at.key.id });
      return shows(at, at.key.key);
    }),
  ),
  'a key whose owner is gone': gives(
    401,
    'INVALID_REFERENCE_ID_FROM_API_KEY',
    showing({}, `"referenceId" = 'unknown'`),
  ),
  'the last use of a key': gives(200, showing({}, 'remaining = 1')),
  'one use more': gives(
    429,
    'USAGE_EXCEEDED',
    withKey({}, async (at) => {
      await row(at, 'remaining = 1');
      await shows(at, at.key.key);
      return shows(at, at.key.key);
    }),
  ),
  'a key without uses, refilled': gives(
    200,
    showing(
      {},
      `remaining = 0, "refillAmount" = 5, "refillInterval" = 1000,
       "lastRefillAt" = date_trunc('milliseconds', now()) - interval '1 minute'`,
    ),
  ),
  'a key without uses, not yet refilled': gives(
    429,
    'USAGE_EXCEEDED',
    showing(
      {},
      `remaining = 0, "refillAmount" = 5, "refillInterval" = 100000,
       "lastRefillAt" = date_trunc('milliseconds', now())`,
    ),
  ),
  'a key that is used too often': gives(
    429,
    'RATE_LIMITED',
    showing({}, `"rateLimitMax" = 3, "requestCount" = 3, "lastRequest" = date_trunc('milliseconds', now())`),
  ),
  'a key whose window is over': gives(
    200,
    showing(
      {},
      `"rateLimitMax" = 3, "requestCount" = 3, "rateLimitTimeWindow" = 1000, "lastRequest" = now() - interval '2 s'`,
    ),
  ),
  'a key without a limit': gives(
    200,
    showing({}, `"rateLimitEnabled" = false, "rateLimitMax" = 3, "requestCount" = 3, "lastRequest" = now()`),
  ),
  'a key wins over a cookie': gives(
    200,
    { 'body.user.email': '<email>' },
    withKey({}, async (at) => {
      const other = at.visitor.another();
      await other.signInByCode(`other.${at.email}`);
      return other.get('/get-session', { headers: { 'x-api-key': at.key.key } });
    }),
  ),
  'a wrong key and a cookie': gives(
    401,
    'INVALID_API_KEY',
    signedIn(({ visitor }) => visitor.get('/get-session', { headers: { 'x-api-key': 'a'.repeat(64) } })),
  ),
  'what needs a session': gives(200, showing({}, undefined, '/passkey/list-user-passkeys')),
  'what needs a session of the database': gives(
    401,
    withKey({}, (at) =>
      at.visitor.another().post('/revoke-sessions', {}, { headers: { 'x-api-key': at.key.key } }),
    ),
  ),
  'a key makes a key': gives(
    200,
    { 'body.key': '<64 letters>' },
    withKey({}, (at) => at.visitor.another().post('/api-key/create', {}, { headers: { 'x-api-key': at.key.key } })),
  ),
  'a key needs no origin': gives(
    200,
    withKey({}, (at) =>
      at.visitor.another().post('/update-user', { name: 'Ada' }, {
        headers: { 'x-api-key': at.key.key, origin: undefined },
      }),
    ),
  ),
  'a key is not a cookie': gives(
    200,
    { body: null },
    withKey({}, (at) => {
      const other = at.visitor.another();
      other.jar.set(SESSION_COOKIE, at.key.key);
      return other.get('/get-session');
    }),
  ),
};
