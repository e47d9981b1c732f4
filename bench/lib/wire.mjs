// HTTP/1.1 on kept connections with as little of its own as possible: the driver shares the machine with what it
// measures.

import net from 'node:net';

const ANSWER_DEADLINE_MS = 30_000;

export class Connection {
  #socket;
  #received = Buffer.alloc(0);
  #waiting;

  static open(port) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(port, '127.0.0.1', () => resolve(new Connection(socket)));
      socket.once('error', reject);
    });
  }

  constructor(socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.setTimeout(ANSWER_DEADLINE_MS, () => socket.destroy(new Error('no answer in time')));
    socket.on('data', (chunk) => this.#take(chunk));
    socket.on('error', (error) => this.#fail(error));
    socket.on('close', () => this.#fail(new Error('the server closed the connection')));
  }

  /** One request; `body` is sent as JSON. Gives {status, cookie, text}; any status but the `expected` is an error. */
  async send(contender, method, path, { cookie, body, expected = 200 } = {}) {
    const payload = body === undefined ? '' : JSON.stringify(body);
    const lines = [`${method} ${path} HTTP/1.1`, `Host: ${contender.host}`];
    if (cookie) lines.push(`Cookie: ${cookie}`);
    if (method !== 'GET') {
      lines.push(`Origin: ${contender.url}`, 'Content-Type: application/json');
      lines.push(`Content-Length: ${Buffer.byteLength(payload)}`);
    }
    const answer = await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#socket.write(`${lines.join('\r\n')}\r\n\r\n${payload}`);
    });
    if (answer.status !== expected) throw new Error(`${contender.name}: ${method} ${path}: ${answer.status} ${answer.text}`);
    return answer;
  }

  close() {
    this.#socket.removeAllListeners('close');
    this.#socket.destroy();
  }

  #take(chunk) {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const answer = whole(this.#received);
    if (!answer) return;
    this.#received = Buffer.alloc(0);
    const { resolve } = this.#waiting ?? {};
    this.#waiting = undefined;
    resolve?.(answer);
  }

  #fail(error) {
    this.#waiting?.reject(error);
    this.#waiting = undefined;
  }
}

/** The answer, if all of it is here (RFC 9112 §6.3: by length or chunked). */
function whole(bytes) {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const head = bytes.toString('latin1', 0, end);
  const body = bytes.subarray(end + 4);
  const length = /^content-length: *(\d+)/im.exec(head)?.[1];
  const isChunked = /^transfer-encoding: *chunked/im.test(head);
  const text = isChunked ? dechunked(body) : bodyOf(body, Number(length ?? 0));
  if (text === undefined) return undefined;
  const cookies = [...head.matchAll(/^set-cookie: *([^;\r]*)/gim)].map(([, pair]) => pair);
  return { status: Number(head.slice(9, 12)), cookie: cookies.join('; '), text };
}

const bodyOf = (body, length) => (body.length < length ? undefined : body.toString('utf8', 0, length));

function dechunked(body) {
  const parts = [];
  for (let at = 0; ; ) {
    const line = body.indexOf('\r\n', at);
    if (line < 0) return undefined;
    const size = Number.parseInt(body.toString('latin1', at, line), 16);
    const next = line + 2 + size + 2;
    if (body.length < next) return undefined;
    if (size === 0) return Buffer.concat(parts).toString('utf8');
    parts.push(body.subarray(line + 2, line + 2 + size));
    at = next;
  }
}

/** `count` connections at once. */
export const openConnections = (port, count) => Promise.all(Array.from({ length: count }, () => Connection.open(port)));
