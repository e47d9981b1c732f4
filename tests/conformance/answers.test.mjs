// The same requests to the real Better Auth server and to Kiavi; the answers are compared field by field:
// status, content type, cookies with their attributes in order, and the body.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { startReference } from '../lib/reference.mjs';
import { ask, askReference, compare, describeDifference, storiesOf } from './compare.mjs';
import { DIFFERENCES, differencesOf } from './differences.mjs';
import { REQUESTS } from './requests.mjs';
import { compareShapes } from './shape.mjs';

/** Asks for one code after the other until there is one too many. */
async function askTooOften({ visitor, email }) {
  const MOST_THAT_ANY_LIMIT_ALLOWS = 300;
  for (let i = 0; i < MOST_THAT_ANY_LIMIT_ALLOWS; i += 1) {
    const answer = await visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' });
    if (answer.status !== 200) return answer;
  }
  return assert.fail('there is no limit');
}

describe('answers of the reference server', () => {
  let reference;
  before(async () => (reference = await startReference()));
  after(() => reference?.stop());

  for (const [name, story] of storiesOf(REQUESTS)) {
    test(name, () => askReference(reference, story));
  }
});

describe('answers of Kiavi compared with the reference server', { skip: kiaviMissing() }, () => {
  let kiavi;
  let reference;
  const used = new Set();
  before(async () => {
    [kiavi, reference] = await Promise.all([startKiavi(), startReference()]);
  });
  after(async () => {
    await reference?.stop();
    await kiavi?.dispose();
  });

  for (const [name, story] of storiesOf(REQUESTS)) {
    test(name, () => compare({ reference, kiavi: kiavi.tenant() }, name, story, used));
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
    const unused = differencesOf(REQUESTS).filter((entry) => !used.has(entry)).map(({ id }) => id);
    assert.deepEqual(unused, []);
  });
});

test('every listed difference is explained in docs/compatibility.md', () => {
  const page = readFileSync(new URL('../../docs/compatibility.md', import.meta.url), 'utf8');
  const missing = DIFFERENCES.filter(({ id }) => !page.includes(`\`${id}\``)).map(({ id }) => id);
  assert.deepEqual(missing, []);
});
