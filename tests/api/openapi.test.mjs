// The OpenAPI document against the API that it describes: schemathesis sends what the document allows and what it
// forbids, and holds each answer against it. It runs from SCHEMATHESIS, with the versions of requirements.txt.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';

const HERE = fileURLToPath(new URL('.', import.meta.url));
const SCHEMATHESIS = process.env.SCHEMATHESIS ?? path.join(HERE, '../../target/python/bin/schemathesis');
/** The same requests each time. */
const SEED = 20261126;
/** Requests for each operation and phase. */
const EXAMPLES = 5;
/** Less than what a key may; waiting for what `Retry-After` says would take minutes where mails are spaced. */
const REQUESTS_IN_TIME = '1100/m';
const DEADLINE_MS = 175_000;

function missing() {
  if (existsSync(SCHEMATHESIS)) return kiaviMissing();
  if (process.env.SCHEMATHESIS) throw new Error(`SCHEMATHESIS: there is no ${SCHEMATHESIS}`);
  return `no program at ${SCHEMATHESIS}; set SCHEMATHESIS`;
}

describe('the management API is as it is described', { skip: missing() }, () => {
  let kiavi;
  before(async () => {
    kiavi = await startKiavi();
  });
  after(() => kiavi?.dispose());

  test('the document is there for anybody', async () => {
    const { status, json } = await request(`${kiavi.consoleUrl}/v1/openapi.json`);
    assert.equal(status, 200);
    assert.match(json.openapi, /^3\.1\./);
    assert.ok(json.paths['/v1/tenants'].post);
  });

  test('schemathesis finds nothing', { timeout: DEADLINE_MS }, async () => {
    // Not every resolver knows names below localhost, so the name goes into the header.
    const { host, port } = new URL(kiavi.consoleUrl);
    const run = [
      '--config-file',
      path.join(HERE, 'schemathesis.toml'),
      'run',
      `http://127.0.0.1:${port}/v1/openapi.json`,
      '--header',
      `Host: ${host}`,
      '--header',
      `Authorization: Bearer ${kiavi.ready.management_key}`,
      '--seed',
      String(SEED),
      '--max-examples',
      String(EXAMPLES),
      '--rate-limit',
      REQUESTS_IN_TIME,
      // An answer that does not end.
      '--exclude-path-regex',
      '/live$',
      '--continue-on-failure',
      '--no-color',
    ];
    const output = await new Promise((resolve, reject) => {
      // In the instance's folder, because it writes what it has learnt to the working directory.
      const options = { cwd: kiavi.dir, maxBuffer: 1 << 26, timeout: DEADLINE_MS };
      execFile(SCHEMATHESIS, run, options, (error, stdout, stderr) => {
        if (error) reject(new Error(`schemathesis found something:\n${stdout}\n${stderr}`));
        else resolve(stdout);
      });
    });
    console.log(output.split('\n').slice(-14).join('\n'));
  });
});
