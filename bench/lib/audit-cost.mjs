// What does the log cost those who sign in? The same program with and without it, in turn, on clusters of their own.

import { existsSync } from 'node:fs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { startKiaviTenant } from './contenders.mjs';
import { codeCycles, passkeyCycles } from './cycles.mjs';
import { median, table } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';
import { metered } from './usage.mjs';

const number = (name, otherwise) => Number(process.env[name] ?? otherwise);
const ROUNDS = number('ROUNDS', 7);
const SECONDS = number('SECONDS', 8);
const WARM_UP_SECONDS = number('WARM_UP_SECONDS', 3);
const CONNECTIONS = (process.env.CONNECTIONS ?? '16 64').split(/[ ,]+/).map(Number);
const PATHS = { 'sign-in by passkey': passkeyCycles, 'sign-in by code': codeCycles };
const PROGRAMS = { 'with the log': undefined, 'without a log': process.env.BARE_BIN };

requireKiavi();
if (!existsSync(PROGRAMS['without a log'] ?? '')) {
  console.error('BARE_BIN names no program that is built without the log: see bench/audit-cost');
  process.exit(1);
}

/** Whether what the program was built as is what it is. */
async function requireLog(kiavi, isThere) {
  const [{ events }] = await kiavi.sql('demo', "select count(*)::int as events from kiavi.audit_event where type <> 'log.heartbeat'");
  if (events > 0 !== isThere) throw new Error(`${events} events: it is not the program that it should be`);
}

/** All rounds of one path: the results by program. */
async function measure(name, contenders, connections) {
  const results = new Map(Object.keys(contenders).map((program) => [program, []]));
  for (let round = 0; round <= ROUNDS; round += 1) {
    // Neither always comes first.
    const turn = Object.entries(contenders);
    if (round % 2 === 1) turn.reverse();
    for (const [program, { contender, postmaster }] of turn) {
      const seconds = round === 0 ? WARM_UP_SECONDS : SECONDS;
      const result = await metered(contender, postmaster, () => PATHS[name](contender, { connections, seconds }));
      if (round > 0) results.get(program).push(result);
      console.log(`${name}, ${connections} connections, round ${round}/${ROUNDS}, ${program}: ${Math.round(result.perSecond)} /s`);
    }
  }
  return results;
}

const instances = [];
try {
  const contenders = {};
  for (const [name, program] of Object.entries(PROGRAMS)) {
    const kiavi = await startKiavi({ args: ['--engine-idle', '86400'], program });
    instances.push(kiavi);
    const contender = await startKiaviTenant(kiavi, name, 'demo');
    await requireLog(kiavi, program === undefined);
    contenders[name] = { contender, postmaster: kiavi.postgres().pid };
  }
  const rows = [['', '/s', 'p50 ms', 'p99 ms', 'server µs', 'PostgreSQL µs', 'of without']];
  for (const name of Object.keys(PATHS)) {
    for (const connections of CONNECTIONS) {
      const results = await measure(name, contenders, connections);
      const middle = (program, field) => median(results.get(program).map((result) => result[field]));
      for (const program of Object.keys(contenders)) {
        const value = (field, digits = 0) => middle(program, field).toFixed(digits);
        const share = (100 * middle(program, 'perSecond')) / middle('without a log', 'perSecond');
        rows.push([
          `${name}, ${connections} connections, ${program}`,
          value('perSecond'),
          value('p50', 2),
          value('p99', 2),
          value('server'),
          value('postgres'),
          `${share.toFixed(1)} %`,
        ]);
      }
    }
  }
  const effort = `${SECONDS} s a round, medians of ${ROUNDS} alternating rounds, ${WARM_UP_SECONDS} s of warm-up`;
  report('audit-cost', [effort, table(rows)].join('\n\n'));
} finally {
  for (const kiavi of instances) await kiavi.dispose();
}
