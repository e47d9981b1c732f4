// wrk, for what is one request, the same again and again.

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Runs wrk against a contender: {perSecond, count, p50, p99}, in milliseconds. `more` are arguments of wrk. If the
 * contender speaks TLS, it has a `tlsName`, which the client names.
 */
export async function wrk(contender, route, { connections, seconds, headers = {}, more = [] }) {
  const sent = { Host: contender.host, ...headers };
  const { tlsName } = contender;
  const args = [
    '-t1', `-c${connections}`, `-d${seconds}s`, '--latency', '--timeout', '5s',
    ...Object.entries(sent).filter(([, value]) => value).flatMap(([name, value]) => ['-H', `${name}: ${value}`]),
    ...more,
    tlsName ? `https://${tlsName}:${contender.port}${route}` : `http://127.0.0.1:${contender.port}${route}`,
  ];
  const { stdout } = await (tlsName ? runKnowing(tlsName, 'wrk', args) : run('wrk', args));
  const broken = stdout.match(/Non-2xx or 3xx responses: (\d+)|Socket errors:.*/);
  if (broken) throw new Error(`${contender.name}, ${route}: ${broken[0]}\n${stdout}`);
  return {
    perSecond: Number(stdout.match(/Requests\/sec:\s+([\d.]+)/)[1]),
    count: Number(stdout.match(/(\d+) requests in/)[1]),
    p50: milliseconds(stdout, '50%'),
    p99: milliseconds(stdout, '99%'),
  };
}

/** Runs a program for which this name is the loopback address, whatever the machine's resolver says. */
async function runKnowing(name, program, args) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kv-wrk-'));
  const hosts = path.join(folder, 'hosts');
  writeFileSync(hosts, `127.0.0.1 localhost ${name}\n`);
  const become = process.getuid() === 0 ? ['--mount'] : ['--mount', '--map-root-user'];
  const script = 'mount --bind "$0" /etc/hosts && exec "$@"';
  try {
    return await run('unshare', [...become, 'sh', '-c', script, hosts, program, ...args]);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function milliseconds(output, share) {
  const found = output.match(new RegExp(`^\\s+${share}\\s+([\\d.]+)(us|ms|s|m)\\s*$`, 'm'));
  if (!found) throw new Error(`wrk does not tell the latency of ${share}:\n${output}`);
  const [, value, unit] = found;
  return Number(value) * { us: 0.001, ms: 1, s: 1000, m: 60_000 }[unit];
}

/** As `wrk`, with requests ({headers, body}) that are sent in turn as POST. */
export async function wrkInTurn(contender, route, requests, options) {
  const folder = mkdtempSync(path.join(tmpdir(), 'kv-wrk-'));
  const script = path.join(folder, 'requests.lua');
  const lua = (text) => `[==[${text}]==]`;
  const lines = requests.map(({ headers = {}, body }) => {
    const all = { Host: contender.host, Origin: contender.url, 'Content-Type': 'application/json', ...headers };
    const pairs = Object.entries(all).map(([name, value]) => `['${name}'] = ${lua(value)}`);
    const parts = ["'POST'", lua(route), `{${pairs.join(', ')}}`, lua(JSON.stringify(body))];
    return `requests[#requests + 1] = wrk.format(${parts.join(', ')})`;
  });
  // Formatted once, so that wrk has as little to do as with a plain GET.
  writeFileSync(
    script,
    `local requests, turn = {}, 0
function init()
${lines.join('\n')}
end
function request()
  turn = turn % #requests + 1
  return requests[turn]
end
`,
  );
  try {
    return await wrk(contender, route, { ...options, more: ['-s', script] });
  } finally {
    rmSync(folder, { recursive: true });
  }
}
