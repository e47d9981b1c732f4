// Somebody who has taken over a process of Kiavi's, see intruder.py.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const STREAM = 1;
export const SEQPACKET = 5;
export const UNIX = 1;

export class Intruder {
  #waiting = [];

  constructor(pid) {
    this.pid = pid;
    const program = fileURLToPath(new URL('intruder.py', import.meta.url));
    this.child = spawn('python3', [program, String(pid)], { stdio: ['pipe', 'pipe', 'inherit'] });
    this.child.stdin.on('error', () => {}); // it ended; that is told by its answers
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      this.#waiting.shift()?.resolve(JSON.parse(line));
    });
    this.child.once('exit', (code) => {
      for (const { reject } of this.#waiting.splice(0)) reject(new Error(`the intruder in ${pid} ended with ${code}`));
    });
  }

  #order(order) {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ resolve, reject });
      this.child.stdin.write(`${JSON.stringify(order)}\n`);
    });
  }

  /** The sockets that the process holds: `{fd, type, family, listens, peer}`. */
  sockets() {
    return this.#order({ do: 'list' });
  }

  /** Sends one packet, a Buffer or bytes, with so many descriptors: `{sent}`, and `refused` if it was. */
  send(fd, packet, { fds = 0, times = 1 } = {}) {
    return this.#order({ do: 'send', fd, hex: Buffer.from(packet).toString('hex'), fds, times });
  }

  leave() {
    this.child.stdin.end();
    return new Promise((resolve) => this.child.once('exit', resolve));
  }
}
