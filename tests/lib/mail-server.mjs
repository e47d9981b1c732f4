// A real mail server, for one test file: it speaks SMTP, keeps what it takes, and answers as the test wants.

import PostalMime from 'postal-mime';
import { SMTPServer } from 'smtp-server';
import { codeIn } from './mailbox.mjs';
import { freePort } from './ports.mjs';
import { until } from './wait.mjs';

/** How long a mail may take from the answer of the request that caused it; a deferred one waits 2 s, then 4 s. */
const DELIVERY_DEADLINE_MS = 30_000;

/** An answer of the server, such as `reply(451, 'try again later')`. */
export const reply = (code, text) => Object.assign(new Error(text), { responseCode: code });

export class MailServer {
  /** What was offered, whether it was taken or not: {to, attempt}. */
  offers = [];
  /** What was taken, oldest first: {to, from, recipients, raw, mail}, where `mail` is the parsed message. */
  taken = [];
  #given = new Map();
  /** Address → what to answer to an offer: `(attempt) => undefined | Error | Promise of these`. */
  #answers = new Map();
  /** Address → what to answer to it as a recipient. */
  #refusals = new Map();
  /** How often somebody tried to sign in, right or wrong. */
  signIns = 0;

  /**
   * `account` makes the server ask for {user, password}. With a `certificate`, {key, cert}, it speaks TLS: from the
   * first byte if `isImplicit`, else after STARTTLS, and takes no password before.
   */
  constructor({ port, account, certificate, isImplicit = false } = {}) {
    Object.assign(this, { port, account, certificate, isImplicit });
  }

  static async start(settings) {
    const server = new MailServer(settings);
    await server.start();
    return server;
  }

  async start() {
    this.port ??= await freePort();
    const isUpgraded = this.certificate && !this.isImplicit;
    this.server = new SMTPServer({
      ...this.certificate,
      secure: this.isImplicit,
      disabledCommands: [...(isUpgraded ? [] : ['STARTTLS']), ...(this.account ? [] : ['AUTH'])],
      allowInsecureAuth: !this.certificate,
      authOptional: !this.account,
      disableReverseLookup: true,
      logger: false,
      onAuth: ({ username, password }, _session, done) => {
        this.signIns += 1;
        const known = username === this.account.user && password === this.account.password;
        done(known ? null : reply(535, 'unknown'), { user: username });
      },
      onRcptTo: ({ address }, _session, done) => done(this.#refusals.get(address)),
      onData: (stream, session, done) => {
        this.#take(stream, session).then(() => done(), done);
      },
    });
    this.server.on('error', () => {}); // a client that goes away
    await new Promise((resolve) => this.server.listen(this.port, '127.0.0.1', resolve));
  }

  get url() {
    const who = this.account ? `${this.account.user}:${this.account.password}@` : '';
    return `smtp://${who}127.0.0.1:${this.port}`;
  }

  /** Decides over all offers to `address`. */
  answer(address, decide) {
    this.#answers.set(address, decide);
  }

  /** Refuses `address` as a recipient. */
  refuse(address, error) {
    this.#refusals.set(address, error);
  }

  async #take(stream, { envelope }) {
    const chunks = [];
    for await (const chunk of stream) chunks.push(chunk);
    const raw = Buffer.concat(chunks).toString('latin1');
    const recipients = envelope.rcptTo.map(({ address }) => address);
    const [to] = recipients;
    const offer = { to, attempt: this.attempts(to) + 1, raw };
    this.offers.push(offer);
    const refusal = await this.#answers.get(to)?.(offer.attempt);
    if (refusal) throw refusal;
    const mail = await PostalMime.parse(Buffer.concat(chunks));
    this.taken.push({ to, from: envelope.mailFrom.address, recipients, raw, mail, text: mail.text });
  }

  attempts(address) {
    return this.offers.filter(({ to }) => to === address).length;
  }

  /** The next mail to an address that was not given out yet. */
  async next(address) {
    const given = this.#given.get(address) ?? 0;
    const mails = await until(
      `a mail to ${address} arrives`,
      () => {
        const all = this.taken.filter(({ to }) => to === address);
        return all.length > given && all;
      },
      { within: DELIVERY_DEADLINE_MS },
    );
    this.#given.set(address, given + 1);
    return mails[given];
  }

  /** The six digits of the next mail to an address. */
  async nextCode(address) {
    return codeIn(await this.next(address));
  }

  stop() {
    return new Promise((resolve) => this.server.close(resolve));
  }
}
