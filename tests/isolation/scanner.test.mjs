// TLS as a scanner sees it: sslyze visits a tenant, the console and the mailbox, and has nothing to say. It runs from SSLYZE,
// with the versions of requirements.txt.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const SSLYZE = process.env.SSLYZE ?? path.join(HERE, '../../target/python/bin/sslyze');
const DEADLINE_MS = 120_000;
const HOSTS = ['demo.localhost', 'console.localhost', 'mail.localhost'];

function missing() {
  if (existsSync(SSLYZE)) return kiaviMissing();
  if (process.env.SSLYZE) throw new Error(`SSLYZE: there is no ${SSLYZE}`);
  return `no program at ${SSLYZE}; set SSLYZE`;
}

describe('a scanner of TLS', { skip: missing() }, () => {
  let kiavi;
  let port;
  before(async () => {
    kiavi = await startKiavi();
    port = Number(new URL(kiavi.ready.console_tls_url).port);
  });
  after(() => kiavi?.dispose());

  /** What it finds at a host, and what it prints. It ends with 1 where Mozilla's configuration is not kept. */
  const scan = (host) =>
    new Promise((resolve, reject) => {
      const [root, results] = ['root.pem', `${host}.json`].map((name) => path.join(kiavi.dir, name));
      writeFileSync(root, kiavi.ready.local_ca);
      const ways = ['--early_data', '--mozilla_config', 'intermediate'];
      const args = [...ways, '--sni', host, '--certinfo_ca_file', root, '--json_out', results, `127.0.0.1:${port}`];
      execFile(SSLYZE, args, { timeout: DEADLINE_MS, maxBuffer: 1 << 24 }, (error, printed, stderr) => {
        if (!existsSync(results)) return reject(new Error(`sslyze found out nothing:\n${printed}\n${stderr}`));
        const [server] = JSON.parse(readFileSync(results, 'utf8')).server_scan_results;
        if (!server.scan_result) return reject(new Error(`sslyze could not connect:\n${printed}`));
        const found = Object.fromEntries(
          Object.entries(server.scan_result).map(([command, { result, status }]) => {
            assert.notEqual(status, 'ERROR', `${command} of ${host}`);
            return [command, result];
          }),
        );
        resolve({ code: error?.code ?? 0, printed, found });
      });
    });

  /** A handshake for a name as Node.js makes it; `kept` becomes what the session is resumed with. */
  const connect = (servername, options = {}) =>
    new Promise((resolve, reject) => {
      const socket = tls.connect({ host: '127.0.0.1', port, servername, ca: kiavi.ready.local_ca, ...options });
      socket.kept = new Promise((keep) => socket.once('session', keep));
      socket.once('secureConnect', () => resolve(socket.resume()));
      socket.once('error', reject);
    });

  for (const host of HOSTS) {
    test(`finds nothing at ${host}`, { timeout: DEADLINE_MS }, async () => {
      const { code, printed, found } = await scan(host);
      // Mozilla's "intermediate": versions, suites, curves, certificate, and each weakness that has a name.
      assert.equal(code, 0, printed);
      assert.match(printed, /OK - Compliant/);

      const suites = (version) => found[`${version}_cipher_suites`].accepted_cipher_suites;
      const names = (version) => suites(version).map(({ cipher_suite: { name } }) => name).sort();
      for (const version of ['ssl_2_0', 'ssl_3_0', 'tls_1_0', 'tls_1_1']) assert.deepEqual(names(version), [], version);
      assert.deepEqual(names('tls_1_2'), [
        'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
        'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
        'TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256',
      ]);
      assert.deepEqual(names('tls_1_3'), ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256']);
      const curves = found.elliptic_curves.supported_curves.map(({ name }) => name).sort();
      assert.deepEqual(curves, ['X25519', 'secp256r1', 'secp384r1']);

      const [chain, ...others] = found.certificate_info.certificate_deployments;
      assert.deepEqual(others, [], 'there is one certificate, whatever the client likes');
      assert.deepEqual(chain.received_certificate_chain[0].subject_alternative_name.dns_names, [host]);
      assert.ok(chain.verified_certificate_chain && chain.received_chain_has_valid_order);
      assert.equal(chain.received_chain_contains_anchor_certificate, false);
      assert.equal(chain.verified_chain_has_sha1_signature, false);

      assert.equal(found.tls_compression.supports_compression, false);
      assert.equal(found.tls_1_3_early_data.supports_early_data, false);
      assert.equal(found.tls_fallback_scsv.supports_fallback_scsv, true);
      assert.equal(found.tls_extended_master_secret.supports_ems_extension, true);
      assert.equal(found.heartbleed.is_vulnerable_to_heartbleed, false);
      assert.equal(found.openssl_ccs_injection.is_vulnerable_to_ccs_injection, false);
      assert.equal(found.robot.robot_result, 'NOT_VULNERABLE_RSA_NOT_SUPPORTED');
      const { supports_secure_renegotiation, is_vulnerable_to_client_renegotiation_dos } = found.session_renegotiation;
      assert.deepEqual([supports_secure_renegotiation, is_vulnerable_to_client_renegotiation_dos], [true, false]);
    });
  }

  test('what is recorded today stays secret: X25519 with ML-KEM is spoken', async () => {
    for (const host of HOSTS) {
      (await connect(host, { ecdhCurve: 'X25519MLKEM768', minVersion: 'TLSv1.3' })).destroy();
      await assert.rejects(connect(host, { ecdhCurve: 'P-521' }), { code: /HANDSHAKE_FAILURE/ });
    }
  });

  // The scanner takes a session for resumed only if the server gives no new ticket, which ours does each time (RFC 8446 §C.4).
  test('sessions are resumed in both versions', async () => {
    for (const version of ['TLSv1.2', 'TLSv1.3']) {
      for (const host of HOSTS) {
        const versions = { minVersion: version, maxVersion: version };
        const first = await connect(host, versions);
        const session = await first.kept;
        first.destroy();
        const again = await connect(host, { ...versions, session });
        assert.ok(again.isSessionReused(), `${version} at ${host}`);
        assert.equal(again.getProtocol(), version);
        again.destroy();
      }
    }
  });
});
