// The front door under connections that mean no good: others must not notice.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { alive } from '../lib/processes.mjs';
import { RawConnection } from '../lib/raw.mjs';
import { until } from '../lib/wait.mjs';

/** A connection may take this long to say where it wants to go, and a bit for a busy machine. */
const PEEK_DEADLINE_MS = 5_000 + 15_000;
const STALLED_CONNECTIONS = 400;

describe('the gateway', { skip: kiaviMissing() }, () => {
  let kiavi;
  let gateway;
  before(async () => {
    kiavi = await startKiavi();
    [gateway] = kiavi.role('gateway');
  });
  after(() => kiavi?.dispose());

  async function others() {
    assert.equal((await request(`${kiavi.tenant().url}/api/auth/ok`)).status, 200);
    assert.ok(alive(gateway), 'the gateway is the same process as before');
  }

  test('is one process', () => assert.equal(kiavi.role('gateway').length, 1));

  test('serves others while hundreds of connections say nothing, and closes those', async () => {
    const stalled = await Promise.all(
      Array.from({ length: STALLED_CONNECTIONS }, (_, i) =>
        RawConnection.open(kiavi.port, { localAddress: `127.9.${i % 200}.1` }),
      ),
    );
    stalled.forEach((connection, i) => i % 2 && connection.write('GET / HTTP/1.1\r\nHost: de'));
    await others();
    await until('all of them are closed', () => stalled.every(({ closed }) => closed), { within: PEEK_DEADLINE_MS });
    await others();
  });

  test('does not wait for ever for a header that comes byte by byte', async () => {
    const connection = await RawConnection.open(kiavi.port);
    const text = `GET / HTTP/1.1\r\nX-Slow: ${'a'.repeat(10_000)}`;
    let sent = 0;
    await until(
      'it is closed',
      () => {
        if (!connection.closed) connection.write(text[sent++ % text.length]);
        return connection.closed;
      },
      { within: PEEK_DEADLINE_MS, every: 100 },
    );
    await others();
  });

  for (const [name, bytes] of Object.entries({
    'a TLS handshake on the plain port': '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03',
    'noise': Array.from({ length: 4096 }, (_, i) => String.fromCharCode((i * 73) % 256)).join(''),
    'a head without an end': `GET / HTTP/1.1\r\n${'X-Filler: abcdefgh\r\n'.repeat(2_000)}`,
    'a host name without an end': `GET / HTTP/1.1\r\nHost: ${'a'.repeat(20_000)}`,
    'an HTTP/2 preface': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    'only line ends': '\r\n'.repeat(10_000),
    'a NUL in the host': `GET / HTTP/1.1\r\nHost: demo\0.localhost:1\r\n\r\n`,
  })) {
    test(`closes ${name}`, async () => {
      const connection = await RawConnection.open(kiavi.port);
      connection.write(bytes);
      await until('it is closed', () => connection.closed, { within: PEEK_DEADLINE_MS });
      assert.ok(!connection.statuses.includes(200), connection.received.slice(0, 200));
      await others();
    });
  }

  test('keeps a connection that was handed over when it is gone itself', async () => {
    const connection = await RawConnection.open(kiavi.port);
    const ask = `GET /api/auth/ok HTTP/1.1\r\nHost: ${new URL(kiavi.tenant().url).host}\r\n\r\n`;
    connection.write(ask);
    await until('the first answer is there', () => connection.statuses.length === 1);
    process.kill(kiavi.role('gateway')[0].pid, 'SIGKILL');
    connection.write(ask);
    await until('the second answer is there', () => connection.statuses.length === 2);
    assert.deepEqual(connection.statuses, [200, 200]);
    connection.close();
    const again = await request(`${kiavi.tenant().url}/api/auth/ok`);
    assert.equal(again.status, 200, 'the next gateway serves new ones');
    [gateway] = kiavi.role('gateway');
  });
});
