// HTTPS on a developer's machine: certificates of the instance's own authority, whose root is left where it can be trusted.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import https from 'node:https';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Kiavi, kiaviMissing } from '../lib/kiavi.mjs';

describe('HTTPS in development', { skip: kiaviMissing() }, () => {
  const kiavi = new Kiavi();
  let root;
  before(async () => {
    await kiavi.start();
    root = readFileSync(path.join(kiavi.data, 'local-ca.pem'), 'utf8');
  });
  after(() => kiavi.dispose());

  /** Every name below localhost is this machine, whatever its resolver says. */
  const get = (url, ca = root) =>
    new Promise((resolve, reject) => {
      const lookup = (_, { all }, done) => (all ? done(null, [{ address: '127.0.0.1', family: 4 }]) : done(null, '127.0.0.1', 4));
      const request = https.get(url, { ca, lookup, agent: false }, (response) => {
        const certificate = response.socket.getPeerX509Certificate();
        response.resume();
        response.on('end', () => resolve({ status: response.statusCode, certificate }));
      });
      request.on('error', reject);
    });

  test('a tenant, the console and the mailbox are believed by who trusts the root', async () => {
    const demo = kiavi.ready.tenants.find(({ slug }) => slug === 'demo');
    const hosts = [demo.tls_url, kiavi.ready.console_tls_url, demo.tls_url.replace('//demo.', '//mail.')];
    for (const url of hosts) {
      const { certificate } = await get(url);
      assert.ok(certificate.checkHost(new URL(url).hostname), url);
    }
    assert.equal((await get(`${demo.tls_url}/sign-in`)).status, 200);
    await assert.rejects(get(demo.tls_url, []), { code: /UNABLE_TO_VERIFY|SELF_SIGNED/ }, 'and by nobody else');
  });

  test('each name has a certificate of its own, under a root that signs for nothing but localhost', async () => {
    const tenant = await kiavi.createTenant('shop');
    const [{ hostname, certificate }] = JSON.parse(await kiavi.verb(['certificate', 'list', 'shop', '--json']));
    assert.equal(hostname, 'shop.localhost');
    const authority = new X509Certificate(root);
    const leaf = new X509Certificate(certificate.chain);
    assert.ok(leaf.verify(authority.publicKey) && leaf.checkIssued(authority));
    assert.equal(leaf.subjectAltName, 'DNS:shop.localhost');
    assert.ok(authority.ca);
    assert.equal((await kiavi.verb(['certificate', 'root'])).trim(), root.trim());
    const events = await kiavi.events('shop', 'certificate.*');
    assert.deepEqual(events.map(({ type }) => type), ['certificate.issued']);
    assert.ok(tenant.id);
  });

  test('the root stays the same', async () => {
    await kiavi.stop();
    await kiavi.start();
    assert.equal(readFileSync(path.join(kiavi.data, 'local-ca.pem'), 'utf8'), root);
    const demo = kiavi.ready.tenants.find(({ slug }) => slug === 'demo');
    assert.equal((await get(`${demo.tls_url}/sign-in`)).status, 200);
  });
});
