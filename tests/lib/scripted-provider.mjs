// A provider of OpenID Connect that does what a test tells it to: right by default, wrong where a part is replaced.

import { randomUUID } from 'node:crypto';
import http from 'node:http';
import { SignJWT, exportJWK, generateKeyPair } from 'jose';
import { stopServer } from './openid-provider.mjs';

const now = () => Math.floor(Date.now() / 1000);

/** A key pair of ES256 with an id, as a signer and as an entry of a key set. */
export async function newKey(kid = randomUUID()) {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const entry = { ...(await exportJWK(publicKey)), kid, alg: 'ES256', use: 'sig' };
  return { kid, privateKey, entry };
}

/**
 * The parts that a test may replace. Each of `discovery`, `keys`, `token`, `userinfo` takes what a right answer would
 * say and gives what is said: an object as JSON, or a function that gets the ServerResponse.
 */
const RIGHT = {
  /** Of the ID token; undefined leaves a claim out. */
  claims: (claims) => claims,
  /** The ID token of these claims. */
  sign: ({ claims, key }) =>
    new SignJWT(claims).setProtectedHeader({ alg: 'ES256', kid: key.kid, typ: 'JWT' }).sign(key.privateKey),
  discovery: (document) => document,
  keys: (set) => set,
  token: (tokens) => tokens,
  userinfo: (profile) => profile,
  /** Of the way back to the client. */
  parameters: (parameters) => parameters,
};

export class ScriptedProvider {
  /** How often each path was asked. */
  counts = new Map();
  /** Who agreed, and the nonce of that: by code. */
  #agreed = new Map();
  /** Whose each access and refresh token is. */
  #owners = new Map();

  /** Starts one for a client, `{id, client_id, client_secret}`, with one account. */
  static async start({ client, account, ...parts }) {
    const provider = new ScriptedProvider();
    Object.assign(provider, { client, account, key: await newKey() });
    provider.behave(parts);
    provider.server = http.createServer((incoming, outgoing) => {
      provider.#answer(incoming, outgoing).catch((error) => outgoing.writeHead(500).end(String(error)));
    });
    await new Promise((resolve) => provider.server.listen(0, '127.0.0.1', resolve));
    provider.origin = `http://127.0.0.1:${provider.server.address().port}`;
    return provider;
  }

  /** Replaces parts; the others are right. */
  behave(parts) {
    this.parts = { ...RIGHT, ...parts };
  }

  /** What Kiavi is to know of it. */
  get settings() {
    return { ...this.client, discovery_url: `${this.origin}/.well-known/openid-configuration` };
  }

  count(path) {
    return this.counts.get(path) ?? 0;
  }

  /** Somebody agrees: from the authorization URL to what the browser is sent back to. */
  agree(url, account = this.account) {
    const asked = new URL(url).searchParams;
    const code = randomUUID();
    this.#agreed.set(code, { account, nonce: asked.get('nonce') ?? undefined });
    const back = new URL(asked.get('redirect_uri'));
    const parameters = this.parts.parameters({ code, state: asked.get('state'), iss: this.origin });
    for (const [name, value] of Object.entries(parameters)) back.searchParams.set(name, value);
    return back.href;
  }

  stop() {
    return stopServer(this.server);
  }

  async #answer(incoming, outgoing) {
    const path = new URL(incoming.url, this.origin).pathname;
    this.counts.set(path, this.count(path) + 1);
    const said = await this.#says(path, incoming);
    if (typeof said === 'function') return said(outgoing);
    outgoing.writeHead(said ? 200 : 404, { 'content-type': 'application/json' });
    outgoing.end(JSON.stringify(said ?? {}));
  }

  async #says(path, incoming) {
    const { parts, key, origin, account } = this;
    switch (path) {
      case '/.well-known/openid-configuration':
        return parts.discovery({
          issuer: origin,
          authorization_endpoint: `${origin}/authorize`,
          token_endpoint: `${origin}/token`,
          userinfo_endpoint: `${origin}/me`,
          jwks_uri: `${origin}/keys`,
          code_challenge_methods_supported: ['S256'],
          authorization_response_iss_parameter_supported: true,
        });
      case '/keys':
        return parts.keys({ keys: [key.entry] });
      case '/token': {
        const form = new URLSearchParams(await text(incoming));
        const known = this.#agreed.get(form.get('code')) ?? { account: this.#owners.get(form.get('refresh_token')) };
        const { account = this.account, nonce } = known;
        const tokens = parts.token({
          access_token: `access-${randomUUID()}`,
          token_type: 'Bearer',
          expires_in: 3600,
          id_token: await this.idTokenOf({ ...account, nonce }),
        });
        this.#owners.set(tokens.access_token, account).set(tokens.refresh_token, account);
        return tokens;
      }
      case '/me':
        return parts.userinfo(this.#owners.get(bearer(incoming)) ?? account);
      default:
        return undefined;
    }
  }

  /** An ID token for its client that says these claims of somebody. */
  idTokenOf(somebody) {
    const right = { ...somebody, iss: this.origin, aud: this.client.client_id, iat: now(), exp: now() + 300 };
    return this.parts.sign({ claims: this.parts.claims(right), key: this.key });
  }
}

const bearer = ({ headers: { authorization = '' } }) => authorization.replace(/^Bearer /i, '');

async function text(incoming) {
  const chunks = await incoming.toArray();
  return Buffer.concat(chunks).toString('utf8');
}
