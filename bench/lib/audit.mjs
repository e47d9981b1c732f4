// How long does it take to verify a log, and how much memory? A made-up log of a million events is written first.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { KIAVI_BIN } from '../../tests/lib/kiavi.mjs';
import { median, table } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';

const EVENTS = Number(process.env.EVENTS ?? 1_000_000);
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** The most memory that a process has had so far, in KiB; undefined when it has ended. */
function peak(pid) {
  try {
    return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);
  } catch {
    return undefined;
  }
}

/** Runs a verification; gives seconds and KiB. */
async function verify(bundle) {
  const started = process.hrtime.bigint();
  const child = spawn(KIAVI_BIN, ['audit', 'verify', bundle], { stdio: ['ignore', 'ignore', 'inherit'] });
  let most = 0;
  const watch = setInterval(() => (most = Math.max(most, peak(child.pid) || 0)), 10);
  const code = await new Promise((resolve) => child.on('exit', resolve));
  clearInterval(watch);
  if (code !== 0) throw new Error(`the bundle did not verify: exit code ${code}`);
  return { seconds: Number(process.hrtime.bigint() - started) / 1e9, kibibytes: most };
}

requireKiavi();
const folder = mkdtempSync(path.join(os.tmpdir(), 'kiavi-audit-'));
try {
  const bundle = path.join(folder, 'bundle');
  const make = ['run', '--quiet', '--release', '-p', 'kiavi-audit', '--example', 'bundle', '--', bundle, String(EVENTS)];
  execFileSync('cargo', make, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] });
  const size = Number(execFileSync('du', ['-sk', bundle], { encoding: 'utf8' }).split('\t')[0]);
  const proof = size * 1024 - statSync(path.join(bundle, 'events.ndjson')).size;
  const rounds = [];
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await verify(bundle));
  const seconds = median(rounds.map((round) => round.seconds));
  report(
    'audit',
    table([
      ['kiavi audit verify', 'measured'],
      ['events', EVENTS],
      ['bundle', `${(size / 1024).toFixed(0)} MiB`],
      ['bytes an event: all of the bundle, the lines for readers included', ((size * 1024) / EVENTS).toFixed(0)],
      ['bytes an event: entries, tiles and checkpoints, which prove it', (proof / EVENTS).toFixed(0)],
      ['time', `${seconds.toFixed(1)} s`],
      ['events a second', Math.round(EVENTS / seconds)],
      ['most memory', `${(Math.max(...rounds.map((round) => round.kibibytes)) / 1024).toFixed(1)} MiB`],
    ]),
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}
