// TLS from the gateway's glance to the tenant's engine: each tenant shows its own certificate and answers for itself alone.

import assert from 'node:assert/strict';
import http2 from 'node:http2';
import tls from 'node:tls';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { request } from '../lib/http.mjs';
import { until } from '../lib/wait.mjs';

describe('TLS', { skip: kiaviMissing() }, () => {
  let kiavi;
  let demo;
  let shop;
  let port;
  before(async () => {
    kiavi = await startKiavi();
    demo = kiavi.ready.tenants.find(({ slug }) => slug === 'demo');
    shop = await kiavi.createTenant('shop');
    port = Number(new URL(demo.tls_url).port);
  });
  after(() => kiavi?.dispose());

  /** A handshake for a name, verified against the instance's own authority. */
  const connect = (servername, options = {}) =>
    new Promise((resolve, reject) => {
      const ca = kiavi.ready.local_ca;
      const socket = tls.connect({ host: '127.0.0.1', port, servername, ca, ALPNProtocols: ['h2', 'http/1.1'], ...options });
      socket.once('secureConnect', () => resolve(socket));
      socket.once('error', reject);
    });

  /** One request of HTTP/2 for an authority, on a connection for a name. */
  async function get(socket, authority, path = '/api/auth/ok') {
    const session = http2.connect(`https://${authority}`, { createConnection: () => socket });
    try {
      const stream = session.request({ ':path': path, ':authority': authority });
      return await new Promise((resolve, reject) => {
        stream.once('response', (headers) => {
          stream.resume();
          stream.once('end', () => resolve(headers));
        });
        stream.once('error', reject);
        session.once('error', reject);
      });
    } finally {
      session.destroy();
    }
  }

  test('a tenant is reached by HTTP/2 under its own certificate', async () => {
    for (const slug of ['demo', 'shop']) {
      const socket = await connect(`${slug}.localhost`);
      assert.equal(socket.alpnProtocol, 'h2');
      assert.equal(socket.getPeerX509Certificate().subjectAltName, `DNS:${slug}.localhost`);
      assert.equal((await get(socket, `${slug}.localhost:${port}`))[':status'], 200);
    }
  });

  test('who comes for one tenant is not served by another on the same connection', async () => {
    const headers = await get(await connect('demo.localhost'), `shop.localhost:${port}`);
    assert.equal(headers[':status'], 421);
  });

  test('a name that nobody has, and no name, are the alert unrecognized_name', async () => {
    for (const name of ['nobody.localhost', '']) {
      await assert.rejects(connect(name), { code: 'ERR_SSL_TLSV1_UNRECOGNIZED_NAME' }, name);
    }
  });

  test('a session is resumed by the next engine of the tenant', async () => {
    const socket = await connect('demo.localhost');
    const session = await new Promise((resolve) => {
      socket.once('session', resolve);
      socket.resume();
    });
    socket.destroy();
    const engines = kiavi.role('engine');
    assert.ok(engines.length > 0);
    for (const { pid } of engines) process.kill(pid, 'SIGKILL');
    const again = await until('the next engine answers', () => connect('demo.localhost', { session }).catch(() => false));
    assert.ok(again.isSessionReused());
    again.destroy();
    const other = await connect('shop.localhost', { session });
    assert.equal(other.isSessionReused(), false);
    other.destroy();
  });

  test('plain HTTP is served as before', async () => {
    assert.equal((await request(`${demo.url}/api/auth/ok`)).status, 200);
    assert.equal((await request(`${shop.url}/api/auth/ok`)).status, 200);
  });
});
