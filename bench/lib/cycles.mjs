// Sign-ins from end to end, over kept connections: each step is a request of its own, and nothing that a server has
// to do is done beforehand. What the browser does in between (the signature of a passkey) is done here, for all
// contenders alike.

import { SoftAuthenticator } from '../../tests/lib/authenticator.mjs';
import { BASE_PATH, Visitor } from '../../tests/lib/visitor.mjs';
import { percentile } from './numbers.mjs';
import { openConnections } from './wire.mjs';

/** Codes that one connection asks for before all of them are redeemed. Kiavi's mailbox keeps the last 1,000. */
const CODES_EACH = 8;
const CODE_DEADLINE_MS = 30_000;

const now = () => Number(process.hrtime.bigint()) / 1e6;

const result = (latencies, elapsed) => ({
  count: latencies.length,
  perSecond: (latencies.length / elapsed) * 1000,
  p50: percentile(latencies, 50),
  p99: percentile(latencies, 99),
});

async function withConnections(contender, count, work) {
  const connections = await openConnections(contender.port, count);
  try {
    return await work(connections);
  } finally {
    for (const connection of connections) connection.close();
  }
}

/** Every connection works on its share of `tasks`, one after the other; gives the milliseconds that all took. */
async function spread(connections, tasks, work) {
  const started = now();
  const share = async (connection, first) => {
    for (let i = first; i < tasks.length; i += connections.length) await work(connection, tasks[i]);
  };
  await Promise.all(connections.map(share));
  return now() - started;
}

/**
 * Sending a code and redeeming it, of people who have an account. In batches: first all codes are sent, and the
 * clock runs until the last of them is where the server leaves it; then, with the clock stopped, they are read in one
 * request; then all are redeemed. The latency of a cycle is that of its two requests.
 */
export function codeCycles(contender, { connections: count, seconds }) {
  const people = Array.from({ length: count * CODES_EACH }, (_, i) => ({ email: `cycle.${i}@example.com` }));
  return withConnections(contender, count, async (connections) => {
    const latencies = [];
    let elapsed = 0;
    while (elapsed < seconds * 1000) {
      elapsed += await sendCodes(contender, connections, people);
      elapsed += await spread(connections, people, async (connection, person) => {
        const started = now();
        const body = { email: person.email, otp: person.code };
        await connection.send(contender, 'POST', `${BASE_PATH}/sign-in/email-otp`, { body });
        latencies.push(person.sending + now() - started);
      });
    }
    return result(latencies, elapsed);
  });
}

/** Gives the milliseconds until the last code was there. */
async function sendCodes(contender, connections, people) {
  const since = Date.now();
  const started = now();
  await spread(connections, people, async (connection, person) => {
    const before = now();
    const body = { email: person.email, type: 'sign-in' };
    await connection.send(contender, 'POST', `${BASE_PATH}/email-otp/send-verification-otp`, { body });
    person.sending = now() - before;
  });
  const waiting = new Map(people.map((person) => [person.email, person]));
  for (;;) {
    const until = now() - started;
    for (const [email, code] of await contender.takeCodes(since)) {
      const person = waiting.get(email);
      if (person) person.code = code;
      waiting.delete(email);
    }
    if (waiting.size === 0) return until;
    if (until > CODE_DEADLINE_MS) throw new Error(`${contender.name}: ${waiting.size} codes have not arrived`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** One person with one passkey for each connection. */
export async function enrolPasskeys(contender, count) {
  contender.authenticators ??= [];
  while (contender.authenticators.length < count) {
    const visitor = new Visitor(contender.url, contender.mailbox);
    await visitor.signInByCode(`passkey.${contender.authenticators.length}@example.com`);
    const authenticator = new SoftAuthenticator();
    await visitor.addPasskey(authenticator);
    contender.authenticators.push(authenticator);
  }
}

/** Options, the authenticator's signature, verification: until somebody is signed in. */
export async function passkeyCycles(contender, { connections: count, seconds }) {
  await enrolPasskeys(contender, count);
  return withConnections(contender, count, async (connections) => {
    const latencies = [];
    const started = now();
    const end = started + seconds * 1000;
    const signInAgainAndAgain = async (connection, i) => {
      const authenticator = contender.authenticators[i];
      while (now() < end) {
        const before = now();
        const options = await connection.send(contender, 'GET', `${BASE_PATH}/passkey/generate-authenticate-options`);
        const response = authenticator.get(JSON.parse(options.text), contender.url);
        const given = { cookie: options.cookie, body: { response } };
        await connection.send(contender, 'POST', `${BASE_PATH}/passkey/verify-authentication`, given);
        latencies.push(now() - before);
      }
    };
    await Promise.all(connections.map(signInAgainAndAgain));
    return result(latencies, now() - started);
  });
}
