// A certificate authority that is asked by ACME: Debian's pebble, and the DNS that it looks names up in.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import https from 'node:https';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { newAuthority } from './certificates.mjs';
import { freePort, isFree } from './ports.mjs';
import { until } from './wait.mjs';

/** For `test({ skip: pebbleMissing() })`: the reason why there is no authority, or false. */
export function pebbleMissing() {
  const is = (program) => spawnSync('which', [program]).status === 0;
  return is('pebble') && is('pebble-challtestsrv') ? false : 'no pebble: scripts/test installs it';
}

export class AcmeServer {
  #children = [];

  /** Asks hosts at these ports of this machine, whatever their name. */
  async start({ httpPort, tlsPort }) {
    this.dir = mkdtempSync(path.join(tmpdir(), 'kv-acme-'));
    const { root, issue } = await newAuthority();
    const { key, cert } = await issue();
    const file = (name, text) => {
      writeFileSync(path.join(this.dir, name), text);
      return path.join(this.dir, name);
    };
    /** What vouches for the authority's own server. */
    this.rootFile = file('root.pem', root);
    this.root = root;
    this.port = await freePort();
    this.managementPort = await freePort();
    this.dnsPort = await freePort();
    this.dnsManagementPort = await freePort();
    const pebble = {
      listenAddress: `127.0.0.1:${this.port}`,
      managementListenAddress: `127.0.0.1:${this.managementPort}`,
      certificate: file('cert.pem', cert),
      privateKey: file('key.pem', key),
      httpPort,
      tlsPort,
      ocspResponderURL: '',
      externalAccountBindingRequired: true,
      externalAccountMACKeys: { 'kid-1': 'zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W' },
      domainBlocklist: ['blocked.auth.test'],
    };
    this.external = { keyId: 'kid-1', key: pebble.externalAccountMACKeys['kid-1'] };
    this.config = file('pebble.json', JSON.stringify({ pebble }));
    await this.startDns();
    // Each order proves its name anew; one in twenty answers is a nonce that is not good.
    const env = { ...process.env, PEBBLE_VA_NOSLEEP: '1', PEBBLE_AUTHZREUSE: '0', PEBBLE_WFE_NONCEREJECT: '5' };
    this.#spawn('pebble', ['-config', this.config, '-dnsserver', `127.0.0.1:${this.dnsPort}`], env);
    await until('the authority answers', () => this.#get(this.port, '/dir'));
  }

  get directory() {
    return `https://localhost:${this.port}/dir`;
  }

  /** All names are those of this machine. */
  async startDns() {
    const off = ['-http01', '', '-https01', '', '-tlsalpn01', ''];
    const on = ['-defaultIPv4', '127.0.0.1', '-defaultIPv6', '', '-dns01', `127.0.0.1:${this.dnsPort}`];
    on.push('-management', `127.0.0.1:${this.dnsManagementPort}`);
    this.dns = this.#spawn('pebble-challtestsrv', [...off, ...on], process.env);
    await until('the DNS answers', async () => !(await isFree(this.dnsPort)));
  }

  /** No name is anybody's. */
  stopDns() {
    this.dns.kill('SIGKILL');
  }

  /** The URL below which records are written: POST /set-txt and /clear-txt. */
  get dnsUrl() {
    return `http://127.0.0.1:${this.dnsManagementPort}`;
  }

  /** The root under which it signs; another one after each start. */
  async signingRoot() {
    return this.#get(this.managementPort, '/roots/0');
  }

  log() {
    return readFileSync(path.join(this.dir, 'pebble.log'), 'utf8');
  }

  stop() {
    for (const child of this.#children) child.kill('SIGKILL');
    if (this.dir) rmSync(this.dir, { recursive: true, force: true });
  }

  #spawn(program, args, env) {
    const log = openSync(path.join(this.dir, `${program}.log`), 'a');
    const child = spawn(program, args, { stdio: ['ignore', log, log], env });
    const takeAlong = () => child.kill('SIGKILL');
    process.once('exit', takeAlong);
    child.once('exit', () => process.removeListener('exit', takeAlong));
    this.#children.push(child);
    return child;
  }

  #get(port, target) {
    return new Promise((resolve, reject) => {
      const request = https.get({ host: 'localhost', port, path: target, ca: this.root, family: 4 }, (response) => {
        const parts = [];
        response.on('data', (part) => parts.push(part));
        response.on('end', () => resolve(Buffer.concat(parts).toString()));
      });
      request.on('error', reject);
    });
  }
}
