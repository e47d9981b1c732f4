// The same requests to the real Better Auth server and to Kiavi, group by group (groups.mjs); the answers are compared
// field by field: status, content type, cookies with their attributes in order, and the body. Without Kiavi only the
// reference server is asked, which shows that the requests themselves are right.
//
// KIAVI_GROUPS=admin,bearer asks these groups only.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { startReference } from '../lib/reference.mjs';
import { startCorp, withCorp } from './corp.mjs';
import { ask, askReference, compare, describeDifference, storiesOf } from './compare.mjs';
import { differencesOf } from './differences.mjs';
import { GROUPS } from './groups.mjs';
import { rowOf, writtenRows } from './matrix.mjs';
import { compareShapes } from './shape.mjs';

const chosen = process.env.KIAVI_GROUPS?.split(',') ?? Object.keys(GROUPS);
const isHere = !kiaviMissing();
let kiavi;
before(async () => {
  if (isHere) kiavi = await startKiavi();
});
after(() => kiavi?.dispose());

async function tenantWith(slug, { settings, providers = [] }, corp) {
  const tenant = await kiavi.createTenant(slug);
  await kiavi.set(slug, settings);
  for (const one of corp ? [...providers, corp.settings] : providers) {
    await kiavi.verb(['provider', 'set', slug], { input: JSON.stringify(one) });
  }
  return tenant;
}

for (const name of chosen) {
  const { requests, reference: options, hasCorp } = GROUPS[name];
  describe(`${name}, ${isHere ? 'Kiavi compared with' : 'asked of'} the reference server`, () => {
    let reference;
    let tenant;
    let provider;
    const slug = `with-${name}`; // "admin" itself is a reserved name
    const used = new Set();
    const rows = [];
    before(async () => {
      if (hasCorp) provider = await startCorp();
      reference = await startReference({ ...withCorp(options, provider), slug });
      if (isHere) tenant = await tenantWith(slug, GROUPS[name], provider);
    });
    after(async () => {
      await reference?.stop();
      await provider?.stop();
    });

    for (const [title, story] of storiesOf(requests)) {
      test(title, async () => {
        const asking = isHere
          ? compare({ reference, kiavi: tenant, provider }, title, story, used)
          : askReference(reference, story, provider);
        rows.push(rowOf(name, title, await asking));
      });
    }

    test('every listed difference still exists', { skip: !isHere }, () => {
      const unused = differencesOf(requests).filter((entry) => !used.has(entry)).map(({ id }) => id);
      assert.deepEqual(unused, []);
    });

    test('the matrix says what was asked, and what Better Auth answered', () => {
      assert.deepEqual(new Set(rows.map(String)), new Set(writtenRows(name).map(String)));
    });
  });
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

test('asking for codes too often, Kiavi compared with the reference server', { skip: kiaviMissing() }, async () => {
  const limited = await startReference({ rateLimit: true });
  try {
    const [theirs, ours] = [await ask(limited, askTooOften), await ask(kiavi.tenant(), askTooOften)];
    assert.equal(theirs.shape.status, 429);
    assert.deepEqual(compareShapes(theirs.shape, ours.shape).map(describeDifference), []);
  } finally {
    await limited.stop();
  }
});
