// What the kernel says about the running processes: who they are, what they hold, what they may do.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync, readlinkSync, renameSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { request } from '../lib/http.mjs';
import { Intruder, SEQPACKET, STREAM, UNIX } from '../lib/intruder.mjs';
import { ISOLATION, kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { openFiles } from '../lib/processes.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';

const SECCOMP_FILTER = 2;
const NO_CAPABILITIES = /^0+$/;
const ROLES = ['gateway', 'control', 'outbound', 'auditor', 'engine'];
const NAMESPACES = ['net', 'ipc', 'uts', 'mnt', 'cgroup'];
/** What outbound resolves names by, and whom it believes. */
const RESOLVER_FILE = /^(ssl|ssl\/certs(\/[\w.-]+)?|nsswitch\.conf|services|gai\.conf|host\.conf|hosts|resolv\.conf)$/;
const DATABASE = /\/\.s\.PGSQL\.\d+$/;
/** Sockets, pipes, the reactor's own descriptors, settings in memory, and nothing by which a file is reached. */
const HARMLESS_DESCRIPTOR =
  /^(socket:\[\d+\]|pipe:\[\d+\]|anon_inode:\[(eventpoll|eventfd|timerfd|signalfd)\]|\/memfd:[\w .-]+ \(deleted\)|\/dev\/null)$/;
const full = ISOLATION === 'full';
const asRoot = process.getuid() === 0;

describe('the running processes', { skip: kiaviMissing() }, () => {
  let kiavi;
  let engines;
  before(async () => {
    // What programs may be told that way: none of it reaches a process that a tenant is served by.
    const env = { KIAVI_ISOLATION: 'rootless', RUST_BACKTRACE: 'full', SSLKEYLOGFILE: '/tmp/keys', MALLOC_CHECK_: '3', LD_BIND_NOW: '1' };
    kiavi = await startKiavi({ env });
    const shop = await kiavi.createTenant('shop');
    for (const tenant of [kiavi.tenant(), shop]) {
      await new Visitor(tenant.url, tenant.mailbox).signInByCode(freshEmail());
    }
    engines = kiavi.role('engine');
  });
  after(() => kiavi?.dispose());

  const eachEngine = (name, check, options = {}) =>
    test(`every engine ${name}`, options, () => engines.forEach((engine) => check(engine)));
  const unlessFull = { skip: !full && 'only with full isolation' };
  const unlessRoot = { skip: !asRoot && 'only root may look there' };

  test('each tenant has an engine of its own', () => assert.equal(engines.length, 2));

  test('there is one of each other role', () => {
    for (const role of ['launcher', 'gateway', 'control', 'outbound', 'auditor']) {
      assert.equal(kiavi.role(role).length, 1, role);
    }
  });

  test('every process but the launcher has an account of its own, and none is root', unlessFull, () => {
    const rest = ROLES.flatMap((role) => kiavi.role(role));
    const accounts = rest.map(({ uids }) => uids[0]);
    assert.equal(new Set(accounts).size, accounts.length, `accounts: ${accounts}`);
    for (const { uids, gids, groups, arguments: args } of rest) {
      assert.equal(new Set(uids).size, 1, `${args}: real, effective, saved and file-system uid`);
      assert.equal(new Set(gids).size, 1, `${args}: gids`);
      assert.ok(uids[0] >= 1000, `${args}: uid ${uids[0]}`);
      assert.ok(gids[0] >= 1000, `${args}: gid ${gids[0]}`);
      assert.equal(groups, '', `${args}: supplementary groups`);
    }
    assert.ok(!accounts.includes(kiavi.postgres().uids[0]), 'nor PostgreSQL\'s');
  });

  test('PostgreSQL does not run as root', () => assert.notEqual(kiavi.postgres().uids[0], 0));

  test('every process but the launcher is filtered and can gain nothing', () => {
    for (const process of ['gateway', 'control', 'outbound', 'auditor', 'engine'].flatMap((role) => kiavi.role(role))) {
      assert.equal(process.seccomp, SECCOMP_FILTER, `${process.arguments}: seccomp`);
      assert.equal(process.noNewPrivileges, 1, `${process.arguments}: no_new_privs`);
      for (const [set, value] of Object.entries(process.capabilities)) {
        assert.match(value, NO_CAPABILITIES, `${process.arguments}: ${set}`);
      }
    }
  });

  eachEngine('has one thread', ({ threads }) => assert.equal(threads, 1));

  eachEngine('sees an empty root', ({ pid }) => assert.deepEqual(readdirSync(`/proc/${pid}/root/`), []), unlessFull);

  eachEngine(
    'has one mount, which is read-only',
    ({ pid }) => {
      const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n');
      assert.equal(mounts.length, 1, mounts.join('\n'));
      assert.match(mounts[0], / \/ \/ ro/);
    },
    unlessFull,
  );

  eachEngine(
    'is in namespaces of its own',
    ({ pid }) => {
      for (const name of NAMESPACES) {
        const [own, ours] = [pid, 'self'].map((one) => readlinkSync(`/proc/${one}/ns/${name}`));
        assert.notEqual(own, ours, name);
      }
    },
    unlessFull,
  );

  test('no two engines share a namespace', unlessFull, () => {
    for (const name of NAMESPACES.filter((one) => one !== 'net')) {
      const links = engines.map(({ pid }) => readlinkSync(`/proc/${pid}/ns/${name}`));
      assert.equal(new Set(links).size, engines.length, name);
    }
  });

  eachEngine(
    'has no network device but its own loopback',
    ({ pid }) => {
      const devices = readFileSync(`/proc/${pid}/net/dev`, 'utf8').match(/^\s*\w+(?=:)/gm).map((one) => one.trim());
      assert.deepEqual(devices.filter((one) => !/^(lo|sit0|tunl0|ip6tnl0|ip6_vti0|ip_vti0|gre0|gretap0|erspan0|ip6gre0)$/.test(one)), []);
    },
    unlessFull,
  );

  eachEngine(
    'holds nothing by which a file or a device is reached',
    ({ pid }) => {
      const open = openFiles(pid);
      const bad = open.filter(({ target }) => !HARMLESS_DESCRIPTOR.test(target));
      assert.deepEqual(bad, []);
      assert.ok(open.length < 32, `${open.length} descriptors for an engine at rest`);
    },
    unlessRoot,
  );

  /** What a process holds: what is neither a socket nor its own machinery, and its sockets. */
  async function held({ pid }) {
    const files = openFiles(pid).map(({ target }) => target).filter((target) => !HARMLESS_DESCRIPTOR.test(target) || target.startsWith('/memfd:'));
    const intruder = new Intruder(pid);
    try {
      return { files, sockets: await intruder.sockets() };
    } finally {
      await intruder.leave();
    }
  }

  const ofNetwork = ({ family }) => family !== UNIX;
  const ofDatabase = ({ peer }) => DATABASE.test(peer);
  const isDoor = ({ family, type, peer }) => family === UNIX && type === SEQPACKET && peer === '';

  /** Sockets of another kind; the runtime's own pair, by which it wakes itself and which it has three times, is none. */
  function others(sockets, ...kinds) {
    const rest = sockets.filter((one) => ![isDoor, ...kinds].some((is) => is(one)));
    const own = rest.filter(({ family, type, peer, listens }) => family === UNIX && type === STREAM && peer === '' && !listens);
    return own.length === 3 ? rest.filter((one) => !own.includes(one)) : rest;
  }

  test('the gateway holds doors and connections, and neither a secret nor a way to a database', unlessFull, async () => {
    const { files, sockets } = await held(kiavi.role('gateway')[0]);
    assert.deepEqual(files, []);
    assert.deepEqual(others(sockets, ofNetwork), []);
    assert.ok(sockets.some(({ listens }) => listens) && sockets.some(isDoor));
  });

  test('the others see no path but what their work takes, none of it to write but control\'s folder, and only outbound the network', unlessFull, () => {
    const roots = { gateway: [], auditor: [], control: ['data'], outbound: ['etc'] };
    for (const [role, root] of Object.entries(roots)) {
      const [{ pid }] = kiavi.role(role);
      assert.deepEqual(readdirSync(`/proc/${pid}/root/`), root, role);
      const mounts = readFileSync(`/proc/${pid}/mountinfo`, 'utf8').trim().split('\n').map((line) => line.split(' '));
      const writable = mounts.filter(([, , , , , options]) => !options.split(',').includes('ro')).map(([, , , , place]) => place);
      assert.deepEqual(writable, role === 'control' ? ['/data'] : [], role);
      for (const name of NAMESPACES) {
        const [own, ours] = [pid, 'self'].map((one) => readlinkSync(`/proc/${one}/ns/${name}`));
        assert.equal(own === ours, role === 'outbound' && name === 'net', `${role}: ${name}`);
      }
    }
    const [{ pid }] = kiavi.role('outbound');
    const seen = readdirSync(`/proc/${pid}/root/etc`, { recursive: true }).filter((name) => !RESOLVER_FILE.test(name));
    assert.deepEqual(seen, []);
  });

  test('outbound holds doors and connections, documents in memory, and no way to a database or to control', unlessFull, async () => {
    const { files, sockets } = await held(kiavi.role('outbound')[0]);
    assert.deepEqual(files.filter((file) => !file.startsWith('/memfd:')), []);
    assert.deepEqual(others(sockets, ofNetwork), []);
    assert.deepEqual(sockets.filter(({ listens }) => listens), []);
  });

  test('the auditor holds doors and connections to databases, and nothing of the network', unlessFull, async () => {
    const { files, sockets } = await held(kiavi.role('auditor')[0]);
    assert.deepEqual(files.filter((file) => !file.startsWith('/memfd:')), []);
    assert.deepEqual(others(sockets, ofDatabase), []);
  });

  test('control holds its own folder and socket, doors and connections to databases, and nothing of the network', unlessFull, async () => {
    const { files, sockets } = await held(kiavi.role('control')[0]);
    assert.deepEqual(files.filter((file) => !file.startsWith('/memfd:')), ['/data']);
    const listening = sockets.filter(({ listens }) => listens);
    assert.deepEqual(listening.map(({ family }) => family), [UNIX], 'the operator\'s socket');
    assert.ok(sockets.some(ofDatabase));
    assert.deepEqual(others(sockets, ofDatabase, ({ listens }) => listens), []);
  });

  test('every engine holds doors, and connections to its database', unlessFull, async () => {
    for (const engine of engines) {
      const { sockets } = await held(engine);
      assert.ok(sockets.some(isDoor));
      assert.deepEqual(others(sockets, ofDatabase), []);
    }
  });

  test('no two engines share a descriptor', unlessRoot, () => {
    const [one, other] = engines.map(({ pid }) => openFiles(pid).map(({ target }) => target));
    const numbered = (target) => /\[\d+\]/.test(target);
    assert.deepEqual(one.filter((target) => numbered(target) && other.includes(target)), []);
  });

  eachEngine(
    'has limits that fit it',
    ({ pid }) => {
      const limits = readFileSync(`/proc/${pid}/limits`, 'utf8');
      const limit = (name) => limits.match(new RegExp(`^${name}\\s+(\\S+)\\s+(\\S+)`, 'm')).slice(1);
      assert.deepEqual(limit('Max core file size'), ['0', '0']);
      assert.notEqual(limit('Max open files')[1], 'unlimited');
      assert.notEqual(limit('Max processes')[1], 'unlimited');
    },
    unlessRoot,
  );

  test('every engine is in the control group of its tenant', unlessFull, async (t) => {
    const { findings } = JSON.parse(await kiavi.verb(['doctor', '--json']));
    if (findings.find(({ name }) => name === 'Control groups').verdict !== 'ok') {
      t.skip('this machine has none that serve');
      return;
    }
    const groups = engines.map(({ pid }) => readFileSync(`/proc/${pid}/cgroup`, 'utf8'));
    for (const { id } of kiavi.ready.tenants) {
      assert.equal(groups.filter((group) => group.includes(`/engines/${id}\n`)).length, 1, groups.join('\n'));
    }
  });

  test('no secret is on a command line, and nothing at all in an environment', () => {
    const secrets = [kiavi.ready.management_key, ...kiavi.ready.tenants.map(({ id }) => id)];
    for (const { pid, arguments: args } of ROLES.flatMap((role) => kiavi.role(role))) {
      if (asRoot) assert.equal(readFileSync(`/proc/${pid}/environ`, 'latin1'), '', `environment of ${args}`);
      for (const secret of secrets) assert.ok(!args.join(' ').includes(secret), `${args}`);
    }
    for (const { arguments: args } of kiavi.processes()) {
      assert.ok(!args.join(' ').includes(kiavi.ready.management_key), `${args}`);
    }
  });

  test('what is started later is the program that runs, whatever lies in its place by then', unlessRoot, async () => {
    const [launcher] = kiavi.role('launcher');
    const program = ({ pid }) => statSync(`/proc/${pid}/exe`).ino;
    writeFileSync(`${kiavi.program}.other`, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    const before = kiavi.role('engine').map(({ pid }) => pid);
    renameSync(kiavi.program, `${kiavi.program}.own`);
    renameSync(`${kiavi.program}.other`, kiavi.program);
    try {
      for (const pid of before) process.kill(pid, 'SIGKILL');
      assert.equal((await request(`${kiavi.tenant().url}/api/auth/ok`)).status, 200);
    } finally {
      renameSync(`${kiavi.program}.own`, kiavi.program);
    }
    engines = kiavi.role('engine');
    assert.ok(engines.length > 0 && engines.every(({ pid }) => !before.includes(pid)));
    engines.forEach((engine) => assert.equal(program(engine), program(launcher)));
  });

  test('a core dump, a trace and the memory are out of reach for the account itself', unlessFull, () => {
    // A process that is not dumpable belongs to root in /proc, whatever its account is.
    for (const { pid } of engines) {
      const { uid } = statOf(`/proc/${pid}/mem`);
      assert.equal(uid, 0);
    }
  });

  test('the data folder is closed to others', async () => {
    const open = readdirSync(kiavi.data, { recursive: true, withFileTypes: true }).filter((entry) => {
      const { mode } = statOf(`${entry.parentPath}/${entry.name}`) ?? {};
      return entry.isFile() && mode & 0o007;
    });
    const reachable = open.filter((entry) => !closedAbove(entry.parentPath, kiavi.data));
    // A certificate, for whoever wants to trust it.
    assert.deepEqual(reachable.map((entry) => path.join(entry.parentPath, entry.name)), [path.join(kiavi.data, 'local-ca.pem')]);
    assert.equal((await request(`${kiavi.tenant().url}/api/auth/ok`)).status, 200);
  });
});

function statOf(file) {
  try {
    return statSync(file);
  } catch {
    return undefined; // gone meanwhile
  }
}

/** Whether a folder between `folder` and `top` lets no other account through. */
function closedAbove(folder, top) {
  for (let at = folder; at.startsWith(top); at = path.dirname(at)) {
    const { mode } = statOf(at) ?? { mode: 0 };
    if (!(mode & 0o001)) return true;
  }
  return false;
}
