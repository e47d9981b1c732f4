// Somebody with root takes one layer away from a running instance. The proof of that tenant turns red and names the layer, and is
// green again when it is back.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { request } from '../lib/http.mjs';
import { ISOLATION, kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { alive } from '../lib/processes.mjs';
import { until } from '../lib/wait.mjs';

const MOUNT = '/sys/fs/cgroup';
const CONTROLLERS = ['memory', 'cpu', 'pids'];
const REMOUNT = fileURLToPath(new URL('../lib/remount.py', import.meta.url));

describe('a layer that was taken away', { skip: kiaviMissing() || (ISOLATION !== 'full' && 'only with full isolation') }, () => {
  let kiavi;
  let count = 0;
  before(async () => {
    kiavi = await startKiavi();
  });
  after(() => kiavi?.dispose());

  /** A tenant with an engine that runs: proofs of one tenant are counted, so each test has its own. */
  async function runs() {
    const others = new Set(kiavi.role('engine').map(({ pid }) => pid));
    const tenant = await kiavi.createTenant(`weak${(count += 1)}`);
    assert.equal((await request(`${tenant.url}/api/auth/ok`)).status, 200);
    const engine = await until('its engine is there', () => kiavi.role('engine').find(({ pid }) => !others.has(pid)));
    return { tenant, engine };
  }

  /** What a proof says: the command's code, and the evidence of what is broken, by the checks' names. */
  async function prove({ slug }) {
    let [code, told] = [0, ''];
    try {
      told = await kiavi.verb(['prove', slug, '--json'], { within: 120_000 });
    } catch (error) {
      [, code, told] = error.message.match(/ended with (\d+):\n[^{]*({[^]*)$/) ?? assert.fail(error.message);
    }
    const bad = JSON.parse(told).report.checks.filter(({ outcome }) => outcome === 'broken' || outcome === 'unknown');
    return { code: Number(code), broken: Object.fromEntries(bad.map(({ id, evidence }) => [id, evidence.join('\n')])) };
  }

  /** Proves it red by these checks alone. */
  async function isRed(tenant, ...checks) {
    const { code, broken } = await prove(tenant);
    assert.deepEqual(Object.keys(broken).sort(), checks.sort(), JSON.stringify(broken));
    assert.equal(code, 6);
    return broken;
  }

  async function isGreen(tenant) {
    assert.deepEqual(await prove(tenant), { code: 0, broken: {} });
  }

  /** The engine's successor has every layer again. */
  async function restart(tenant, engine) {
    process.kill(engine.pid, 'SIGKILL');
    await until('it has ended', () => !alive(engine));
    await until('its successor serves', async () => (await request(`${tenant.url}/api/auth/ok`)).status === 200);
  }

  /** As whoever has the database server itself. */
  async function sql(database, ...statements) {
    const client = new pg.Client(kiavi.databaseOf({ id: database }));
    await client.connect();
    try {
      for (const statement of statements) await client.query(statement);
    } finally {
      await client.end();
    }
  }

  /** The folder of a process's group for a controller, and whether it is of version 1. */
  function groupOf(pid, controller) {
    const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n').map((line) => line.split(':'));
    const own = lines.find(([, names]) => names.split(',').includes(controller));
    if (own) return { folder: path.join(MOUNT, controller, own[2]), root: path.join(MOUNT, controller), isFirst: true };
    const [, , group] = lines.find(([, names]) => names === '');
    return { folder: path.join(MOUNT, group), root: MOUNT, isFirst: false };
  }
  const isInGroup = (pid, controller, { id }) => groupOf(pid, controller).folder.endsWith(`/engines/${id}`);
  const hasGroups = () => !/no control groups/.test(kiavi.log());

  test('the read-only root: layer.root', async () => {
    const { tenant, engine } = await runs();
    execFileSync('python3', [REMOUNT, String(engine.pid)]);
    const { 'layer.root': evidence } = await isRed(tenant, 'layer.root');
    assert.match(evidence, new RegExp(`engine ${engine.pid}: 1 mounts, the first tmpfs at / \\(rw\\)`));
    await restart(tenant, engine);
    await isGreen(tenant);
  });

  test('the limits of the process: layer.limits', async (t) => {
    const { tenant, engine } = await runs();
    try {
      execFileSync('prlimit', ['--pid', String(engine.pid), '--nproc=100:100'], { stdio: 'pipe' });
    } catch (error) {
      if (/not permitted/.test(error.stderr)) return t.skip('root of this machine may raise no limits (CAP_SYS_RESOURCE)');
      throw error;
    }
    const { 'layer.limits': evidence } = await isRed(tenant, 'layer.limits');
    assert.match(evidence, new RegExp(`engine ${engine.pid}: processes: 100, where 1 is the most`));
    await restart(tenant, engine);
    await isGreen(tenant);
  });

  for (const controller of CONTROLLERS) {
    test(`its control group for ${controller}, left for another one: layer.group`, async (t) => {
      if (!hasGroups()) return t.skip('there are no control groups');
      const { tenant, engine } = await runs();
      await until('it is in its group', () => isInGroup(engine.pid, controller, tenant));
      const { root, isFirst } = groupOf(engine.pid, controller);
      // Of version 2 the root has all controllers.
      if (!isFirst && controller !== CONTROLLERS[0]) return t.skip('there is one group for all controllers');
      writeFileSync(path.join(root, 'cgroup.procs'), String(engine.pid));
      const { 'layer.group': evidence } = await isRed(tenant, 'layer.group');
      assert.match(evidence, new RegExp(`engine ${engine.pid}: its control group is /.*, and not its tenant's`));
      await restart(tenant, engine);
      await isGreen(tenant);
    });
  }

  test('the bound of its control group: layer.group', async (t) => {
    if (!hasGroups()) return t.skip('there are no control groups');
    const { tenant, engine } = await runs();
    await until('it is in its group', () => isInGroup(engine.pid, 'pids', tenant));
    const { folder } = groupOf(engine.pid, 'pids');
    writeFileSync(path.join(folder, 'pids.max'), 'max');
    const { 'layer.group': evidence } = await isRed(tenant, 'layer.group');
    assert.match(evidence, new RegExp(`engine ${engine.pid}: .* does not bound processes`));
    // The canary was put into the group with the tenant's bounds, so they are there again.
    await isGreen(tenant);
  });

  test('what its role may not be: database.grants, database.powers, database.owners, database.connections', async () => {
    const { tenant } = await runs();
    const [own, owner] = [`"${tenant.id}"`, `"${tenant.id}_owner"`];
    await sql(tenant.id, `ALTER ROLE ${own} CONNECTION LIMIT -1`);
    await isRed(tenant, 'database.connections');
    await sql(tenant.id, `ALTER ROLE ${own} CONNECTION LIMIT 10`, `GRANT ${owner} TO ${own}`);
    const asOwner = await isRed(tenant, 'database.grants', 'database.powers', 'database.log', 'database.catalogs');
    assert.match(asOwner['database.powers'], /SET ROLE .*_owner"?: was carried out/);
    await sql(tenant.id, `REVOKE ${owner} FROM ${own}`, `ALTER ROLE ${owner} LOGIN`);
    const { 'database.owners': evidence } = await isRed(tenant, 'database.owners');
    assert.match(evidence, /can log in/);
    await sql(tenant.id, `ALTER ROLE ${owner} NOLOGIN`);
    await isGreen(tenant);
  });

  test('the catalogs of the server, opened again: database.catalogs', async () => {
    const { tenant } = await runs();
    await sql(tenant.id, 'GRANT SELECT ON pg_catalog.pg_db_role_setting TO PUBLIC');
    const { 'database.catalogs': evidence } = await isRed(tenant, 'database.catalogs');
    assert.match(evidence, /pg_db_role_setting: was carried out/);
    await sql(tenant.id, 'REVOKE SELECT ON pg_catalog.pg_db_role_setting FROM PUBLIC');
    await isGreen(tenant);
  });

  test('an account and a secret of its own: account.unique, keys.secret', async () => {
    const [{ tenant }, { tenant: other }] = [await runs(), await runs()];
    await isGreen(tenant);
    await isGreen(other);
    const control = 'kiavi_control';
    await sql(control, `UPDATE tenant SET uid = uid + 100000 WHERE id = '${tenant.id}'`);
    await isRed(tenant, 'account.unique');
    await sql(control, `UPDATE tenant SET uid = uid - 100000 WHERE id = '${tenant.id}'`,
      `UPDATE isolation_proof a SET fingerprint = b.fingerprint FROM isolation_proof b WHERE a.tenant_id = '${other.id}' AND b.tenant_id = '${tenant.id}'`);
    const { 'keys.secret': evidence } = await isRed(tenant, 'keys.secret');
    assert.match(evidence, new RegExp(`is that of ${other.id}, too`));
  });
});
