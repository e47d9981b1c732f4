// A plain HTTP proxy that gives its user a network address of their own: a browser cannot choose its
// source address, and limits by network would otherwise count all of a test's people as one.

import http from 'node:http';

export async function startProxy(localAddress) {
  const proxy = http.createServer((incoming, outgoing) => {
    const target = new URL(incoming.url);
    const forwarded = http.request(
      {
        host: '127.0.0.1',
        port: target.port || 80,
        path: `${target.pathname}${target.search}`,
        method: incoming.method,
        headers: withoutHopHeaders(incoming.headers),
        localAddress,
        agent: false,
      },
      (answer) => {
        outgoing.writeHead(answer.statusCode, answer.statusMessage, answer.rawHeaders);
        outgoing.flushHeaders();
        answer.pipe(outgoing);
        answer.on('error', () => outgoing.destroy());
      },
    );
    forwarded.on('error', () => outgoing.destroy());
    outgoing.on('close', () => forwarded.destroy());
    incoming.pipe(forwarded);
  });
  proxy.on('clientError', (_, socket) => socket.destroy());
  await new Promise((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${proxy.address().port}`,
    stop() {
      proxy.close();
      proxy.closeAllConnections();
    },
  };
}

function withoutHopHeaders(headers) {
  const { 'proxy-connection': _, ...rest } = headers;
  return { ...rest, connection: 'close' };
}
