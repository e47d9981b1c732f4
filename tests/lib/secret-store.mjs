// The secret store of tests/vault/secret_manager.py, in a Python of its own with the vendor's library. PYTHON names
// another Python that has the packages of tests/vault/requirements.txt.

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { newAuthority } from './certificates.mjs';

const FOLDER = fileURLToPath(new URL('../vault', import.meta.url));
const REQUIREMENTS = path.join(FOLDER, 'requirements.txt');
const VENV = path.join(FOLDER, '.venv');

export const PROJECT = '11111111-1111-4111-8111-111111111111';
export const TOKEN = '22222222-2222-4222-8222-222222222222';
export const REGION = 'fr-par';

/** A Python with exactly the packages that are required. */
async function python() {
  if (process.env.PYTHON) return process.env.PYTHON;
  const stamp = path.join(VENV, 'installed.txt');
  const program = path.join(VENV, 'bin/python');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === readFileSync(REQUIREMENTS, 'utf8')) return program;
  rmSync(VENV, { recursive: true, force: true });
  const run = promisify(execFile);
  await run('python3', ['-m', 'venv', VENV]).catch((error) => {
    throw new Error(`python3 -m venv failed: install python3-venv (Debian). ${error.stdout}${error.stderr}`);
  });
  const packages = ['--require-hashes', '--only-binary', ':all:', '--requirement', REQUIREMENTS];
  await run(program, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages]);
  cpSync(REQUIREMENTS, stamp);
  return program;
}

export class SecretStore {
  /** Starts one whose files go to `folder`. */
  static async start(folder) {
    const store = new SecretStore();
    const program = await python();
    const authority = await newAuthority();
    const { key, cert } = await authority.issue();
    const at = (name) => path.join(folder, name);
    writeFileSync(at('store.key'), key, { mode: 0o600 });
    writeFileSync(at('store.pem'), cert);
    writeFileSync(at('api.key'), `${TOKEN}\n`, { mode: 0o600 });
    const args = [path.join(FOLDER, 'secret_manager.py'), TOKEN, PROJECT, REGION, at('store.pem'), at('store.key')];
    store.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    store.lines = createInterface({ input: store.child.stdout })[Symbol.asyncIterator]();
    const { port } = await store.#next();
    /** A file with the section of the configuration that has Kiavi use this store. */
    store.config = at('vault.json');
    const config = {
      driver: 'scaleway',
      region: REGION,
      project_id: PROJECT,
      api_key: { file: at('api.key') },
      api_url: `https://localhost:${port}`,
      extra_roots: [authority.root],
      allows_private: true,
    };
    writeFileSync(store.config, JSON.stringify(config));
    return store;
  }

  async #next() {
    const { value, done } = await this.lines.next();
    if (done) throw new Error('the secret store ended');
    return JSON.parse(value);
  }

  /** One command at a time: answers come in their order. */
  #ask(command) {
    this.asked = (this.asked ?? Promise.resolve()).then(() => {
      this.child.stdin.write(`${JSON.stringify(command)}\n`);
      return this.#next();
    });
    return this.asked;
  }

  /** up, down, busy (429) or refusing (403). */
  mode(mode) {
    return this.#ask({ mode });
  }

  /** {secrets, deleted, violations, calls}: all that it has, and what no library would have sent. */
  tell() {
    return this.#ask({ tell: true });
  }

  /** The value of a version, the newest if none is named. */
  async value(tenant, name = 'secret') {
    const { secrets } = await this.tell();
    const secret = secrets.find((one) => one.path === `/kiavi/${tenant}` && one.name === name);
    return secret && Buffer.from(secret.versions.at(-1).data, 'base64').toString('utf8');
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    const ended = once(this.child, 'exit');
    this.child.stdin.end();
    await ended;
  }
}
