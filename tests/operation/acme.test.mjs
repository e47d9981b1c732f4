// Certificates of an ACME authority: asked for without anybody asking, renewed, and kept when the authority refuses.

import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { AcmeServer, pebbleMissing } from '../lib/acme-server.mjs';
import { kiaviMissing } from '../lib/kiavi.mjs';
import { freePort } from '../lib/ports.mjs';
import { DOMAIN, Served } from '../lib/served.mjs';
import { until } from '../lib/wait.mjs';

const HOST = `shop.${DOMAIN}`;

describe('certificates by ACME', { skip: kiaviMissing() || pebbleMissing() }, () => {
  const kiavi = new Served();
  const authority = new AcmeServer();
  let httpsPort;
  before(async () => {
    const httpPort = await freePort();
    httpsPort = await freePort();
    kiavi.listen = `https = ["127.0.0.1:${httpsPort}"]\nhttp = ["127.0.0.1:${httpPort}"]`;
    await authority.start({ httpPort, tlsPort: httpsPort });
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
challenges = ["http-01", "tls-alpn-01"]
root_files = ["${authority.rootFile}"]
allow_private = true
external_account = { key_id = "${authority.external.keyId}", key_file = "${keyFile}" }
`;
    await kiavi.start();
    await kiavi.verb(['tenant', 'create', 'shop']);
  });
  after(async () => {
    await kiavi.dispose();
    authority.stop();
  });

  const certificate = (...args) => kiavi.verb(['certificate', ...args]);
  const shown = async () => JSON.parse(await certificate('show', 'shop', HOST, '--json'));

  /** The certificate that a browser is shown, which it believes. */
  const presented = (host) =>
    new Promise((resolve, reject) => {
      authority.signingRoot().then((ca) => {
        const socket = tls.connect({ host: '127.0.0.1', port: httpsPort, servername: host, ca, ALPNProtocols: ['http/1.1'] });
        socket.once('secureConnect', () => {
          resolve(socket.getPeerX509Certificate());
          socket.destroy();
        });
        socket.once('error', reject);
      }, reject);
    });

  test('a tenant’s name has one soon after the tenant runs', async () => {
    const one = await until('it is issued', async () => {
      const now = await shown();
      return now.state === 'issued' && now;
    }, { within: 60_000 });
    assert.equal(one.certificate.issuer, authority.directory);
    assert.match(one.certificate.issued_by, /^Pebble Intermediate CA/);
    const [leaf, intermediate] = one.certificate.chain.split(/(?<=-----END CERTIFICATE-----\n)/).map((pem) => pem && new X509Certificate(pem));
    assert.equal(leaf.checkHost(HOST), HOST);
    assert.ok(leaf.verify(intermediate.publicKey));
    assert.ok(intermediate.verify(new X509Certificate(await authority.signingRoot()).publicKey));
    await until('it is shown', async () => (await presented(HOST)).serialNumber === leaf.serialNumber);
    // For a CAA record with `accounturi`.
    assert.match(await certificate('list', 'shop'), new RegExp(`Account at the authority: ${new URL(authority.directory).origin}/`));
    const events = await kiavi.events('shop', 'certificate.*');
    assert.deepEqual(events.map(({ type }) => type), ['certificate.issued']);
    // An authority's word on when to renew (RFC 9773) is asked for at once.
    assert.ok(new Date(one.next_attempt_at) > new Date());
  });

  test('is made anew when somebody asks, under the same account', async () => {
    const before = await shown();
    const printed = await certificate('renew', 'shop', HOST);
    const now = await shown();
    assert.notEqual(now.certificate.serial, before.certificate.serial);
    assert.ok(printed.includes(now.certificate.serial), printed);
    assert.equal(await kiavi.metric('kiavi_certificates{state="issued"}') > 0, true);
  });

  test('stays when the authority finds nobody at the name, and the cause is told', async () => {
    const before = await shown();
    authority.stopDns();
    await assert.rejects(certificate('renew', 'shop', HOST), /unverified: [^]*A and AAAA records/);
    const failed = await shown();
    assert.equal(failed.state, 'failed');
    assert.equal(failed.failures, 1);
    assert.equal(failed.certificate.serial, before.certificate.serial, 'what there was stays');
    assert.equal((await presented(HOST)).serialNumber.toLowerCase(), before.certificate.serial.replace(/^00/, ''));
    await authority.startDns();
    // Another way after one that failed: the first was HTTP.
    await certificate('renew', 'shop', HOST);
    await until('it is shown', async () => (await presented(HOST)).serialNumber.toLowerCase() !== before.certificate.serial.replace(/^00/, ''));
    assert.equal((await shown()).state, 'issued');
    const events = (await kiavi.events('shop', 'certificate.*')).map(({ type }) => type);
    assert.equal(events.filter((type) => type === 'certificate.failed').length, 1);
  });

  test('what the authority refuses is in nobody’s way', async () => {
    await kiavi.verb(['tenant', 'create', 'blocked']);
    const one = await until('it is refused', async () => {
      const now = JSON.parse(await certificate('show', 'blocked', `blocked.${DOMAIN}`, '--json'));
      return now.state === 'failed' && now;
    }, { within: 60_000 });
    assert.equal(one.error, 'refused');
    assert.equal((await kiavi.ask(`blocked.${DOMAIN}`, '/sign-in')).status, 200, 'it runs all the same');
  });

  test('a restart asks nobody again', async () => {
    const before = await shown();
    await kiavi.stop();
    await kiavi.start();
    assert.deepEqual((await shown()).certificate, before.certificate);
  });
});
