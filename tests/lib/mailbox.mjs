// The development mailbox, read through its JSON.

import { request } from './http.mjs';
import { until } from './wait.mjs';

/** How long a mail may take from the answer of the request that caused it. */
const DELIVERY_DEADLINE_MS = 10_000;

const CODE = /\b\d{6}\b/;
const LINK = /https?:\/\/[^\s<>"]+/;

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

  /** The newest message to an address that `fits`, of those that this mailbox object has not passed yet. */
  async next(address, fits = () => true) {
    const seen = this.#seen.get(address) ?? 0;
    const { message, count } = await until(
      `a mail to ${address} arrives`,
      async () => {
        const all = await this.messages(address);
        const message = all.slice(0, all.length - seen).find(fits);
        return message && { message, count: all.length };
      },
      { within: DELIVERY_DEADLINE_MS },
    );
    this.#seen.set(address, count);
    return message;
  }

  /** The six digits of the next mail to an address that has some: notices have none. */
  async nextCode(address) {
    return codeIn(await this.next(address, ({ text }) => CODE.test(text)));
  }

  /** The first link of the next mail to an address that has one. */
  async nextLink(address) {
    const { text } = await this.next(address, ({ text }) => LINK.test(text));
    return text.match(LINK)[0];
  }
}

/** The six digits in a mail. */
export function codeIn({ to, text }) {
  const code = text.match(CODE)?.[0];
  if (!code) throw new Error(`no six digits in the mail to ${to}:\n${text}`);
  return code;
}
