// The development mailbox, read through its JSON.

import { request } from './http.mjs';
import { until } from './wait.mjs';

/** How long a mail may take from the answer of the request that caused it. */
const DELIVERY_DEADLINE_MS = 10_000;

export class Mailbox {
  #seen = new Map();

  constructor(url) {
    this.url = url;
  }

  /** All messages to an address, newest first. */
  async messages(address) {
    const answer = await request(`${this.url}/messages?to=${encodeURIComponent(address)}`);
    if (answer.status !== 200) throw new Error(`the mailbox answered ${answer.status}: ${answer.text}`);
    return answer.json;
  }

  /** The next message to an address that this mailbox object has not given out yet. */
  async next(address) {
    const seen = this.#seen.get(address) ?? 0;
    const messages = await until(
      `a mail to ${address} arrives`,
      async () => {
        const all = await this.messages(address);
        return all.length > seen && all;
      },
      { within: DELIVERY_DEADLINE_MS },
    );
    this.#seen.set(address, messages.length);
    return messages[0];
  }

  /** The six digits of the next mail to an address. */
  async nextCode(address) {
    return codeIn(await this.next(address));
  }

  /** The first link of the next mail to an address. */
  async nextLink(address) {
    const { text } = await this.next(address);
    const link = text.match(/https?:\/\/[^\s<>"]+/)?.[0];
    if (!link) throw new Error(`no link in the mail to ${address}:\n${text}`);
    return link;
  }
}

/** The six digits in a mail. */
export function codeIn({ to, text }) {
  const code = text.match(/\b\d{6}\b/)?.[0];
  if (!code) throw new Error(`no six digits in the mail to ${to}:\n${text}`);
  return code;
}
