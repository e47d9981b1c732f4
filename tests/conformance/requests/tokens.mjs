// Sessions that travel: JWTs, one-time tokens, links by mail, several sessions in one browser.

import { SESSION_COOKIE } from '../../lib/visitor.mjs';
import { FOREIGN, gives, session, signedIn, user, withPasskey } from './story.mjs';

export const tokens = {
  'token of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.get('/token')),
  'token': gives(200, signedIn(({ visitor }) => visitor.get('/token'))),
  'token by POST': gives(404, signedIn(({ visitor }) => visitor.post('/token'))),
  'token of an expired session': gives(
    401,
    'UNAUTHORIZED',
    signedIn(async (at) => {
      await session(`"expiresAt" = now() - interval '1 second'`)(at);
      return at.visitor.get('/token');
    }),
  ),
  'jwks': gives(
    200,
    { 'body.keys.0.alg': 'EdDSA', 'body.keys.0.crv': 'Ed25519', 'body.keys.0.kty': 'OKP', 'body.keys.1': undefined },
    ({ visitor }) => visitor.get('/jwks'),
  ),
  'jwks by POST': gives(404, ({ visitor }) => visitor.post('/jwks')),
  'jwks names the key of a token': gives(
    200,
    signedIn(async ({ visitor }) => {
      const { token } = (await visitor.get('/token')).json;
      const { kid } = JSON.parse(Buffer.from(token.split('.')[0], 'base64url'));
      const answer = await visitor.get('/jwks');
      answer.text = JSON.stringify({ isThere: answer.json.keys.some((key) => key.kid === kid) });
      return answer;
    }),
  ),
  'get-session tells a token': gives(
    200,
    { 'access-control-expose-headers': 'set-auth-jwt' },
    signedIn(({ visitor }) => visitor.get('/get-session')),
  ),
  'get-session of nobody tells none': gives(200, { 'set-auth-jwt': undefined }, ({ visitor }) =>
    visitor.get('/get-session'),
  ),
  'signing is not for the network': gives(404, signedIn(({ visitor }) => visitor.post('/sign-jwt', { payload: {} }))),
  'nor is verifying': gives(404, signedIn(({ visitor }) => visitor.post('/verify-jwt', { token: 'x' }))),
};

/** Where a token says all that Better Auth's does. */
export const fullTokens = {
  token: tokens.token,
  'get-session tells a token': tokens['get-session tells a token'],
};

const oneTimeToken = async ({ visitor }) => (await visitor.get('/one-time-token/generate')).json.token;

export const oneTimeTokens = {
  'generate of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.get('/one-time-token/generate')),
  'generate': gives(
    200,
    { 'body.token': '<32 characters>' },
    signedIn(({ visitor }) => visitor.get('/one-time-token/generate')),
  ),
  'verify': gives(
    200,
    { 'body.user.email': '<email>' },
    signedIn(async (at) => at.visitor.another().post('/one-time-token/verify', { token: await oneTimeToken(at) })),
  ),
  'verify, and be signed in': gives(
    200,
    { 'body.user.email': '<email>' },
    signedIn(async (at) => {
      const other = at.visitor.another();
      await other.post('/one-time-token/verify', { token: await oneTimeToken(at) });
      return other.get('/get-session');
    }),
  ),
  'verify, twice': gives(
    400,
    { 'body.message': 'Invalid token' },
    signedIn(async (at) => {
      const token = await oneTimeToken(at);
      await at.visitor.another().post('/one-time-token/verify', { token });
      return at.visitor.another().post('/one-time-token/verify', { token });
    }),
  ),
  'verify, expired': gives(
    400,
    { 'body.message': 'Invalid token' },
    signedIn(async (at) => {
      const token = await oneTimeToken(at);
      await at.sql(
        `update verification set "expiresAt" = now() - interval '1 second' where identifier like 'one-time-token:%'
         and value = (select token from session where "userId" = (select id from "user" where email = $1))`,
        [at.email],
      );
      return at.visitor.another().post('/one-time-token/verify', { token });
    }),
  ),
  'verify when the session is gone': gives(
    400,
    signedIn(async (at) => {
      const token = await oneTimeToken(at);
      await at.visitor.post('/sign-out');
      return at.visitor.another().post('/one-time-token/verify', { token });
    }),
  ),
  'verify, unknown': gives(400, { 'body.message': 'Invalid token' }, ({ visitor }) =>
    visitor.post('/one-time-token/verify', { token: 'unknown' }),
  ),
  'verify nothing': gives(400, 'VALIDATION_ERROR', ({ visitor }) => visitor.post('/one-time-token/verify', {})),
  'verify from a foreign page': gives(403, 'INVALID_ORIGIN', ({ visitor }) =>
    visitor.post('/one-time-token/verify', { token: 'x' }, { headers: { cookie: 'a=b', origin: FOREIGN } }),
  ),
};

const askForLink = (at, more = {}) => at.visitor.post('/sign-in/magic-link', { email: at.email, ...more });
const openLink = async (at, more, by = at.visitor) => {
  await askForLink(at, more);
  const { pathname, search } = new URL(await at.visitor.mailbox.nextLink(at.email));
  return by.send('GET', `${pathname}${search}`, { base: '' });
};
const tokenOf = async (at) => {
  await askForLink(at);
  return new URL(await at.visitor.mailbox.nextLink(at.email)).searchParams.get('token');
};
const verify = async (at, query = {}) =>
  at.visitor.get(`/magic-link/verify?${new URLSearchParams({ token: await tokenOf(at), ...query })}`);

/** Where a link acts when it is opened. */
export const magicLinks = {
  'asking for a link': gives(200, { 'body.status': true }, (at) => askForLink(at)),
  'asking for a link, not an address': gives(400, 'VALIDATION_ERROR', (at) => askForLink(at, { email: 'nobody' })),
  'asking for a link to a foreign page': gives(403, 'INVALID_CALLBACK_URL', (at) =>
    askForLink(at, { callbackURL: FOREIGN }),
  ),
  'asking for a link to a foreign page for new users': gives(403, 'INVALID_NEW_USER_CALLBACK_URL', (at) =>
    askForLink(at, { newUserCallbackURL: FOREIGN }),
  ),
  'asking for a link to a foreign page for errors': gives(403, 'INVALID_ERROR_CALLBACK_URL', (at) =>
    askForLink(at, { errorCallbackURL: FOREIGN }),
  ),
  'asking for a link by cross-site navigation': gives(403, 'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED', ({ visitor, email }) =>
    visitor.post(
      '/sign-in/magic-link',
      { email },
      { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } },
    ),
  ),
  'sign-up by link': gives(302, { location: '<origin>/' }, (at) => openLink(at)),
  'sign-up by link, and then': gives(302, { location: '<origin>/dashboard?tab=1' }, (at) =>
    openLink(at, { callbackURL: '/dashboard?tab=1' }),
  ),
  'sign-up by link, and then to the page for new users': gives(302, { location: '<origin>/welcome' }, (at) =>
    openLink(at, { callbackURL: '/dashboard', newUserCallbackURL: '/welcome' }),
  ),
  'sign-in by link, and then not to the page for new users': gives(
    302,
    { location: '<origin>/dashboard' },
    signedIn((at) => openLink(at, { callbackURL: '/dashboard', newUserCallbackURL: '/welcome' }, at.visitor.another())),
  ),
  'sign-up by link with a name, and be signed in': gives(
    200,
    { 'body.user.name': 'Ada', 'body.user.emailVerified': true },
    async (at) => {
      await openLink(at, { name: 'Ada' });
      return at.visitor.get('/get-session');
    },
  ),
  'sign-up by a program': gives(200, { 'body.user.email': '<email>', 'body.token': '<32 characters>' }, (at) =>
    verify(at),
  ),
  'sign-in by link when banned': gives(
    403,
    'BANNED_USER',
    signedIn(async (at) => {
      await user(`banned = true`)(at);
      return openLink(at, {}, at.visitor.another());
    }),
  ),
  'a link, opened twice': gives(302, { location: '<origin>/?error=INVALID_TOKEN' }, async (at) => {
    const token = await tokenOf(at);
    const open = (visitor) => visitor.get(`/magic-link/verify?token=${token}&callbackURL=/`);
    await open(at.visitor);
    return open(at.visitor.another());
  }),
  'a link with a wrong token': gives(302, { location: '<origin>/?error=INVALID_TOKEN' }, ({ visitor }) =>
    visitor.get('/magic-link/verify?token=x&callbackURL=/'),
  ),
  'a link with a wrong token, with a page for errors': gives(
    302,
    { location: '<origin>/oops?a=1&error=INVALID_TOKEN' },
    ({ visitor }) => visitor.get('/magic-link/verify?token=x&callbackURL=/&errorCallbackURL=/oops?a=1'),
  ),
  'a link that leads to a foreign page': gives(403, 'INVALID_CALLBACK_URL', ({ visitor }) =>
    visitor.get(`/magic-link/verify?token=x&callbackURL=${FOREIGN}`),
  ),
  'a link without a token': gives(400, 'VALIDATION_ERROR', ({ visitor }) => visitor.get('/magic-link/verify')),
};

/** Where opening a link leads to a page whose button acts. */
export const magicLinksByPage = {
  'a link, opened': magicLinks['sign-up by link, and then'],
  'a link, opened, and nobody is signed in': magicLinks['sign-up by link with a name, and be signed in'],
  'a link, opened twice': magicLinks['a link, opened twice'],
  'a link with a wrong token': magicLinks['a link with a wrong token'],
  'a link that leads to a foreign page': magicLinks['a link that leads to a foreign page'],
  'a link without a token': magicLinks['a link without a token'],
};

const tokenIn = (visitor) => decodeURIComponent(visitor.jar.get(SESSION_COOKIE)).split('.')[0];

/** One browser with two people; `first` is the token of the one who came first, the other one is active. */
const two = (story) =>
  signedIn(async (at) => {
    const first = tokenIn(at.visitor);
    await at.visitor.signInByCode(`other.${at.email}`);
    return story({ ...at, first, second: tokenIn(at.visitor) });
  });

export const multiSessions = {
  'get-session that is due for a refresh': gives(
    200,
    { 'body.user.email': '<email>' },
    signedIn(async (at) => {
      await session(`"expiresAt" = now() + interval '5 days'`)(at);
      return at.visitor.get('/get-session');
    }),
  ),
  'sign-up by code': gives(200, async ({ visitor, email }) =>
    visitor.post('/sign-in/email-otp', { email, otp: await visitor.requestCode(email) }),
  ),
  'sign-in as somebody else': gives(
    200,
    signedIn(async ({ visitor, email: first }) => {
      const email = `other.${first}`;
      return visitor.post('/sign-in/email-otp', { email, otp: await visitor.requestCode(email) });
    }),
  ),
  'sign-in again as the same': gives(
    200,
    signedIn(async ({ visitor, email }) =>
      visitor.post('/sign-in/email-otp', { email, otp: await visitor.requestCode(email) }),
    ),
  ),
  'sign-in by passkey': gives(
    200,
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin);
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'list of nobody': gives(200, { body: [] }, ({ visitor }) => visitor.get('/multi-session/list-device-sessions')),
  'list of one': gives(
    200,
    { 'body.0.user.email': '<email>', 'body.1': undefined },
    signedIn(({ visitor }) => visitor.get('/multi-session/list-device-sessions')),
  ),
  'list of two': gives(
    200,
    two(async ({ visitor }) => {
      const answer = await visitor.get('/multi-session/list-device-sessions');
      const inOrder = answer.json.sort((one, other) => one.user.email.length - other.user.email.length);
      answer.text = JSON.stringify(inOrder);
      return answer;
    }),
  ),
  'set-active': gives(
    200,
    { 'body.user.email': '<email>' },
    two(({ visitor, first }) => visitor.post('/multi-session/set-active', { sessionToken: first })),
  ),
  'set-active, and be the other': gives(
    200,
    { 'body.user.email': '<email>' },
    two(async ({ visitor, first }) => {
      await visitor.post('/multi-session/set-active', { sessionToken: first });
      return visitor.get('/get-session');
    }),
  ),
  'set-active by what the list says': gives(
    200,
    { 'body.user.email': '<email>' },
    two(async ({ visitor, email }) => {
      const { json } = await visitor.get('/multi-session/list-device-sessions');
      const { session: first } = json.find(({ user: { email: one } }) => one === email);
      return visitor.post('/multi-session/set-active', { sessionToken: first.token });
    }),
  ),
  'set-active, unknown': gives(
    401,
    'INVALID_SESSION_TOKEN',
    signedIn(({ visitor }) => visitor.post('/multi-session/set-active', { sessionToken: 'unknown' })),
  ),
  'set-active in another browser': gives(
    401,
    'INVALID_SESSION_TOKEN',
    two(({ visitor, first }) => visitor.another().post('/multi-session/set-active', { sessionToken: first })),
  ),
  'set-active of nothing': gives(400, 'VALIDATION_ERROR', ({ visitor }) => visitor.post('/multi-session/set-active', {})),
  'revoke of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) =>
    visitor.post('/multi-session/revoke', { sessionToken: 'x' }),
  ),
  'revoke of the one who is not active': gives(
    200,
    { 'body.status': true },
    two(({ visitor, first }) => visitor.post('/multi-session/revoke', { sessionToken: first })),
  ),
  'revoke of the one who is active': gives(
    200,
    { 'body.status': true },
    two(({ visitor, second }) => visitor.post('/multi-session/revoke', { sessionToken: second })),
  ),
  'revoke, and be the other': gives(
    200,
    { 'body.user.email': '<email>' },
    two(async ({ visitor, second }) => {
      await visitor.post('/multi-session/revoke', { sessionToken: second });
      return visitor.get('/get-session');
    }),
  ),
  'revoke, unknown': gives(
    401,
    'INVALID_SESSION_TOKEN',
    signedIn(({ visitor }) => visitor.post('/multi-session/revoke', { sessionToken: 'unknown' })),
  ),
  'sign-out of all': gives(200, { 'body.success': true }, two(({ visitor }) => visitor.post('/sign-out'))),
  'the other one after sign-out': gives(
    200,
    { body: [] },
    two(async ({ visitor }) => {
      const before = visitor.jar.copy();
      await visitor.post('/sign-out');
      visitor.jar = before;
      return visitor.get('/multi-session/list-device-sessions');
    }),
  ),
};
