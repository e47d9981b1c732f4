// docs/compatibility says what the tests look at: all of it, and nothing else.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { storiesOf } from './compare.mjs';
import { DIFFERENCES, REASONS } from './differences.mjs';
import { CALLS, ENDPOINTS, INSTEAD } from './endpoints.mjs';
import { GROUPS } from './groups.mjs';
import { read, readPage, render } from './matrix.mjs';

const rows = read(readPage());
const asked = Object.entries(GROUPS).flatMap(([group, { requests }]) =>
  storiesOf(requests).map(([title]) => `${group} | ${title}`),
);

test('the matrix has every request, once', () => {
  assert.deepEqual(rows.map(({ group, title }) => `${group} | ${title}`).sort(), asked.sort());
});

test('the matrix is what its script writes', () => {
  assert.equal(readPage(), render(rows), 'run node tests/conformance/matrix.mjs');
});

test('every endpoint of Better Auth is compared', () => {
  const compared = new Set(rows.map(({ route }) => route));
  assert.deepEqual(ENDPOINTS.map(({ route }) => route).filter((route) => !compared.has(route)), []);
});

test('every call of Better Auth that is not on the network has its place taken, or a reason', () => {
  assert.deepEqual(Object.keys(INSTEAD).sort(), CALLS.toSorted());
});

test('every request says what it is about', () => {
  const vague = Object.values(GROUPS)
    .flatMap(({ requests }) => storiesOf(requests))
    .filter(([, { expected }]) => expected?.status === undefined);
  assert.deepEqual(vague.map(([title]) => title), []);
});

test('every difference is of requests that exist, and explained with its reason', () => {
  const page = readFileSync(new URL('../../docs/compatibility/differences.md', import.meta.url), 'utf8');
  const titles = new Set(asked.map((one) => one.slice(one.indexOf(' | ') + 3)));
  for (const { id, requests } of DIFFERENCES) {
    for (const title of requests) assert.ok(titles.has(title), `${id}: there is no ${title}`);
    const explained = page.split('\n').filter((line) => line.startsWith(`| <a id="${id}"></a>\`${id}\` |`));
    assert.equal(explained.length, 1, `differences.md has one line for ${id}`);
    assert.ok(explained[0].endsWith(`| ${REASONS[id]} |`), `differences.md gives the reason for ${id}`);
  }
  assert.deepEqual(Object.keys(REASONS).sort(), [...new Set(DIFFERENCES.map(({ id }) => id))].sort());
});
