// One Kiavi of our own: started on a free port with a data folder of its own, stopped with SIGTERM, and
// then searched for what it left behind.
//
//   KIAVI_BIN        the program (default: target/release/kiavi)
//   KIAVI_ISOLATION  full or rootless (default: full as root, else rootless)
//   KIAVI_KEEP       set to keep the data folder and print where it is

import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  constants,
  copyFileSync,
  createWriteStream,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Mailbox } from './mailbox.mjs';
import { freePort, isFree } from './ports.mjs';
import { alive, allProcesses, descendants, inspect, runningProgram } from './processes.mjs';
import { secretOf } from './vault.mjs';
import { until } from './wait.mjs';

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 30_000;
const VERB_DEADLINE_MS = 30_000;

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
export const KIAVI_BIN = process.env.KIAVI_BIN ?? path.join(ROOT, 'target/release/kiavi');
export const ISOLATION = process.env.KIAVI_ISOLATION ?? (process.getuid() === 0 ? 'full' : 'rootless');

/**
 * For `test({ skip: kiaviMissing() })`: the reason why no Kiavi can be started, or false. With KIAVI_BIN
 * set, a missing program is a failure and not a reason to skip.
 */
export function kiaviMissing() {
  if (existsSync(KIAVI_BIN)) return false;
  if (process.env.KIAVI_BIN) throw new Error(`KIAVI_BIN: there is no ${KIAVI_BIN}`);
  return `no program at ${KIAVI_BIN}; set KIAVI_BIN`;
}

/** Starts one, of another `program` if it is given. */
export async function startKiavi({ program, ...options } = {}) {
  const kiavi = new Kiavi(program);
  await kiavi.start(options);
  return kiavi;
}

export class Kiavi {
  constructor(program = KIAVI_BIN) {
    this.dir = mkdtempSync(path.join(tmpdir(), 'kv-'));
    chmodSync(this.dir, 0o755); // the server account must be able to reach its cluster
    this.data = path.join(this.dir, 'data');
    this.logFile = path.join(this.dir, 'kiavi.log');
    // A copy, so that every process of this instance is known by its program file.
    this.program = path.join(this.dir, 'kiavi');
    copyFileSync(program, this.program, constants.COPYFILE_FICLONE);
  }

  /**
   * Starts and waits for the ready file; may be called again after stop() or kill(). `input` is what its standard input
   * says, which it is not asked for otherwise. Some starts have more to do: `within` is how long they may take.
   */
  async start({ args = [], env, input, within = START_DEADLINE_MS } = {}) {
    this.port ??= await freePort();
    const readyFile = path.join(this.dir, 'ready.json');
    rmSync(readyFile, { force: true });
    const log = createWriteStream(this.logFile, { flags: 'a' });
    const startedAt = process.hrtime.bigint();
    const child = spawn(this.program, [...this.command(readyFile), ...args], {
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      env: { ...process.env, ...env },
    });
    child.stdin?.end(input);
    const takeAlong = () => child.kill('SIGKILL'); // when this process ends before its time
    process.once('exit', takeAlong);
    child.once('exit', () => process.removeListener('exit', takeAlong));
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.child = child;
    this.exited = new Promise((resolve) =>
      this.child.once('exit', (code, signal) => resolve({ code, signal })),
    );
    const ready = await until(
      'Kiavi is ready',
      () => {
        if (this.child.exitCode !== null || this.child.signalCode !== null) return 'ended';
        return existsSync(readyFile) && JSON.parse(readFileSync(readyFile, 'utf8'));
      },
      { within, every: 10 },
    ).catch((error) => this.#failed(error.message));
    if (ready === 'ended') this.#failed('Kiavi ended instead of getting ready');
    this.secondsToReady = Number(process.hrtime.bigint() - startedAt) / 1e9;
    this.ready = { tenants: [], ...ready };
    this.consoleUrl = ready.console_url;
    this.mailbox ??= new Mailbox(ready.mail_url);
    this.mailbox.url = ready.mail_url;
  }

  /** The arguments that start the instance. */
  command(readyFile) {
    return ['dev', '--port', this.port, '--data', this.data, '--ready-file', readyFile, '--isolation', ISOLATION];
  }

  get pid() {
    return this.child.pid;
  }

  log() {
    return existsSync(this.logFile) ? readFileSync(this.logFile, 'utf8') : '';
  }

  #failed(message) {
    this.child.kill('SIGTERM');
    throw new Error(`${message}; the end of its log:\n${this.log().slice(-4000)}`);
  }

  /** A tenant by slug, in the form that the conformance tests take. */
  tenant(slug = 'demo') {
    const found = this.ready.tenants.find((tenant) => tenant.slug === slug);
    if (!found) throw new Error(`no tenant ${slug}`);
    return this.#asTarget(found);
  }

  #asTarget(tenant) {
    return {
      name: 'kiavi',
      ...tenant,
      mailbox: this.mailbox,
      sql: (text, values) => this.sql(tenant.slug, text, values),
      events: (type, filters) => this.events(tenant.slug, type, filters),
      log: () => this.log(),
    };
  }

  async createTenant(slug) {
    const tenant = JSON.parse(await this.verb(['tenant', 'create', slug, '--json']));
    this.ready.tenants.push(tenant);
    return this.#asTarget(tenant);
  }

  /** Changes a tenant's settings: {'bearer.is_enabled': true}. */
  async set(slug, settings) {
    const changes = Object.entries(settings).map(([key, value]) => `${key}=${value}`);
    if (changes.length > 0) await this.verb(['settings', 'set', slug, ...changes]);
  }

  /** What follows psql's tenant is psql's own, so the folder comes first there. */
  #withData(args) {
    if (args.includes('--data')) return args;
    const folder = ['--data', this.data];
    return args[0] === 'psql' ? ['psql', ...folder, ...args.slice(1)] : [...args, ...folder];
  }

  /** Runs a verb against this instance, or without any if it is `isOffline`; gives its stdout. */
  verb(args, { input, env, isOffline = false, within = VERB_DEADLINE_MS } = {}) {
    const given = isOffline ? args : this.#withData(args);
    return new Promise((resolve, reject) => {
      const options = { timeout: within, maxBuffer: 64 << 20, env: { ...process.env, ...env } };
      const child = execFile(this.program, given, options, (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else {
          const end = error.code ?? error.signal;
          reject(new Error(`kiavi ${given.join(' ')} ended with ${end}:\n${stderr}${stdout}`));
        }
      });
      child.stdin.on('error', () => {}); // a verb that does not read its input
      child.stdin.end(input ?? '');
    });
  }

  /** SQL as the owner of a tenant's database. A SELECT gives its rows. */
  async sql(slug, text, values = []) {
    const bound = text.replace(/\$(\d+)/g, (_, index) => literal(values[index - 1]));
    const rows = /^\s*select\b/i.test(bound);
    const input = rows ? `select coalesce(json_agg(answer), '[]') from (${bound}) as answer;` : `${bound};`;
    const output = await this.verb(['psql', slug, '-XAtq', '-v', 'ON_ERROR_STOP=1'], { input });
    return rows ? JSON.parse(output) : [];
  }

  /**
   * The tenant's events of a type (`session.*` is a thing), the oldest first: `actor` and `subject` are the user's id, or what
   * else the log calls them.
   */
  async events(slug, type, filters = []) {
    const output = await this.verb(['audit', 'list', slug, '--type', type, ...filters, '--limit', '100000', '--json']);
    const name = (named) => named && (named.user_id ?? named.ref);
    const events = JSON.parse(output).map((event) => ({ ...event, actor: name(event.actor), subject: name(event.subject) }));
    return events.sort((a, b) => a.seq - b.seq);
  }

  /**
   * Every process of this instance that is alive: its own, and its PostgreSQL's. A sandboxed process does not
   * show its program to anyone but root; without root it is known as a descendant.
   */
  processes() {
    const table = allProcesses();
    const own = runningProgram(this.program);
    const below = descendants(this.pid, table);
    const byData = table.filter((one) => one.arguments.some((argument) => argument.includes(this.data)));
    const all = new Map([...own, ...below, ...byData].map((one) => [one.pid, one]));
    return [...all.values()];
  }

  /** The processes of one role: engine, gateway, control, outbound, auditor; "launcher" is the first process. */
  role(role) {
    if (role === 'launcher') return [inspect(this.pid)].filter(Boolean);
    return this.processes().filter(({ arguments: [, verb, name] }) => verb === 'role' && name === role);
  }

  /** PostgreSQL's first process; the others are below it. */
  postgres() {
    return this.processes().find(({ name, parent }) => name === 'postgres' && parent === this.pid);
  }

  /** The folder with PostgreSQL's socket. */
  get postgresSocketFolder() {
    return path.join(this.data, 'postgres/run');
  }

  /** How to connect to a tenant's database as the cluster's superuser. */
  databaseOf(tenant) {
    return { host: this.postgresSocketFolder, user: 'kiavi_super', database: tenant.id };
  }

  /** A tenant's secret, for another server that is to accept its cookies. */
  secretOf(tenant) {
    return secretOf(path.join(this.data, 'vault'), tenant.id);
  }

  /** Socket files and bound socket names below the data folder. */
  sockets() {
    const files = existsSync(this.data)
      ? readdirSync(this.data, { recursive: true, withFileTypes: true }).filter((entry) => entry.isSocket())
      : [];
    const bound = readFileSync('/proc/net/unix', 'utf8').split('\n').filter((line) => line.includes(this.data));
    return [...files.map((entry) => path.join(entry.parentPath, entry.name)), ...bound];
  }

  /** SIGTERM; then nothing may be left: no process, no socket. */
  async stop() {
    const before = this.processes();
    this.child.kill('SIGTERM');
    const { code, signal } = await until('Kiavi ends after SIGTERM', () => this.#ended(), {
      within: STOP_DEADLINE_MS,
    });
    const problems = [];
    if (code !== 0) problems.push(`it ended with ${code ?? signal} instead of 0`);
    problems.push(...this.leftBehind(before));
    if (problems.length > 0) {
      throw new Error(`Kiavi did not stop cleanly:\n- ${problems.join('\n- ')}\n${this.log().slice(-4000)}`);
    }
  }

  #ended() {
    const { exitCode: code, signalCode: signal } = this.child;
    return (code !== null || signal !== null) && { code, signal };
  }

  /** SIGKILL for the first process. What it started has to notice by itself. */
  async kill() {
    const before = this.processes();
    this.child.kill('SIGKILL');
    await this.exited;
    // The rest ends with it, but not before it; until then the port is taken.
    await until('nobody listens any more', () => isFree(this.port));
    return before;
  }

  /** What of `before` (and of this instance in general) still exists, in words. */
  leftBehind(before = []) {
    const living = [...before.filter(alive), ...this.processes()];
    const processes = new Map(living.map((one) => [one.pid, inspect(one.pid)]));
    return [
      ...[...processes.values()]
        .filter(Boolean)
        .map((one) => `process ${one.pid}: ${one.arguments.join(' ') || one.name}`),
      ...this.sockets().map((socket) => `socket ${socket}`),
    ];
  }

  /** Stops if needed and removes the data folder. For `after()`. */
  async dispose() {
    try {
      if (this.child && !this.#ended()) await this.stop();
    } finally {
      if (process.env.KIAVI_KEEP) console.error(`kept ${this.dir}`);
      else rmSync(this.dir, { recursive: true, force: true });
    }
  }
}

function literal(value) {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  return `'${String(value).replaceAll("'", "''")}'`;
}
