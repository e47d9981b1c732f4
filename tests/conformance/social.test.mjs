// Signing in with other providers: a certified provider of OpenID Connect as it comes, and one that lies, stalls and
// breaks in every way that a client has to bear.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { SignJWT, UnsecuredJWT, decodeJwt } from 'jose';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { startOpenIdProvider } from '../lib/openid-provider.mjs';
import { ScriptedProvider, newKey } from '../lib/scripted-provider.mjs';
import { SESSION_COOKIE, Visitor, freshEmail } from '../lib/visitor.mjs';
import { until } from '../lib/wait.mjs';

const STATE_COOKIE = 'better-auth.state';
/** Kiavi waits five seconds for a provider; with two cores and many tests that takes longer. */
const PATIENCE_MS = 15_000;

/** Begins at Kiavi; gives the provider's URL. */
async function begin(visitor, provider, body = {}) {
  const answer = await visitor.post('/sign-in/social', { provider, callbackURL: '/account', ...body });
  assert.equal(answer.status, 200, answer.text);
  return answer.json.url;
}

/** The browser follows the provider back to Kiavi; gives where it is sent from there. */
async function arrive(visitor, url) {
  const { pathname, search } = new URL(url);
  const answer = await visitor.send('GET', `${pathname}${search}`, { base: '' });
  assert.equal(answer.status, 302, answer.text);
  return answer.headers.location;
}

const events = async (tenant, type, provider) =>
  (await tenant.events(type)).filter(({ method }) => method === provider);

describe('a provider of OpenID Connect', { skip: kiaviMissing() }, () => {
  const account = { sub: 'ada-at-corp', email: freshEmail(), email_verified: true, name: 'Ada Lovelace' };
  const client = { client_id: 'kiavi', client_secret: 'a secret of "corp" & 100% more: +=/' };
  let kiavi, corp, tenant;

  before(async () => {
    kiavi = await startKiavi();
    tenant = kiavi.tenant();
    const redirect = `${tenant.url}/api/auth/callback/corp`;
    corp = await startOpenIdProvider({ client: { ...client, redirect_uris: [redirect] }, account });
    await kiavi.set('demo', { 'egress.allows_private': true });
    const input = JSON.stringify({ id: 'corp', ...client, discovery_url: corp.discoveryUrl });
    await kiavi.verb(['provider', 'set', 'demo'], { input });
  });
  after(async () => {
    await kiavi?.dispose();
    await corp?.stop();
  });

  async function signedIn() {
    const visitor = new Visitor(tenant.url, tenant.mailbox);
    const back = await corp.visit(await begin(visitor, 'corp'));
    assert.equal(await arrive(visitor, back), '/account');
    return visitor;
  }

  const ownAccount = async (visitor) => {
    const { status, json, text } = await visitor.get('/list-accounts');
    assert.equal(status, 200, text);
    return json.find(({ providerId }) => providerId === 'corp');
  };

  test('signs people up and in, as one user', async () => {
    const { user, session } = await (await signedIn()).session();
    assert.equal(user.email, account.email);
    assert.deepEqual([user.emailVerified, user.name], [true, account.name]);
    const again = await (await signedIn()).session();
    assert.equal(again.user.id, user.id);
    assert.notEqual(again.session.id, session.id);
    const users = await tenant.sql('SELECT id FROM "user" WHERE email = $1', [account.email]);
    assert.deepEqual(users, [{ id: user.id }]);
    const created = await events(tenant, 'session.created', 'corp');
    assert.ok(created.length >= 2);
    for (const { outcome, subject } of created) assert.deepEqual([outcome, subject], ['success', user.id]);
    for (const type of ['user.created', 'account.linked']) {
      assert.equal((await events(tenant, type, 'corp')).length, 1, type);
    }
    assert.deepEqual(corp.faults, []);
  });

  test('is asked with PKCE, a state and a nonce', async () => {
    const url = new URL(await begin(new Visitor(tenant.url, tenant.mailbox), 'corp'));
    assert.equal(url.origin, corp.origin);
    const { state, nonce, code_challenge: challenge, ...rest } = Object.fromEntries(url.searchParams);
    for (const text of [state, nonce, challenge]) assert.match(text, /^[\w-]{32,}$/);
    assert.deepEqual(rest, {
      client_id: client.client_id,
      redirect_uri: `${tenant.url}/api/auth/callback/corp`,
      response_type: 'code',
      scope: 'openid email profile',
      code_challenge_method: 'S256',
    });
  });

  test('has its account listed, and its tokens kept for their owner only', async () => {
    const visitor = await signedIn();
    const listed = await ownAccount(visitor);
    const { user } = await visitor.session();
    assert.deepEqual([listed.accountId, listed.userId], [account.sub, user.id]);
    assert.deepEqual([...listed.scopes].sort(), ['email', 'openid', 'profile']);

    const given = await visitor.post('/get-access-token', { accountId: listed.id });
    assert.equal(given.status, 200, given.text);
    const { accessToken, idToken, accessTokenExpiresAt } = given.json;
    assert.ok(new Date(accessTokenExpiresAt) > new Date());
    assert.equal(decodeJwt(idToken).sub, account.sub);
    const profile = await fetch(`${corp.origin}/me`, { headers: { authorization: `Bearer ${accessToken}` } });
    assert.equal((await profile.json()).email, account.email, 'the token works');

    const stranger = new Visitor(tenant.url, tenant.mailbox);
    assert.equal((await stranger.post('/get-access-token', { accountId: listed.id })).status, 401);
    await stranger.signInByCode(freshEmail('eve'));
    const refused = await stranger.post('/get-access-token', { accountId: listed.id });
    assert.deepEqual([refused.status, refused.json.code], [400, 'ACCOUNT_NOT_FOUND']);

    const [row] = await tenant.sql('SELECT * FROM account WHERE id = $1', [listed.id]);
    for (const column of ['accessToken', 'refreshToken', 'idToken']) {
      assert.match(row[column], /^[0-9a-f]{80,}$/, column);
    }
    const everything = JSON.stringify(row);
    for (const token of [accessToken, idToken]) assert.ok(!everything.includes(token));
    assert.equal(row.password, null);
  });

  test('gives new tokens for a refresh token, which it takes once', async () => {
    const visitor = await signedIn();
    const { id: accountId } = await ownAccount(visitor);
    const tokens = new Set();
    for (let round = 0; round < 3; round += 1) {
      const answer = await visitor.post('/refresh-token', { accountId });
      assert.equal(answer.status, 200, answer.text);
      tokens.add(answer.json.accessToken);
    }
    assert.equal(tokens.size, 3);
    const { json } = await visitor.post('/get-access-token', { accountId });
    assert.equal(json.accessToken, [...tokens].at(-1), 'the last one is kept');
  });

  test('brings a state that counts once', async () => {
    const visitor = new Visitor(tenant.url, tenant.mailbox);
    const back = await corp.visit(await begin(visitor, 'corp'));
    const before = visitor.jar.copy();
    assert.equal(await arrive(visitor, back), '/account');
    assert.equal(visitor.jar.get(STATE_COOKIE), undefined);
    const replay = new Visitor(tenant.url, tenant.mailbox, { jar: before });
    assert.equal(await arrive(replay, back), `${tenant.url}/api/auth/error?error=state_mismatch`);
    assert.equal(replay.jar.get(SESSION_COOKIE), undefined);
    assert.ok(await visitor.session(), 'who came first stays signed in');
  });

  test('brings a state that counts in its own browser only', async () => {
    const visitor = new Visitor(tenant.url, tenant.mailbox);
    const back = await corp.visit(await begin(visitor, 'corp', { errorCallbackURL: '/failed' }));
    const without = visitor.another();
    assert.equal(await arrive(without, back), '/failed?error=state_mismatch');
    const withAnother = visitor.another();
    await begin(withAnother, 'corp');
    assert.equal(await arrive(withAnother, back), '/failed?error=state_mismatch');
    for (const other of [without, withAnother]) assert.equal(await other.session(), null);
    assert.equal(await arrive(visitor, back), '/account', 'none of that used it up');
  });

  test('shows its secret to nobody', async () => {
    const shown = await kiavi.verb(['settings', 'get', 'demo']);
    assert.ok(shown.includes('corp') && shown.includes('***') && !shown.includes('100% more'), shown);
    assert.ok(!tenant.log().includes('100% more'));
  });
});

/** Tenants that share the tests, and tests at a time. */
const TENANTS = 4;
const CONCURRENCY = 3 * TENANTS;
/** A tenant may open ten connections a second, and a sign-in needs four at most: two begin in any second. */
const TURN_MS = 600;

const TOO_LATE = '&error_description=The+provider+cannot+be+reached';
const NO_PROFILE = 'error=unable_to_get_user_info';
const NO_TOKENS = 'error=invalid_code';
const ELSEWHERE = 'https://elsewhere.example';
const ago = (seconds) => Math.floor(Date.now() / 1000) - seconds;

const answersWith =
  (status, body = '', headers = {}) =>
  () =>
  (outgoing) =>
    outgoing.writeHead(status, headers).end(body);
const changed = (changes) => (object) => ({ ...object, ...changes });

/** Bytes without end, until the other side has had enough. */
const endless = () => (outgoing) => {
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  const chunk = Buffer.alloc(64 << 10, ' ');
  const more = () => {
    while (!outgoing.destroyed && outgoing.write(chunk));
  };
  outgoing.on('drain', more);
  more();
};

/** A byte now and then: never silent, never done. */
const trickle = () => (outgoing) => {
  outgoing.writeHead(200, { 'content-type': 'application/json' });
  const timer = setInterval(() => outgoing.write(' '), 250);
  outgoing.on('close', () => clearInterval(timer));
};

/** What a provider does wrong, and what the browser is told at `/failed`. */
const WRONGS = {
  'an ID token of another issuer': [{ claims: changed({ iss: ELSEWHERE }) }, NO_PROFILE],
  'an ID token for another client': [{ claims: changed({ aud: 'another' }) }, NO_PROFILE],
  'an ID token for others as well': [
    { claims: (claims) => ({ ...claims, aud: [claims.aud, 'another'] }) },
    NO_PROFILE,
  ],
  'an ID token given to another client': [{ claims: changed({ azp: 'another' }) }, NO_PROFILE],
  'an ID token of another sign-in': [{ claims: changed({ nonce: 'another' }) }, NO_PROFILE],
  'an ID token of no sign-in': [{ claims: changed({ nonce: undefined }) }, NO_PROFILE],
  'an ID token that has expired': [
    { claims: (claims) => ({ ...claims, iat: ago(900), exp: ago(600) }) },
    NO_PROFILE,
  ],
  'an ID token that never expires': [{ claims: changed({ exp: undefined }) }, NO_PROFILE],
  'an ID token from the future': [{ claims: (claims) => ({ ...claims, iat: ago(-3600) }) }, NO_PROFILE],
  'an ID token of nobody': [{ claims: changed({ sub: undefined }) }, NO_PROFILE],
  'an ID token of another access token': [
    { claims: changed({ at_hash: 'AAAAAAAAAAAAAAAAAAAAAA' }) },
    NO_PROFILE,
  ],
  'an ID token without a signature': [
    { sign: ({ claims }) => new UnsecuredJWT(claims).encode() },
    NO_PROFILE,
  ],
  'an ID token signed with the secret of the client': [
    {
      sign: ({ claims, key }) =>
        new SignJWT(claims)
          .setProtectedHeader({ alg: 'HS256', kid: key.kid })
          .sign(new TextEncoder().encode('secret'.padEnd(32, '.'))),
    },
    NO_PROFILE,
  ],
  'an ID token signed with the key that it brings along': [
    {
      sign: async ({ claims, key }) => {
        const own = await newKey(key.kid);
        const header = { alg: 'ES256', kid: key.kid, jwk: own.entry };
        return new SignJWT(claims).setProtectedHeader(header).sign(own.privateKey);
      },
    },
    NO_PROFILE,
  ],
  'an ID token that is not one': [{ token: changed({ id_token: 'a.b.c' }) }, NO_PROFILE],
  'no ID token': [{ token: changed({ id_token: undefined }) }, NO_PROFILE],
  'no keys for a moment': [{ keys: answersWith(500) }, NO_PROFILE + TOO_LATE],
  'keys that are none': [{ keys: () => ({ keys: 'none' }) }, NO_PROFILE],
  'the profile of somebody else': [{ userinfo: changed({ sub: 'somebody-else' }) }, NO_PROFILE],
  'no profile': [{ userinfo: answersWith(403) }, NO_PROFILE],
  'no profile for a moment': [{ userinfo: answersWith(503) }, NO_PROFILE + TOO_LATE],
  'a refusal of the code': [{ token: answersWith(400, '{"error":"invalid_grant"}') }, NO_TOKENS],
  'a page in place of tokens': [{ token: answersWith(200, '<!doctype html>') }, NO_TOKENS],
  'tokens of two lines': [{ token: changed({ access_token: 'a\r\nb: c' }) }, NO_TOKENS],
  'no tokens for a moment': [{ token: answersWith(500, 'sorry') }, NO_TOKENS + TOO_LATE],
  'tokens without end': [{ token: endless }, NO_TOKENS + TOO_LATE],
  'tokens that never come': [{ token: () => () => {} }, NO_TOKENS + TOO_LATE],
  'tokens that come byte by byte': [{ token: trickle }, NO_TOKENS + TOO_LATE],
  'a connection that breaks': [{ token: () => (outgoing) => outgoing.destroy() }, NO_TOKENS + TOO_LATE],
  'a way to somebody else for the code': [{ token: answersWith(307, '', { location: '/leak' }) }, NO_TOKENS],
  'an answer in the name of another': [{ parameters: changed({ iss: ELSEWHERE }) }, 'error=issuer_mismatch'],
  'an answer in no name, though one is promised': [
    { parameters: ({ iss: _, ...others }) => others },
    'error=issuer_mismatch',
  ],
  'an answer without a code': [{ parameters: ({ code: _, ...others }) => others }, 'error=no_code'],
  'a refusal': [
    {
      parameters: ({ state, iss }) => ({ state, iss, error: 'access_denied', error_description: 'a&b=<c>' }),
    },
    'error=access_denied&error_description=a%26b%3D%3Cc%3E',
  ],
};

/** What a provider says of itself that ends a sign-in before it begins. */
const WRONG_DOCUMENTS = {
  'a document of another issuer': changed({ issuer: ELSEWHERE }),
  'a document without a place for codes': changed({ token_endpoint: undefined }),
  'a document that sends secrets without TLS': changed({ token_endpoint: 'http://elsewhere.example/token' }),
  'a document that runs in the browser': changed({ authorization_endpoint: 'javascript:alert(1)' }),
  'a document that is none': answersWith(200, 'null'),
  'a document that moved': answersWith(302, '', { location: '/keys' }),
  'no document for a moment': answersWith(502),
  'a document without end': endless,
};

describe('a provider that goes wrong', { skip: kiaviMissing(), concurrency: CONCURRENCY }, () => {
  const providers = new Map();
  let kiavi;

  /** One server each, so that what one does is not held against another. */
  async function tenantWith(slug, wrongs) {
    const tenant = { ...(await kiavi.createTenant(slug)), nextTurn: 0 };
    const own = await Promise.all(
      wrongs.map(async ([name, parts], index) => {
        const id = `${slug}-${index}`;
        const account = { sub: id, email: freshEmail(), email_verified: true, name: 'Ada' };
        const client = { id, client_id: 'kiavi', client_secret: 'secret'.padEnd(32, '.') };
        const provider = await ScriptedProvider.start({ client, account, ...parts });
        providers.set(name, Object.assign(provider, { id, tenant }));
        return provider.settings;
      }),
    );
    await kiavi.set(slug, { 'egress.allows_private': true });
    await kiavi.set(slug, { 'social.providers': JSON.stringify(own) });
  }

  before(async () => {
    kiavi = await startKiavi();
    const wrongs = Object.entries(WRONGS).map(([name, [parts]]) => [name, parts]);
    const documents = Object.entries(WRONG_DOCUMENTS).map(([name, discovery]) => [name, { discovery }]);
    const others = ['nothing', 'a proof', 'a rest', 'two servers'].map((name) => [name, {}]);
    const all = [...wrongs, ...documents, ...others];
    await tenantWith('patient', [['new keys', {}]]);
    for (let part = 0; part < TENANTS; part += 1) {
      await tenantWith(`wrong-${part}`, all.filter((_, index) => index % TENANTS === part));
    }
  });
  after(async () => {
    await kiavi?.dispose();
    await Promise.all([...providers.values()].map((provider) => provider.stop()));
  });

  /** A new visitor, as soon as the tenant may open connections for one more. */
  async function nextVisitor({ tenant }) {
    const at = Math.max(Date.now(), tenant.nextTurn);
    tenant.nextTurn = at + TURN_MS;
    await pause(at - Date.now());
    return new Visitor(tenant.url, tenant.mailbox);
  }

  /** A whole sign-in by a new visitor: where it ended, after how many milliseconds. */
  async function attempt(provider) {
    const visitor = await nextVisitor(provider);
    const start = Date.now();
    const url = await begin(visitor, provider.id, { errorCallbackURL: '/failed' });
    const location = await arrive(visitor, provider.agree(url));
    return { visitor, location, took: Date.now() - start };
  }

  async function signsNobodyIn({ tenant, id, account }, visitor) {
    assert.equal(visitor.jar.get(SESSION_COOKIE), undefined);
    assert.equal(await visitor.session(), null);
    const [{ users, accounts }] = await tenant.sql(
      `SELECT (SELECT count(*) FROM "user" WHERE email = $1) AS users,
              (SELECT count(*) FROM account WHERE "providerId" = $2) AS accounts`,
      [account.email, id],
    );
    assert.deepEqual([users, accounts], [0, 0]);
  }

  test('new keys count at once, and further ones only after a pause', { timeout: 60_000 }, async () => {
    const provider = providers.get('new keys');
    assert.equal((await attempt(provider)).location, '/account');
    provider.key = await newKey();
    assert.equal((await attempt(provider)).location, '/account');
    assert.equal(provider.count('/keys'), 2);
    provider.key = await newKey();
    const { visitor, location } = await attempt(provider);
    assert.equal(location, `/failed?${NO_PROFILE}`);
    assert.equal(await visitor.session(), null);
    assert.equal(provider.count('/keys'), 2, 'tokens with unknown keys cost the provider one request a minute');
  });

  test('signs people in as long as it does not', async () => {
    const provider = providers.get('nothing');
    const { visitor, location } = await attempt(provider);
    assert.equal(location, '/account');
    assert.equal((await visitor.session()).user.email, provider.account.email);
  });

  for (const [name, [, told]] of Object.entries(WRONGS)) {
    test(`${name} signs nobody in`, { timeout: 60_000 }, async () => {
      const provider = providers.get(name);
      const { visitor, location, took } = await attempt(provider);
      assert.equal(location, `/failed?${told}`);
      assert.ok(took < PATIENCE_MS, 'the visitor did not wait for long');
      await signsNobodyIn(provider, visitor);
      const [refused, ...more] = await events(provider.tenant, 'account.refused', provider.id);
      const [code] = told.replace('error=', '').split('&');
      const cause = code === 'access_denied' ? 'provider_error' : code;
      assert.deepEqual([refused.outcome, refused.facts.cause, more.length], ['failure', cause, 0]);
      assert.equal(provider.count('/leak'), 0, 'a code goes where it was meant to go');
      const isAsked = [NO_TOKENS, NO_PROFILE].includes(`error=${code}`);
      assert.equal(provider.count('/token'), isAsked ? 1 : 0, 'and at most once');
    });
  }

  for (const name of Object.keys(WRONG_DOCUMENTS)) {
    test(`${name} begins no sign-in`, { timeout: 60_000 }, async () => {
      const provider = providers.get(name);
      const visitor = await nextVisitor(provider);
      const answer = await visitor.post('/sign-in/social', { provider: provider.id, callbackURL: '/account' });
      assert.deepEqual([answer.status, answer.json?.code], [502, 'PROVIDER_UNAVAILABLE'], answer.text);
      assert.equal(visitor.jar.get(STATE_COOKIE), undefined);
      assert.equal(provider.count('/keys'), 0, 'no redirect is followed');
      assert.ok(!answer.text.includes(provider.origin), 'what is inside stays inside');
    });
  }

  test('an address that it has not seen proved joins nobody', async () => {
    const provider = providers.get('a proof');
    const owner = new Visitor(provider.tenant.url, provider.tenant.mailbox);
    const { user } = await owner.signInByCode(provider.account.email);
    for (const email_verified of [false, 'false', undefined, 0, null]) {
      provider.account.email_verified = email_verified;
      const { visitor, location } = await attempt(provider);
      assert.equal(location, '/failed?error=account_not_linked', String(email_verified));
      assert.equal(await visitor.session(), null);
    }
    provider.account.email_verified = true;
    const { visitor, location } = await attempt(provider);
    assert.equal(location, '/account');
    assert.equal((await visitor.session()).user.id, user.id);
  });

  test('one that fails again and again is left alone', async () => {
    const provider = providers.get('a rest');
    provider.behave({ token: answersWith(500) });
    for (let round = 0; round < 5; round += 1) {
      assert.equal((await attempt(provider)).location, `/failed?${NO_TOKENS}${TOO_LATE}`);
    }
    const { visitor, location } = await attempt(provider);
    assert.equal(location, `/failed?${NO_TOKENS}${TOO_LATE}`);
    assert.equal(provider.count('/token'), 5);
    await signsNobodyIn(provider, visitor);
  });

  test('a server that only its document names is not reached until it is listed', async () => {
    const provider = providers.get('two servers');
    const { tenant, id, account, client } = provider;
    const second = await ScriptedProvider.start({ client, account });
    providers.set('the second server', second);
    provider.behave({ discovery: changed({ userinfo_endpoint: `${second.origin}/me` }) });
    const { visitor, location } = await attempt(provider);
    assert.equal(location, `/failed?${NO_PROFILE}`);
    assert.equal(second.count('/me'), 0);
    await signsNobodyIn({ tenant, id, account }, visitor);
    await kiavi.set(tenant.slug, { 'egress.hosts': JSON.stringify([second.origin]) });
    const isIn = async () => (await attempt(provider)).location === '/account';
    await until('the second server is reached', isIn);
    assert.ok(second.count('/me') > 0);
  });
});
