// HTTP as the tests need it: every `*.localhost` name is the loopback address, one connection a request,
// the source address can be chosen (all of 127.0.0.0/8 is ours, so each visitor can be a network of its
// own), and no header is added, merged or hidden.

import http from 'node:http';

const REQUEST_TIMEOUT_MS = 20_000;

function toLoopback(_hostname, options, callback) {
  if (options.all) callback(null, [{ address: '127.0.0.1', family: 4 }]);
  else callback(null, '127.0.0.1', 4);
}

/**
 * Sends one request and reads the whole answer. `headers` with the value undefined are left out. Connections are those of
 * an `agent`, if there is one.
 */
export function request(url, { method = 'GET', headers = {}, body, localAddress, timeout, agent = false } = {}) {
  const target = new URL(url);
  // The path goes out as it was written: tests of routing must not be tidied by the URL parser.
  const path = url.slice(target.protocol.length + 2).replace(/^[^/?]*/, '') || '/';
  const sent = { host: target.host, connection: agent ? 'keep-alive' : 'close' };
  for (const [name, value] of Object.entries(headers)) {
    if (value === undefined) delete sent[name.toLowerCase()];
    else sent[name.toLowerCase()] = value;
  }
  const payload = body === undefined ? undefined : Buffer.from(body);
  if (payload && sent['content-length'] === undefined) sent['content-length'] = payload.length;

  return new Promise((resolve, reject) => {
    const outgoing = http.request(
      {
        host: target.hostname,
        port: target.port || 80,
        path,
        method,
        headers: sent,
        lookup: toLoopback,
        localAddress,
        agent,
        setHost: false,
        timeout: timeout ?? REQUEST_TIMEOUT_MS,
      },
      (incoming) => {
        const chunks = [];
        incoming.on('data', (chunk) => chunks.push(chunk));
        incoming.on('error', reject);
        incoming.on('end', () => resolve(new Answer(incoming, Buffer.concat(chunks))));
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer from ${method} ${url} in time`)));
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

/** An answer, read to its end. */
export class Answer {
  constructor(incoming, bytes) {
    this.status = incoming.statusCode;
    this.statusText = incoming.statusMessage;
    this.headers = incoming.headers;
    this.setCookies = incoming.headers['set-cookie'] ?? [];
    this.text = bytes.toString('utf8');
  }

  get json() {
    return this.text === '' ? undefined : JSON.parse(this.text);
  }

  /** The Set-Cookie lines taken apart: name, value and the attributes in their order. */
  get cookies() {
    return this.setCookies.map(parseSetCookie);
  }
}

export function parseSetCookie(line) {
  const [pair, ...attributes] = line.split(/;\s*/);
  const at = pair.indexOf('=');
  return { name: pair.slice(0, at), value: pair.slice(at + 1), attributes };
}

/** What a browser keeps for one host: names and values; a cookie with Max-Age=0 goes away. */
export class CookieJar {
  #cookies = new Map();

  store(answer) {
    for (const { name, value, attributes } of answer.cookies) {
      if (attributes.some((attribute) => /^max-age=0$/i.test(attribute))) this.#cookies.delete(name);
      else this.#cookies.set(name, value);
    }
  }

  get(name) {
    return this.#cookies.get(name);
  }

  set(name, value) {
    this.#cookies.set(name, value);
  }

  delete(name) {
    this.#cookies.delete(name);
  }

  get size() {
    return this.#cookies.size;
  }

  copy() {
    const jar = new CookieJar();
    for (const [name, value] of this.#cookies) jar.set(name, value);
    return jar;
  }

  /** The Cookie header, or undefined for an empty jar. */
  header() {
    if (this.size === 0) return undefined;
    return [...this.#cookies].map(([name, value]) => `${name}=${value}`).join('; ');
  }
}
