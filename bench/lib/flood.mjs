// What the neighbours of a flooded tenant wait: one tenant is asked at a steady rate, first while nothing else happens, then
// while another one gets as much as wrk can send; in turn, round after round.

import { spawn } from 'node:child_process';
import http from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { request } from '../../tests/lib/http.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { UNLIMITED } from '../../tests/lib/rush.mjs';
import { Visitor, freshEmail } from '../../tests/lib/visitor.mjs';
import { median, percentile, table } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';

const ROUNDS = Number(process.env.ROUNDS ?? 5);
const SECONDS = Number(process.env.SECONDS ?? 8);
/** The neighbour's own share: requests a second. */
const RATE = Number(process.env.RATE ?? 100);
const CONNECTIONS = Number(process.env.CONNECTIONS ?? 256);
/** How many times its share the flooded tenant is to get. */
const TIMES = 20;

const PATHS = [
  ['session checks', '/api/auth/get-session'],
  ['challenges, a write each', '/api/auth/passkey/generate-authenticate-options'],
  ['pages', '/sign-in'],
];

/** Milliseconds of each session check, asked at the rate whether or not the one before was answered; and what failed. */
async function steady(tenant, cookie) {
  const agent = new http.Agent({ keepAlive: true, maxSockets: 8 });
  const times = [];
  const failures = [];
  const asked = [];
  const ask = async () => {
    const started = performance.now();
    try {
      const answer = await request(`${tenant.url}/api/auth/get-session`, { agent, headers: { cookie } });
      if (answer.status === 200 && answer.text.includes('"session"')) times.push(performance.now() - started);
      else failures.push(`${answer.status}`);
    } catch (error) {
      failures.push(error.message);
    }
  };
  const begin = performance.now();
  for (let i = 0; i < RATE * SECONDS; i += 1) {
    await pause(Math.max(0, begin + (i * 1000) / RATE - performance.now()));
    asked.push(ask());
  }
  await Promise.all(asked);
  agent.destroy();
  return { times, failures };
}

/** As much as wrk sends while `work` is done: its result, and the requests a second that were answered, however. */
async function flooded(kiavi, host, target, work) {
  const url = `http://127.0.0.1:${kiavi.port}${target}`;
  const wrk = spawn('wrk', ['-t1', `-c${CONNECTIONS}`, '-d600s', '-H', `Host: ${host}`, url]);
  let output = '';
  wrk.stdout.on('data', (text) => (output += text));
  const ended = new Promise((resolve, reject) => wrk.once('close', resolve).once('error', reject));
  await pause(500);
  const result = await work();
  wrk.kill('SIGINT');
  await ended;
  return { ...result, perSecond: Number(output.match(/Requests\/sec:\s+([\d.]+)/)?.[1] ?? 0) };
}

requireKiavi();
const kiavi = await startKiavi();
try {
  const neighbour = kiavi.tenant();
  const target = await kiavi.createTenant('flooded');
  await kiavi.set('flooded', UNLIMITED);
  const visitor = new Visitor(neighbour.url, neighbour.mailbox);
  await visitor.signInByCode(freshEmail('bench'));
  const cookie = visitor.jar.header();
  const rows = [['the other tenant gets', 'times its share', 'p50 quiet', 'p50', 'p99 quiet', 'p99', 'ratio', 'errors']];
  for (const [name, path] of PATHS) {
    const rounds = [];
    for (let round = 0; round < ROUNDS; round += 1) {
      const quiet = await steady(neighbour, cookie);
      const loud = await flooded(kiavi, new URL(target.url).host, path, () => steady(neighbour, cookie));
      rounds.push({ quiet, loud });
      console.log(`${name}: ${round + 1}/${ROUNDS}`);
    }
    const of = (which, share) => median(rounds.map((round) => percentile(round[which].times, share)));
    const ratio = median(rounds.map(({ quiet, loud }) => percentile(loud.times, 99) / percentile(quiet.times, 99)));
    const times = median(rounds.map(({ loud }) => loud.perSecond / RATE));
    const errors = rounds.reduce((sum, { quiet, loud }) => sum + quiet.failures.length + loud.failures.length, 0);
    const text = (value) => `${value.toFixed(1)} ms`;
    rows.push([
      name, `${times.toFixed(0)}${times < TIMES ? ' (TOO FEW)' : ''}`, text(of('quiet', 50)), text(of('loud', 50)),
      text(of('quiet', 99)), text(of('loud', 99)), ratio.toFixed(1), errors,
    ]);
  }
  report(
    'flood',
    [
      `session checks of one tenant, ${RATE} a second; ${ROUNDS} rounds of ${SECONDS} s, medians; wrk with ${CONNECTIONS} connections`,
      'client, wrk and instance share the machine',
      '',
      table(rows),
    ].join('\n'),
  );
} finally {
  await kiavi.dispose();
}
