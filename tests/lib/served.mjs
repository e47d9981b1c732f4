// A production instance: `kiavi serve` with a configuration of the test's own, and HTTP as a reverse proxy speaks it.

import http from 'node:http';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { ISOLATION, Kiavi } from './kiavi.mjs';
import { freePort } from './ports.mjs';

export const DOMAIN = 'auth.test';

export class Served extends Kiavi {
  /** More lines of the configuration, after a table header of their own. */
  more = '';
  /** More lines of the table `listen`. */
  listen = '';
  edgeKeepsHostsApart = false;
  forwardedHeader = 'x-forwarded-for';
  smtpUrl = 'smtp://127.0.0.1:9';

  async start(options) {
    this.port ??= await freePort();
    this.monitorPort ??= await freePort();
    this.configure();
    await super.start(options);
  }

  get configFile() {
    return path.join(this.dir, 'kiavi.toml');
  }

  configure(more = this.more) {
    this.more = more;
    const text = `
data = "${this.data}"
domain.tenants = "${DOMAIN}"
mail.smtp_url = "${this.smtpUrl}"
isolation.mode = "${ISOLATION}"
[listen]
addresses = ["127.0.0.1:${this.port}"]
behind_edge = true
trusted_proxies = ["127.0.0.1"]
forwarded_header = "${this.forwardedHeader}"
edge_keeps_hosts_apart = ${this.edgeKeepsHostsApart}
${this.listen}
[monitor]
listen = "127.0.0.1:${this.monitorPort}"
${more}`;
    writeFileSync(this.configFile, text);
  }

  command(readyFile) {
    return ['serve', '--config', this.configFile, '--ready-file', readyFile];
  }

  /** One request to a host of the instance, as the edge passes it on. */
  ask(host, target, { method = 'GET', headers = {}, body, agent, localAddress } = {}) {
    return fetchFrom({ port: this.port, host, target, method, headers, body, agent, localAddress });
  }

  monitor(target, headers = {}) {
    return fetchFrom({ port: this.monitorPort, host: `127.0.0.1:${this.monitorPort}`, target, headers });
  }

  /** The value of a metric with exactly these labels, in the order that they are written. */
  async metric(name) {
    const { text } = await this.monitor('/metrics');
    const line = text.split('\n').find((one) => one.startsWith(`${name} `));
    return line === undefined ? undefined : Number(line.slice(name.length + 1));
  }

  /** What was logged, one object for each line that is one. */
  lines() {
    return this.log().split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line));
  }
}

function fetchFrom({ port, host, target, method = 'GET', headers, body, agent, localAddress }) {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, path: target, method, agent, localAddress, headers: { host, ...headers } };
    const request = http.request(options, (response) => {
      const parts = [];
      response.on('data', (part) => parts.push(part));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(parts).toString();
        resolve({ status: response.statusCode, headers: response.headers, text });
      });
    });
    request.on('error', reject);
    request.end(body);
  });
}
