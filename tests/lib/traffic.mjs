// People who sign up by code, all the time, and remember what they were told.

import { Visitor, freshEmail } from './visitor.mjs';

/** Between one person's sign-in and the next of the same worker. */
const PAUSE_MS = 30;

export class Traffic {
  /** {email, token, userId} of every sign-in that was answered with 200. */
  signedIn = [];
  /** What went wrong, as the person saw it. */
  failures = [];
  #running = true;

  constructor(target, { workers = 4 } = {}) {
    this.target = target;
    this.done = Promise.all(Array.from({ length: workers }, () => this.#work()));
  }

  async #work() {
    while (this.#running) {
      await this.#signUp().catch((error) => this.failures.push(error.message));
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }

  async #signUp() {
    const email = freshEmail('chaos');
    const visitor = new Visitor(this.target.url, this.target.mailbox);
    const otp = await visitor.requestCode(email);
    const answer = await visitor.post('/sign-in/email-otp', { email, otp });
    if (answer.status !== 200) throw new Error(`${answer.status} ${answer.text}`);
    const { token, user } = answer.json;
    this.signedIn.push({ email, token, userId: user.id });
  }

  async stop() {
    this.#running = false;
    await this.done;
  }
}
