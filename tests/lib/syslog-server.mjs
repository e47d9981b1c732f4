// Servers of syslog over TLS for the tests: one in this process that reads frames strictly (RFC 5425 §4.3), and Debian's
// rsyslog where it is installed.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import tls from 'node:tls';
import { freePort, isFree } from './ports.mjs';
import { until } from './wait.mjs';

/** One message in the grammar of RFC 5424 §6 with one element of structured data. */
const MESSAGE =
  /^<(?<priority>\d{1,3})>1 (?<time>\S+) (?<host>\S+) (?<app>\S+) (?<process>\S+) (?<type>\S+) \[(?<id>[^ ="\]]+)(?<params>(?: [^ ="\]]+="(?:[^"\\\]]|\\.)*")+)\] (?<text>.*)$/su;

/** A message, read. */
export function parse(text) {
  const found = MESSAGE.exec(text);
  if (!found) throw new Error(`not a message of RFC 5424: ${text}`);
  const params = Object.fromEntries(
    [...found.groups.params.matchAll(/ ([^ =]+)="((?:[^"\\\]]|\\.)*)"/gsu)].map(([, name, value]) => [
      name,
      value.replace(/\\(["\\\]])/g, '$1'),
    ]),
  );
  return { ...found.groups, params, event: JSON.parse(found.groups.text) };
}

export class SyslogServer {
  /** What has come, oldest first. */
  messages = [];
  /** Whether connections are cut before TLS is spoken. */
  isDown = false;

  /** Speaks TLS with `certificate`, {key, cert}. */
  static async start(certificate) {
    const server = new SyslogServer();
    server.port = await freePort();
    server.server = tls.createServer(certificate, (socket) => server.#take(socket));
    server.server.on('connection', (raw) => server.isDown && raw.destroy());
    server.server.on('tlsClientError', () => {});
    await new Promise((resolve) => server.server.listen(server.port, '127.0.0.1', resolve));
    return server;
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  get indexes() {
    return this.messages.map(({ event }) => event.index);
  }

  #take(socket) {
    const pieces = [];
    socket.on('error', () => {});
    socket.on('data', (piece) => pieces.push(piece));
    socket.on('end', () => {
      let rest = Buffer.concat(pieces);
      while (rest.length > 0) {
        const [head, length] = /^([1-9]\d*) /.exec(rest.subarray(0, 12).toString('latin1')) ?? [];
        if (!head) throw new Error(`no frame: ${rest.subarray(0, 40)}`);
        const end = head.length + Number(length);
        if (rest.length < end) throw new Error('a frame ends early');
        this.messages.push(parse(rest.subarray(head.length, end).toString()));
        rest = rest.subarray(end);
      }
    });
  }

  stop() {
    return new Promise((resolve) => this.server.close(resolve));
  }
}

/** Where rsyslog is; undefined if it is not installed. */
export function rsyslogd() {
  const known = [process.env.RSYSLOGD, '/usr/sbin/rsyslogd', '/usr/local/sbin/rsyslogd'];
  return known.find((file) => file && existsSync(file));
}

/** Debian's rsyslog with its module for TLS, which writes what comes into a file, one message a line. */
export class Rsyslog {
  static async start(folder, certificate, root) {
    const server = new Rsyslog();
    server.port = await freePort();
    server.file = path.join(folder, 'messages');
    const place = (name, text) => {
      const file = path.join(folder, name);
      writeFileSync(file, text);
      return file;
    };
    const modules = process.env.RSYSLOG_MODULES;
    const config = place(
      'rsyslog.conf',
      `global(workDirectory="${folder}" defaultNetstreamDriver="gtls" maxMessageSize="64k"
         defaultNetstreamDriverCAFile="${place('root.pem', root)}"
         defaultNetstreamDriverCertFile="${place('cert.pem', certificate.cert)}"
         defaultNetstreamDriverKeyFile="${place('key.pem', certificate.key)}")
       module(load="imtcp" streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="anon")
       template(name="whole" type="string" string="%rawmsg%\\n")
       input(type="imtcp" port="${server.port}" address="127.0.0.1")
       action(type="omfile" file="${server.file}" template="whole")`,
    );
    const args = ['-n', '-f', config, '-i', path.join(folder, 'rsyslog.pid'), ...(modules ? ['-M', modules] : [])];
    execFileSync(rsyslogd(), [...args, '-N1'], { stdio: 'pipe' });
    server.child = spawn(rsyslogd(), args, { stdio: 'ignore' });
    await until('rsyslog listens', async () => !(await isFree(server.port)));
    return server;
  }

  get address() {
    return `127.0.0.1:${this.port}`;
  }

  get messages() {
    if (!existsSync(this.file)) return [];
    return readFileSync(this.file, 'utf8').split('\n').filter(Boolean).map(parse);
  }

  stop() {
    const ended = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGTERM');
    return ended;
  }
}
