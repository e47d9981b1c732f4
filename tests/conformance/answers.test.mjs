// The same requests to the real Better Auth server and to Kiavi; the answers are compared field by field:
// status, content type, cookies with their attributes in order, and the body.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { startReference } from '../lib/reference.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { DIFFERENCES, judge } from './differences.mjs';
import { REQUESTS } from './requests.mjs';
import { answerShape, compareShapes } from './shape.mjs';

async function ask(target, story) {
  const email = freshEmail();
  const visitor = new Visitor(target.url, target.mailbox);
  const answer = await story({ visitor, email, sql: target.sql });
  return answerShape(answer, { email, origin: visitor.origin });
}

/** Asks for one code after the other until there is one too many. */
async function askTooOften({ visitor, email }) {
  const MOST_THAT_ANY_LIMIT_ALLOWS = 300;
  for (let i = 0; i < MOST_THAT_ANY_LIMIT_ALLOWS; i += 1) {
    const answer = await visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' });
    if (answer.status !== 200) return answer;
  }
  return assert.fail('there is no limit');
}

const describeDifference = ({ field, reference, kiavi }) =>
  `${field}\n    Better Auth: ${JSON.stringify(reference)}\n    Kiavi:       ${JSON.stringify(kiavi)}`;

describe('answers of the reference server', () => {
  let reference;
  before(async () => (reference = await startReference({ jwt: {} })));
  after(() => reference?.stop());

  for (const [group, stories] of Object.entries(REQUESTS)) {
    for (const [name, story] of Object.entries(stories)) {
      test(`${group} / ${name}`, async () => {
        const shape = await ask(reference, story);
        assert.ok(shape.status >= 200, 'an answer');
      });
    }
  }
});

describe('answers of Kiavi compared with the reference server', { skip: kiaviMissing() }, () => {
  let kiavi;
  let reference;
  const used = new Set();
  before(async () => {
    [kiavi, reference] = await Promise.all([startKiavi(), startReference({ jwt: {} })]);
  });
  after(async () => {
    await reference?.stop();
    await kiavi?.dispose();
  });

  async function compare(name, story) {
    const [theirs, ours] = await Promise.all([ask(reference, story), ask(kiavi.tenant(), story)]);
    const verdict = judge(name, compareShapes(theirs, ours), ours);
    verdict.used.forEach((entry) => used.add(entry));
    assert.deepEqual(verdict.open.map(describeDifference), []);
  }

  for (const [group, stories] of Object.entries(REQUESTS)) {
    for (const [name, story] of Object.entries(stories)) {
      test(`${group} / ${name}`, () => compare(`${group} / ${name}`, story));
    }
  }

  test('limits / asking for codes too often', async () => {
    const limited = await startReference({ rateLimit: true });
    try {
      const [theirs, ours] = [await ask(limited, askTooOften), await ask(kiavi.tenant(), askTooOften)];
      assert.equal(theirs.status, 429);
      assert.deepEqual(compareShapes(theirs, ours).map(describeDifference), []);
    } finally {
      await limited.stop();
    }
  });

  test('every listed difference still exists', () => {
    const unused = DIFFERENCES.filter((entry) => !used.has(entry)).map(({ id }) => id);
    assert.deepEqual(unused, []);
  });
});

test('every listed difference is explained in docs/compatibility.md', () => {
  const page = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8');
  const missing = DIFFERENCES.filter(({ id }) => !page.includes(`\`${id}\``)).map(({ id }) => id);
  assert.deepEqual(missing, []);
});
