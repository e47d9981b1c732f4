// A server that is sent webhooks: HTTPS on a port of this machine, by the standard's own library.

import https from 'node:https';
import { Webhook } from 'standardwebhooks';
import { freePort } from './ports.mjs';

export class WebhookReceiver {
  /** What has come, oldest first: {path, headers, body, event}. */
  seen = [];
  /** `(request, number) => status | {status, headers, body} | Promise of these`; never settling is hanging. */
  answer = () => 204;
  #sockets = new Set();

  /** Speaks TLS with `certificate`, {key, cert}. */
  static async start(certificate) {
    const receiver = new WebhookReceiver();
    receiver.port = await freePort();
    receiver.server = https.createServer(certificate, (incoming, outgoing) => receiver.#take(incoming, outgoing));
    receiver.server.on('connection', (socket) => {
      receiver.#sockets.add(socket);
      socket.on('close', () => receiver.#sockets.delete(socket));
      socket.on('error', () => {}); // a client that goes away
    });
    receiver.server.on('tlsClientError', () => {}); // and one that does not believe us
    await new Promise((resolve) => receiver.server.listen(receiver.port, '127.0.0.1', resolve));
    return receiver;
  }

  get url() {
    return `https://127.0.0.1:${this.port}/hook`;
  }

  /** Ids of events of a type, in the order of their first arrival. */
  ids(type) {
    const matching = this.seen.filter(({ event }) => !type || event.type === type);
    return [...new Set(matching.map(({ headers }) => headers['webhook-id']))];
  }

  types() {
    return this.seen.map(({ event }) => event.type);
  }

  /** The payload, if it is genuine; throws otherwise. */
  static verify(secret, { body, headers }) {
    return new Webhook(secret).verify(body, headers);
  }

  async #take(incoming, outgoing) {
    const chunks = [];
    for await (const chunk of incoming) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString();
    const request = { path: incoming.url, headers: incoming.headers, body, event: JSON.parse(body) };
    this.seen.push(request);
    const answer = await this.answer(request, this.seen.length);
    const { status, headers = {}, body: said = '' } = typeof answer === 'number' ? { status: answer } : answer;
    if (!outgoing.destroyed) outgoing.writeHead(status, headers).end(said);
  }

  async stop() {
    this.#sockets.forEach((socket) => socket.destroy());
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** For `answer`: nothing, ever. */
export const hang = () => new Promise(() => {});
