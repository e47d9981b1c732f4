// One person with one browser, at one tenant: cookies, an Origin header, a network of its own.

import { CookieJar, request } from './http.mjs';

export const BASE_PATH = '/api/auth';
export const SESSION_COOKIE = 'better-auth.session_token';
export const CHALLENGE_COOKIE = 'better-auth.better-auth-passkey';

let visitors = 0;

/** A loopback address that no other visitor of this process has. */
export function ownAddress() {
  visitors += 1;
  return `127.${1 + (process.pid % 250)}.${Math.floor(visitors / 250) % 250}.${1 + (visitors % 250)}`;
}

/** An address of a mailbox that nobody else uses. */
export function freshEmail(name = 'ada') {
  return `${name}.${process.pid}.${Date.now().toString(36)}.${Math.random().toString(36).slice(2, 8)}@example.com`;
}

export class Visitor {
  /** `url` is the tenant's origin; `mailbox` is where its codes arrive; with an `agent` connections are kept. */
  constructor(url, mailbox, { jar = new CookieJar(), localAddress = ownAddress(), agent } = {}) {
    this.url = url;
    this.agent = agent;
    this.origin = new URL(url).origin;
    this.mailbox = mailbox;
    this.jar = jar;
    this.localAddress = localAddress;
    this.userAgent = 'kiavi-tests/1';
  }

  /** The same person in another browser: own cookies, own network. */
  another() {
    return new Visitor(this.url, this.mailbox);
  }

  /** One request to the auth API; cookies travel both ways, as in a browser. The answer says what was `asked`. */
  async send(method, path, { body, headers = {}, base = BASE_PATH } = {}) {
    const answer = await request(`${this.url}${base}${path}`, {
      method,
      body,
      localAddress: this.localAddress,
      agent: this.agent,
      headers: {
        'user-agent': this.userAgent,
        cookie: this.jar.header(),
        ...(method === 'GET' || method === 'HEAD' ? {} : { origin: this.origin }),
        ...headers,
      },
    });
    this.jar.store(answer);
    return Object.assign(answer, { asked: { method, path: `${base}${path}` } });
  }

  get(path, options) {
    return this.send('GET', path, options);
  }

  post(path, body = {}, { headers, ...rest } = {}) {
    return this.send('POST', path, {
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...headers },
      ...rest,
    });
  }

  async requestCode(email) {
    const answer = await this.post('/email-otp/send-verification-otp', { email, type: 'sign-in' });
    must(answer, 'asking for a code');
    return this.mailbox.nextCode(email);
  }

  /** Signs in (or up) by a mailed code; gives the answer's body. */
  async signInByCode(email) {
    const otp = await this.requestCode(email);
    return must(await this.post('/sign-in/email-otp', { email, otp }), 'signing in by code');
  }

  async registrationOptions() {
    return must(await this.get('/passkey/generate-register-options'), 'asking for registration options');
  }

  async addPasskey(authenticator, { name } = {}) {
    const options = await this.registrationOptions();
    const response = authenticator.create(options, this.origin);
    return must(await this.post('/passkey/verify-registration', { response, name }), 'adding a passkey');
  }

  async authenticationOptions() {
    return must(await this.get('/passkey/generate-authenticate-options'), 'asking for sign-in options');
  }

  async signInByPasskey(authenticator) {
    const options = await this.authenticationOptions();
    const response = authenticator.get(options, this.origin);
    return must(await this.post('/passkey/verify-authentication', { response }), 'signing in by passkey');
  }

  async session() {
    return must(await this.get('/get-session'), 'reading the session');
  }

  /**
   * `fetch` for the official client: what a page at this origin would send. Credentials are always
   * included, Origin goes with everything but GET, Set-Cookie goes into the jar.
   */
  fetch = async (input, init = {}) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const method = init.method ?? 'GET';
    const answer = await this.send(method, `${url.pathname}${url.search}`, {
      base: '',
      body: init.body ?? undefined,
      headers: Object.fromEntries(new Headers(init.headers)),
    });
    return new Response(answer.text === '' ? null : answer.text, {
      status: answer.status,
      statusText: answer.statusText,
      headers: Object.entries(answer.headers).filter(([name]) => name !== 'set-cookie'),
    });
  };
}

function must(answer, what) {
  if (answer.status === 200) return answer.json;
  throw new Error(`${what}: ${answer.status} ${answer.text}`);
}
