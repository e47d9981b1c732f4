// Many sign-ins: people with passkeys who sign in again and again over kept connections, at a rate, and remember what they
// were told. Each sign-in is two requests, the second of which writes.

import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { SoftAuthenticator } from './authenticator.mjs';
import { CookieJar } from './http.mjs';
import { Visitor, freshEmail } from './visitor.mjs';

/** After a failure; whoever is refused comes back. */
const PAUSE_MS = 20;

/** Settings of a tenant without limits that so many sign-ins of so few people would meet. */
export const UNLIMITED = {
  'rate_limits.general': null,
  'rate_limits.passkey_per_credential': null,
  'rate_limits.passkey_per_network': null,
};

export class Rush {
  /** {token, userId, at} of every sign-in that was answered with 200. */
  signedIn = [];
  /** What went wrong, as the person saw it. */
  failures = [];
  #people = [];
  #running = false;

  /** People with a passkey each; nobody signs in yet. */
  static async enrol(target, people) {
    const rush = new Rush();
    for (let i = 0; i < people; i += 1) {
      const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
      const visitor = new Visitor(target.url, target.mailbox, { agent });
      await visitor.signInByCode(freshEmail('rush'));
      const authenticator = new SoftAuthenticator();
      await visitor.addPasskey(authenticator);
      rush.#people.push({ visitor, authenticator });
    }
    return rush;
  }

  /** Signs in until stopped, at most so often, all people together. */
  start(perSecond) {
    this.#running = true;
    const interval = (1000 * this.#people.length) / perSecond;
    this.done = Promise.all(this.#people.map((person) => this.#work(person, interval)));
  }

  async #work(person, interval) {
    let next = performance.now() + Math.random() * interval;
    while (this.#running) {
      await pause(Math.max(0, next - performance.now()));
      // What could not be done in time is not caught up with.
      next = Math.max(next + interval, performance.now());
      try {
        await this.#signIn(person);
      } catch (error) {
        this.failures.push(error.message);
        await pause(PAUSE_MS);
      }
    }
  }

  async #signIn({ visitor, authenticator }) {
    // Somebody in a browser that is new: who is signed in already would end the session of before.
    visitor.jar = new CookieJar();
    const { session } = await visitor.signInByPasskey(authenticator);
    this.signedIn.push({ token: session.token, userId: session.userId, at: performance.now() });
  }

  /** Sign-ins a second, the median of the quarters of a second in which there were any. */
  usualRate() {
    const counts = new Map();
    for (const { at } of this.signedIn) counts.set(Math.floor(at / 250), (counts.get(Math.floor(at / 250)) ?? 0) + 1);
    const sorted = [...counts.values()].sort((a, b) => a - b);
    return 4 * (sorted[Math.floor(sorted.length / 2)] ?? 0);
  }

  async stop() {
    this.#running = false;
    await this.done;
    for (const { visitor } of this.#people) visitor.agent.destroy();
  }
}
