// What a figure was measured on, for the record.

import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { fileURLToPath } from 'node:url';
import { ISOLATION, KIAVI_BIN, kiaviMissing } from '../../tests/lib/kiavi.mjs';

const RESULTS = fileURLToPath(new URL('../results', import.meta.url));

export function requireKiavi() {
  const missing = kiaviMissing();
  if (!missing) return;
  console.error(`${missing}\nBuild it with: cargo build --release`);
  process.exit(1);
}

function version(command, ...args) {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).split('\n')[0].trim();
  } catch (error) {
    return (error.stdout ?? '').split('\n')[0].trim() || 'unknown';
  }
}

export function describeMachine() {
  const cpu = os.cpus()[0]?.model.trim() ?? 'unknown processor';
  return [
    `machine:    ${os.cpus().length} × ${cpu}, ${Math.round(os.totalmem() / 2 ** 30)} GiB, Linux ${os.release()}`,
    `kiavi:      ${KIAVI_BIN}, isolation ${ISOLATION}`,
    `node:       ${process.version}`,
    `load now:   ${readFileSync('/proc/loadavg', 'utf8').split(' ').slice(0, 3).join(' ')}`,
  ].join('\n');
}

export const wrkVersion = () => version('wrk', '-v').replace(/ \[.*/, '');

/** Prints a report and keeps it in bench/results. */
export function report(name, text) {
  mkdirSync(RESULTS, { recursive: true });
  const whole = `${describeMachine()}\n\n${text}\n`;
  writeFileSync(`${RESULTS}/${name}.txt`, whole);
  console.log(`\n${whole}`);
}
