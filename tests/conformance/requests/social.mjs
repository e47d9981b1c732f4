// Signing in with other providers, as far as it goes without asking one: Google and GitHub are set up on both sides.

import { randomBytes } from 'node:crypto';
import { FOREIGN, gives, signedIn } from './story.mjs';

const begin = (visitor, body = {}) => visitor.post('/sign-in/social', { provider: 'google', ...body });

/** Somebody on the way to Google: `back` asks the callback as Google would. */
const onTheWay = (story, body) => async (at) => {
  const url = new URL((await begin(at.visitor, body)).json.url);
  const state = url.searchParams.get('state');
  const back = (parameters, { visitor = at.visitor, provider = 'google' } = {}) =>
    visitor.get(`/callback/${provider}?${new URLSearchParams({ state, ...parameters })}`);
  return story({ ...at, state, back });
};

/** Somebody with an account at Google, whose row has these texts besides. */
const linked = (columns, story) =>
  signedIn(async (at) => {
    const account = randomBytes(16).toString('hex');
    await at.sql(
      `insert into account (id, "accountId", "providerId", "userId", "createdAt", "updatedAt")
       select $1, 'ada-at-google', 'google', id, date_trunc('milliseconds', now()), date_trunc('milliseconds', now())
       from "user" where email = $2`,
      [account, at.email],
    );
    for (const [column, value] of Object.entries(columns)) {
      await at.sql(`update account set "${column}" = $1 where id = $2`, [value, account]);
    }
    return story({ ...at, account });
  });

const TO_GOOGLE = { 'body.redirect': true };
const toError = (code) => ({ location: `<origin>/api/auth/error?error=${code}` });

export const social = {
  'sign-in at a provider': gives(200, TO_GOOGLE, ({ visitor }) => begin(visitor)),
  'sign-in at a provider that is no OpenID Connect': gives(200, TO_GOOGLE, ({ visitor }) =>
    begin(visitor, { provider: 'github' }),
  ),
  'sign-in at a provider without being sent there': gives(200, { 'body.redirect': false }, ({ visitor }) =>
    begin(visitor, { disableRedirect: true }),
  ),
  'sign-in at a provider, more scopes and a hint': gives(200, TO_GOOGLE, ({ visitor, email }) =>
    begin(visitor, { scopes: ['https://www.googleapis.com/auth/calendar'], loginHint: email }),
  ),
  'sign-in at a provider, further parameters': gives(200, TO_GOOGLE, ({ visitor }) =>
    begin(visitor, { additionalParams: { color: 'blue & green' } }),
  ),
  'sign-in at a provider, a parameter that is ours': gives(400, 'VALIDATION_ERROR', ({ visitor }) =>
    begin(visitor, { additionalParams: { state: 'x' } }),
  ),
  'sign-in at a provider, and then to a foreign page': gives(403, 'INVALID_CALLBACK_URL', ({ visitor }) =>
    begin(visitor, { callbackURL: FOREIGN }),
  ),
  'sign-in by an ID token that is none': gives(401, 'INVALID_TOKEN', ({ visitor }) =>
    begin(visitor, { idToken: { token: 'none' } }),
  ),
  'sign-in by an ID token where there are none': gives(404, 'ID_TOKEN_NOT_SUPPORTED', ({ visitor }) =>
    begin(visitor, { provider: 'github', idToken: { token: 'none' } }),
  ),
  'the provider says no': gives(
    302,
    toError('access_denied'),
    onTheWay(({ back }) => back({ error: 'access_denied' })),
  ),
  'the provider says no and why': gives(
    302,
    { location: '<origin>/api/auth/error?error=access_denied&error_description=Not+today' },
    onTheWay(({ back }) => back({ error: 'access_denied', error_description: 'Not today' })),
  ),
  'the provider says no, with a page for errors': gives(
    302,
    { location: '/oops?a=1&error=access_denied' },
    onTheWay(({ back }) => back({ error: 'access_denied' }), { errorCallbackURL: '/oops?a=1' }),
  ),
  'the provider says nothing': gives(302, toError('no_code'), onTheWay(({ back }) => back({}))),
  'the provider answers another browser': gives(
    302,
    toError('state_mismatch'),
    onTheWay(({ back, visitor }) => back({ code: 'x' }, { visitor: visitor.another() })),
  ),
  'the provider answers twice': gives(
    302,
    toError('state_mismatch'),
    onTheWay(async ({ back }) => {
      await back({ error: 'access_denied' });
      return back({ error: 'access_denied' });
    }),
  ),
  'another provider answers': gives(
    302,
    toError('access_denied'),
    onTheWay(({ back }) => back({ error: 'access_denied' }, { provider: 'github' })),
  ),
  'the provider answers by POST': gives(
    302,
    onTheWay(({ visitor, state }) =>
      visitor.post('/callback/google', `state=${state}&error=access_denied`, {
        headers: { 'content-type': 'application/x-www-form-urlencoded', cookie: undefined, origin: undefined },
      }),
    ),
  ),
  'link-social': gives(
    200,
    TO_GOOGLE,
    signedIn(({ visitor }) => visitor.post('/link-social', { provider: 'google', callbackURL: '/account' })),
  ),
  'link-social of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) =>
    visitor.post('/link-social', { provider: 'google' }),
  ),
  'link-social by an ID token that is none': gives(
    401,
    'INVALID_TOKEN',
    signedIn(({ visitor }) => visitor.post('/link-social', { provider: 'google', idToken: { token: 'none' } })),
  ),
  'get-access-token': gives(
    200,
    { 'body.accessToken': 'an access token', 'body.scopes.1': 'email' },
    linked({ accessToken: 'an access token', scope: 'openid,email' }, ({ visitor, account }) =>
      visitor.post('/get-access-token', { accountId: account }),
    ),
  ),
  'get-access-token with an end': gives(
    200,
    { 'body.accessTokenExpiresAt': '<time>' },
    linked({ accessToken: 'an access token', accessTokenExpiresAt: '2100-01-01T00:00:00Z' }, ({ visitor, account }) =>
      visitor.post('/get-access-token', { accountId: account }),
    ),
  ),
  'refresh-token without one': gives(
    400,
    'REFRESH_TOKEN_NOT_FOUND',
    linked({ accessToken: 'an access token' }, ({ visitor, account }) =>
      visitor.post('/refresh-token', { accountId: account }),
    ),
  ),
  'account-info without a token': gives(
    400,
    'ACCESS_TOKEN_NOT_FOUND',
    linked({}, ({ visitor, account }) => visitor.get(`/account-info?accountId=${account}`)),
  ),
  'account-info of no account': gives(
    400,
    'VALIDATION_ERROR',
    signedIn(({ visitor }) => visitor.get('/account-info')),
  ),
  'One Tap with nothing': gives(400, 'VALIDATION_ERROR', ({ visitor }) => visitor.post('/one-tap/callback', {})),
  'One Tap with what is no ID token': gives(400, { 'body.message': 'invalid id token' }, ({ visitor }) =>
    visitor.post('/one-tap/callback', { idToken: 'none' }),
  ),
  'One Tap, and then to a foreign page': gives(403, 'INVALID_CALLBACK_URL', ({ visitor }) =>
    visitor.post('/one-tap/callback', { idToken: 'none', callbackURL: FOREIGN }),
  ),
};
