// What an engine costs that nobody uses: its private memory, by the kernel's count.

import { request } from '../../tests/lib/http.mjs';
import { startKiavi } from '../../tests/lib/kiavi.mjs';
import { privateMemory } from '../../tests/lib/processes.mjs';
import { Visitor, freshEmail } from '../../tests/lib/visitor.mjs';
import { median, table } from './numbers.mjs';
import { report, requireKiavi } from './setting.mjs';

const TENANTS = Number(process.env.TENANTS ?? 10);
const IDLE_SECONDS = Number(process.env.IDLE_SECONDS ?? 45);

const mebibytes = (bytes) => (bytes / 2 ** 20).toFixed(2);

function row(kiavi, when) {
  const sizes = kiavi.role('engine').map(({ pid }) => privateMemory(pid));
  const backends = kiavi.processes().filter(({ arguments: [title] }) => /^postgres: t[a-z0-9]{24} /.test(title ?? '')).length;
  return [when, sizes.length, mebibytes(Math.min(...sizes)), mebibytes(median(sizes)), mebibytes(Math.max(...sizes)), backends];
}

requireKiavi();
const kiavi = await startKiavi();
try {
  const tenants = [kiavi.tenant()];
  while (tenants.length < TENANTS) tenants.push(await kiavi.createTenant(`idle-${tenants.length}`));
  const rows = [['private memory of an engine, MiB', 'engines', 'least', 'median', 'most', 'connections']];
  for (const tenant of tenants) await request(`${tenant.url}/api/auth/get-session`);
  rows.push(row(kiavi, 'after its first request'));
  for (const tenant of tenants) await new Visitor(tenant.url, tenant.mailbox).signInByCode(freshEmail('bench'));
  rows.push(row(kiavi, 'after a sign-in'));
  console.log(`waiting ${IDLE_SECONDS} s, so that what is idle is given back`);
  await new Promise((resolve) => setTimeout(resolve, IDLE_SECONDS * 1000));
  rows.push(row(kiavi, `idle for ${IDLE_SECONDS} s`));
  const others = ['launcher', 'gateway', 'control', 'outbound'].map((role) => [
    role,
    kiavi.role(role).length,
    ...Array(3).fill(mebibytes(kiavi.role(role).reduce((sum, { pid }) => sum + privateMemory(pid), 0))),
    '',
  ]);
  report('idle-memory', table([...rows, ...others]));
} finally {
  await kiavi.dispose();
}
