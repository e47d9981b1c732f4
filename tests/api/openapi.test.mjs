// The OpenAPI document against the API that it describes: schemathesis sends what the document allows and what it
// forbids, and holds each answer against it. It runs from SCHEMATHESIS, with the versions of requirements.txt.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
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
/** What a tenant tells of itself, mostly by many filters. */
const TOLD = '/tenants/\\{tenant\\}/(audit|analytics|users)';
/** An answer that does not end. */
const ENDLESS = '/live$';
/** Side by side, each against an instance of its own: the pace of a key is what one of them would wait for most of the time. */
const PARTS = {
  'what a tenant tells': ['--include-path-regex', TOLD, '--exclude-path-regex', ENDLESS],
  'everything else': ['--exclude-path-regex', `${ENDLESS}|${TOLD}`],
};

function missing() {
  if (existsSync(SCHEMATHESIS)) return kiaviMissing();
  if (process.env.SCHEMATHESIS) throw new Error(`SCHEMATHESIS: there is no ${SCHEMATHESIS}`);
  return `no program at ${SCHEMATHESIS}; set SCHEMATHESIS`;
}

describe('the management API is as it is described', { skip: missing(), concurrency: true }, () => {
  const instances = [];
  after(() => Promise.all(instances.map((kiavi) => kiavi.dispose())));

  async function start() {
    const kiavi = await startKiavi();
    instances.push(kiavi);
    return kiavi;
  }

  test('the document is there for anybody', async () => {
    const kiavi = await start();
    const { status, json } = await request(`${kiavi.consoleUrl}/v1/openapi.json`);
    assert.equal(status, 200);
    assert.match(json.openapi, /^3\.1\./);
    assert.ok(json.paths['/v1/tenants'].post);
    const told = Object.keys(json.paths).filter((path) => new RegExp(TOLD).test(path));
    assert.ok(told.length > 5 && told.length < Object.keys(json.paths).length, 'both parts have something');
  });

  for (const [part, paths] of Object.entries(PARTS)) {
    test(`schemathesis finds nothing in ${part}`, { timeout: DEADLINE_MS }, async () => {
      const kiavi = await start();
      // The one that the description's examples name.
      await kiavi.createTenant('shop');
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
        ...paths,
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
  }
});
