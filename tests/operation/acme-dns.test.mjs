// Certificates of an ACME authority that finds its proofs in the DNS, where a program of the operator's publishes them: for names
// that nobody from outside reaches.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { AcmeServer, pebbleMissing } from '../lib/acme-server.mjs';
import { kiaviMissing } from '../lib/kiavi.mjs';
import { freePort } from '../lib/ports.mjs';
import { DOMAIN, Served } from '../lib/served.mjs';
import { until } from '../lib/wait.mjs';

const HOST = `shop.${DOMAIN}`;

describe('certificates by ACME and the DNS', { skip: kiaviMissing() || pebbleMissing() }, () => {
  const kiavi = new Served();
  const authority = new AcmeServer();
  let watcher;
  let hook;
  let calls;
  before(async () => {
    // The authority would ask at ports where nobody is.
    await authority.start({ httpPort: await freePort(), tlsPort: await freePort() });
    kiavi.listen = `https = ["127.0.0.1:${await freePort()}"]`;
    const keyFile = path.join(kiavi.dir, 'external-key');
    writeFileSync(keyFile, authority.external.key);
    kiavi.more = `
[egress]
allow_private = true
[certificates]
issuer = "acme"
directory = "${authority.directory}"
contact = ["mailto:ops@example.com"]
agrees_to_terms = true
challenges = ["dns-01"]
root_files = ["${authority.rootFile}"]
allow_private = true
external_account = { key_id = "${authority.external.keyId}", key_file = "${keyFile}" }
`;
    await kiavi.start();
    hook = path.join(kiavi.dir, 'hook');
    calls = path.join(kiavi.dir, 'calls');
    writeHook(`
      const [action, name, value] = process.argv.slice(2);
      require('node:fs').appendFileSync(${JSON.stringify(calls)}, [action, name, value].join(' ') + '\\n');
      const target = ${JSON.stringify(authority.dnsUrl)} + (action === 'add' ? '/set-txt' : '/clear-txt');
      const answer = fetch(target, { method: 'POST', body: JSON.stringify({ host: name + '.', value }) });
      answer.then(({ ok }) => process.exit(ok ? 0 : 1));
    `);
    watcher = spawn(kiavi.program, ['certificate', 'dns', '--hook', hook, '--data', kiavi.data], { stdio: 'ignore' });
    await kiavi.verb(['tenant', 'create', 'shop']);
  });
  after(async () => {
    watcher?.kill('SIGKILL');
    await kiavi.dispose();
    authority.stop();
  });

  const writeHook = (script) => writeFileSync(hook, `#!${process.execPath}\n${script}`, { mode: 0o755 });
  const certificate = (...args) => kiavi.verb(['certificate', ...args], { within: 120_000 });
  const shown = async () => JSON.parse(await certificate('show', 'shop', HOST, '--json'));
  const callsOf = (name) =>
    (existsSync(calls) ? readFileSync(calls, 'utf8') : '').split('\n').map((line) => line.split(' ')).filter(([, of]) => of === name);

  test('a record is published, the certificate is made, and the record is removed', async () => {
    const one = await until('it is issued', async () => {
      const now = await shown();
      return now.state === 'issued' && now;
    }, { within: 60_000 });
    assert.match(one.certificate.issued_by, /^Pebble Intermediate CA/);
    for (const name of [`_acme-challenge.${HOST}`, `_acme-challenge.console.${DOMAIN}`]) {
      const [[added, , value], [removed, , same]] = await until(`the record ${name} is removed`, () => {
        const of = callsOf(name);
        return of.length === 2 && of;
      });
      assert.deepEqual([added, removed, same], ['add', 'remove', value]);
      // SHA-256 in base64url (RFC 8555 §8.4).
      assert.match(value, /^[\w-]{43}$/);
    }
  });

  test('a program that fails is told of in its own words, and what there was stays', async () => {
    const before = await shown();
    writeHook(`console.error('the zone is locked'); process.exit(3);`);
    await assert.rejects(certificate('renew', 'shop', HOST), /unpublished: [^]*In its own words: the zone is locked/);
    assert.equal((await shown()).certificate.serial, before.certificate.serial);
  });

  test('a program that is not there is said at once', async () => {
    await assert.rejects(certificate('dns', '--hook', path.join(kiavi.dir, 'none')), /there is no program/);
  });
});
