// Bytes over TCP, for requests that no HTTP library would send.

import net from 'node:net';

/** A connection that remembers all it received. */
export class RawConnection {
  received = '';
  closed = false;

  static open(port, { localAddress } = {}) {
    return new Promise((resolve, reject) => {
      const socket = net.connect({ host: '127.0.0.1', port, localAddress });
      const connection = new RawConnection();
      connection.socket = socket;
      socket.setEncoding('latin1');
      socket.on('data', (chunk) => (connection.received += chunk));
      socket.on('close', () => (connection.closed = true));
      socket.once('connect', () => resolve(connection));
      socket.on('error', reject); // after the connect this rejects nothing, and a reset shows as `closed`
    });
  }

  write(text) {
    this.socket.write(text, 'latin1');
  }

  /** The status codes of the answers so far. A body need not end with a line end. */
  get statuses() {
    return [...this.received.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map(([, status]) => Number(status));
  }

  close() {
    this.socket.destroy();
  }
}
