// A recursive name server of our own, over TCP: a table of TXT records and aliases.

import { once } from 'node:events';
import dns2 from 'dns2';

const { Packet } = dns2;
const NO_SUCH_NAME = 3;
const SERVER_FAILURE = 2;

export class NameServer {
  /** Texts by name; a name may also lead to another one: `{ alias: 'name' }`. */
  records = new Map();
  /** Whether it fails whatever it is asked. */
  isFailing = false;
  /** The names that it was asked for. */
  asked = [];

  async start() {
    this.server = dns2.createTCPServer((request, send) => send(this.#answer(request)));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.address = `127.0.0.1:${this.server.address().port}`;
  }

  stop() {
    this.server?.close();
  }

  #answer(request) {
    const [question] = request.questions;
    this.asked.push(question.name);
    const response = Packet.createResponseFromRequest(request);
    let name = question.name.toLowerCase();
    if (this.isFailing) {
      response.header.rcode = SERVER_FAILURE;
      return response;
    }
    const record = (type, more) => response.answers.push({ name, type, class: Packet.CLASS.IN, ttl: 60, ...more });
    while (this.records.get(name)?.alias) {
      const { alias } = this.records.get(name);
      record(Packet.TYPE.CNAME, { domain: alias });
      name = alias;
    }
    const texts = this.records.get(name);
    if (!texts) response.header.rcode = NO_SUCH_NAME;
    for (const data of texts ?? []) record(Packet.TYPE.TXT, { data });
    return response;
  }
}
