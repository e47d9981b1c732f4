// A provider of OpenID Connect that is not ours: `oidc-provider`, certified by the OpenID Foundation, on a port of
// this machine. Whoever comes is signed in as its one account and agrees to everything.

import { randomBytes, randomUUID } from 'node:crypto';
import http from 'node:http';
import { exportJWK, generateKeyPair } from 'jose';
import Provider from 'oidc-provider';
import { CookieJar, request } from './http.mjs';

/** Steps of one visit: sign-in, agreement, and the way between them. */
const STEP_LIMIT = 10;
/** How long whatever the provider gives out is valid: longer than any test. */
const LIFE_SECONDS = 3600;
const KINDS = ['AccessToken', 'AuthorizationCode', 'Grant', 'IdToken', 'Interaction', 'RefreshToken', 'Session'];

async function signingKey() {
  const { privateKey } = await generateKeyPair('RS256', { extractable: true });
  return { ...(await exportJWK(privateKey)), kid: randomUUID(), alg: 'RS256', use: 'sig' };
}

/**
 * Starts it for one client, `{client_id, client_secret, redirect_uris}`, and one account, the claims of which are
 * given. It asks for PKCE, and gives refresh tokens that work once.
 */
export async function startOpenIdProvider({ client, account }) {
  const server = http.createServer();
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(origin, {
    clients: [{ grant_types: ['authorization_code', 'refresh_token'], response_types: ['code'], ...client }],
    claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name'] },
    findAccount: (_, sub) => ({ accountId: sub, claims: () => ({ ...account, sub }) }),
    features: { devInteractions: { enabled: false } },
    interactions: { url: (_, { uid }) => `/interaction/${uid}` },
    pkce: { required: () => true },
    issueRefreshToken: (_, asking) => asking.grantTypeAllowed('refresh_token'),
    rotateRefreshToken: true,
    // Given, because the defaults are for nobody's use and said so at every start.
    jwks: { keys: [await signingKey()] },
    cookies: { keys: [randomBytes(32).toString('hex')] },
    ttl: Object.fromEntries(KINDS.map((kind) => [kind, LIFE_SECONDS])),
  });
  const faults = [];
  provider.on('server_error', (_, error) => faults.push(error));
  const answer = provider.callback();
  server.on('request', (incoming, outgoing) => {
    const isOurs = incoming.url.startsWith('/interaction/');
    const done = isOurs ? interact(provider, account, incoming, outgoing) : answer(incoming, outgoing);
    Promise.resolve(done).catch((error) => {
      faults.push(error);
      outgoing.writeHead(500).end(String(error));
    });
  });
  return {
    origin,
    discoveryUrl: `${origin}/.well-known/openid-configuration`,
    faults,
    visit: (url) => visit(origin, url),
    stop: () => stopServer(server),
  };
}

/** The page that would ask: answers for the person, one question after the other. */
async function interact(provider, account, incoming, outgoing) {
  const { prompt, params, session } = await provider.interactionDetails(incoming, outgoing);
  if (prompt.name === 'login') {
    return provider.interactionFinished(incoming, outgoing, { login: { accountId: account.sub } });
  }
  const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const consent = { grantId: await grant.save() };
  return provider.interactionFinished(incoming, outgoing, { consent }, { mergeWithLastSubmission: true });
}

/** A browser's way through the provider's own pages; gives the URL at which it leaves them. */
async function visit(origin, start) {
  const jar = new CookieJar();
  let url = start;
  for (let step = 0; step < STEP_LIMIT; step += 1) {
    const answer = await request(url, { headers: { cookie: jar.header() } });
    jar.store(answer);
    if (!answer.headers.location) throw new Error(`${url}: ${answer.status} ${answer.text}`);
    url = new URL(answer.headers.location, url).href;
    if (new URL(url).origin !== origin) return url;
  }
  throw new Error(`${start} leads nowhere`);
}

/** Closes a server, and the connections that are open. */
export function stopServer(server) {
  server.closeAllConnections();
  return new Promise((resolve) => server.close(resolve));
}
