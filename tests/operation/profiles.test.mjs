// Commands that act on an instance elsewhere: by a profile with a management key, over TLS that is verified.

import assert from 'node:assert/strict';
import https from 'node:https';
import http from 'node:http';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { newAuthority } from '../lib/certificates.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { freePort } from '../lib/ports.mjs';
import { until } from '../lib/wait.mjs';

/** A reverse proxy with a certificate of its own; counts what it is asked. */
async function startEdge(certificate, port) {
  const edge = { asked: 0, port: await freePort() };
  const server = https.createServer(certificate, (incoming, outgoing) => {
    edge.asked += 1;
    const { method, url, headers } = incoming;
    const passed = http.request({ host: '127.0.0.1', port, method, path: url, headers, agent: false }, (answer) => {
      outgoing.writeHead(answer.statusCode, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  server.on('tlsClientError', () => {}); // who does not believe us
  await new Promise((resolve) => server.listen(edge.port, '127.0.0.1', resolve));
  edge.url = `https://console.localhost:${edge.port}`;
  edge.stop = () => {
    server.close();
    server.closeAllConnections();
  };
  return edge;
}

describe('a profile', { skip: kiaviMissing() }, () => {
  let kiavi;
  let edge;
  let stranger;
  let home;
  let ca;
  before(async () => {
    kiavi = await startKiavi();
    home = mkdtempSync(path.join(tmpdir(), 'kv-home-'));
    const authority = await newAuthority();
    ca = path.join(home, 'ca.pem');
    writeFileSync(ca, authority.root);
    edge = await startEdge(await authority.issue({ dns: ['console.localhost'] }), kiavi.port);
    stranger = await startEdge(await authority.issue({ dns: ['elsewhere.test'], ip: [] }), kiavi.port);
  });
  after(async () => {
    edge?.stop();
    stranger?.stop();
    await kiavi?.dispose();
    rmSync(home, { recursive: true, force: true });
  });

  const file = () => path.join(home, 'kiavi/profiles.json');
  const away = (args, { input, env } = {}) =>
    kiavi.verb(args, { input, env: { XDG_CONFIG_HOME: home, KIAVI_PROFILE: '', ...env }, isOffline: true });
  const add = (name, url, key, more = []) =>
    away(['profile', 'add', name, '--url', url, '--ca', ca, ...more], { input: `${key}\n` });
  const newKey = async (...scopes) => {
    const made = await kiavi.verb(['api-key', 'create', 'test', ...scopes.flatMap((scope) => ['--scope', scope])]);
    return made.trim();
  };

  test('has a key that may do what its scopes say, and says which one is missing', async () => {
    const key = await newKey('tenant.read', 'settings.read');
    assert.match(await add('reader', edge.url, key), /reader is the instance at https:\/\/console\.localhost:/);
    const tenants = JSON.parse(await away(['tenant', 'list', '--json', '--profile', 'reader']));
    assert.deepEqual(tenants.map(({ slug }) => slug), ['demo']);
    const settings = await away(['settings', 'get', 'demo'], { env: { KIAVI_PROFILE: 'reader' } });
    assert.match(settings, /app_name/);
    await assert.rejects(away(['tenant', 'create', 'shop', '--profile', 'reader']), (error) => {
      assert.match(error.message, /ended with 1:/);
      assert.match(error.message, /tenant\.create/);
      assert.match(error.message, /profile reader/);
      assert.match(error.message, /kiavi api-key create/);
      return true;
    });
  });

  test('does what the local socket does, with progress', async () => {
    await add('all', edge.url, await newKey('*'), ['--default']);
    const made = JSON.parse(await away(['tenant', 'create', 'shop', '--json']));
    assert.equal(made.slug, 'shop');
    assert.match(await away(['tenant', 'suspend', 'shop']), /shop is suspended/);
    assert.match(await kiavi.verb(['tenant', 'show', 'shop']), /suspended/);
  });

  test('takes a log out with a key that may do nothing else, and verifies it here', async () => {
    await add('auditor', edge.url, await newKey('audit.read'));
    const from = ['--profile', 'auditor'];
    const [old, bundle] = ['old.checkpoint', 'bundle'].map((name) => path.join(home, name));
    const checkpoint = () => away(['audit', 'checkpoint', 'demo', ...from]);
    writeFileSync(old, await until('something is sealed', () => checkpoint().catch((error) => /sealed/.test(error) ? '' : Promise.reject(error))));
    assert.match(await away(['audit', 'export', 'demo', '--bundle', bundle, ...from]), /Wrote [0-9]+ events/);
    assert.match(await away(['audit', 'verify', bundle, '--old', old]), /^VERIFIED/);
    await assert.rejects(away(['settings', 'get', 'demo', ...from]), /settings\.read/);
    await away(['profile', 'remove', 'auditor']);
  });

  test('is the user\'s own, and lists no keys', async () => {
    assert.equal(statSync(file()).mode & 0o777, 0o600);
    const listed = await away(['profile', 'list', '--json']);
    assert.ok(!listed.includes('kiavi_mk_'));
    assert.deepEqual(JSON.parse(listed), [
      { name: 'all', url: edge.url, is_default: true },
      { name: 'reader', url: edge.url, is_default: false },
    ]);
    chmodSync(file(), 0o644);
    await assert.rejects(away(['tenant', 'list']), /can be read by others: chmod 600/);
    chmodSync(file(), 0o600);
  });

  test('is not the way to what belongs to the machine', async () => {
    const output = path.join(home, 'export');
    for (const args of [
      ['tenant', 'export', 'demo', '--output', output],
      ['tenant', 'orphans'],
      ['tenant', 'domain', 'add', 'demo', 'login.example.com', '--without-proof'],
      ['vault', 'status'],
      ['vault', 'rotate-master-key'],
    ]) {
      await assert.rejects(away([...args, '--profile', 'all']), /ended with 2:[^]*own machine only[^]*--data DIR/);
    }
    assert.ok(!existsSync(output));
    assert.match(await kiavi.verb(['vault', 'status']), /sealed-files/);
  });

  test('sends its key to nobody who does not prove to be the instance', async () => {
    const key = await newKey('tenant.read');
    const asked = edge.asked;
    const unknown = away(['profile', 'add', 'no', '--url', edge.url], { input: key });
    await assert.rejects(unknown, /does not prove to be that[^]*key was not sent[^]*--ca FILE/);
    assert.equal(edge.asked, asked);
    await assert.rejects(add('no', stranger.url, key), /does not prove to be that/);
    assert.equal(stranger.asked, 0);
    await assert.rejects(add('no', 'http://console.auth.example', key), /with https unless it is on this machine/);
  });

  test('says what is wrong with it', async () => {
    await assert.rejects(add('no', edge.url, 'nonsense'), /holds no management key[^]*kiavi api-key create/);
    await assert.rejects(add('no', edge.url, `kiavi_mk_${'a'.repeat(43)}`), /does not take this key/);
    await assert.rejects(away(['tenant', 'list', '--profile', 'no']), /ended with 3:[^]*no profile no, but all, reader/);
    const gone = `https://console.localhost:${await freePort()}`;
    await assert.rejects(add('gone', gone, await newKey('*')), /ended with 5:[^]*cannot be reached/);
    const key = await newKey('tenant.read');
    await add('gone', gone, key, ['--unchecked']);
    await assert.rejects(away(['tenant', 'list', '--profile', 'gone']), /ended with 5:[^]*cannot be reached/);

    await add('ended', edge.url, key);
    const [{ id }] = JSON.parse(await kiavi.verb(['api-key', 'list', '--json']));
    await kiavi.verb(['api-key', 'revoke', id]);
    await assert.rejects(
      away(['tenant', 'list', '--profile', 'ended']),
      /ended with 1:[^]*key of the profile ended[^]*revoked[^]*kiavi profile add ended/,
    );
  });

  test('can be meant by default, or not, and be removed', async () => {
    assert.match(await away(['profile', 'default', 'reader']), /reader/);
    await assert.rejects(away(['tenant', 'create', 'blog']), /profile reader/);
    await away(['profile', 'remove', 'reader']);
    assert.ok(!readFileSync(file(), 'utf8').includes('reader'));
    await assert.rejects(away(['tenant', 'list'], { env: { XDG_DATA_HOME: home, HOME: home } }), /No Kiavi is running/);
    await away(['profile', 'default', 'all']);
    await away(['profile', 'default', '--none']);
    assert.ok(JSON.parse(await away(['profile', 'list', '--json'])).every(({ is_default: is }) => !is));
  });

  test('with plain HTTP leads to this machine alone', async () => {
    await add('here', kiavi.consoleUrl, kiavi.ready.management_key);
    assert.ok(JSON.parse(await away(['tenant', 'list', '--json', '--profile', 'here'])).length > 0);
  });
});
