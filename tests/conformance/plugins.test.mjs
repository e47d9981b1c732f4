// The same requests to the real Better Auth server with one more plugin or option, and to a tenant of Kiavi whose
// settings say the same. groups.mjs says which.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { startReference } from '../lib/reference.mjs';
import { askReference, compare, storiesOf } from './compare.mjs';
import { differencesOf } from './differences.mjs';
import { GROUPS, isCompared } from './groups.mjs';

const comparesAny = !kiaviMissing() && Object.keys(GROUPS).some(isCompared);
let kiavi;
before(async () => {
  if (comparesAny) kiavi = await startKiavi();
});
after(() => kiavi?.dispose());

for (const [name, { requests, reference: options, settings }] of Object.entries(GROUPS)) {
  const isHere = comparesAny && isCompared(name);
  describe(`${name}, ${isHere ? 'Kiavi compared with' : 'asked of'} the reference server`, () => {
    let reference;
    let tenant;
    const slug = `with-${name}`; // "admin" itself is a reserved name
    const used = new Set();
    before(async () => {
      reference = await startReference({ ...options, slug });
      if (isHere) {
        tenant = await kiavi.createTenant(slug);
        await kiavi.set(slug, settings);
      }
    });
    after(() => reference?.stop());

    for (const [title, story] of storiesOf(requests)) {
      test(title, () =>
        isHere ? compare({ reference, kiavi: tenant }, title, story, used) : askReference(reference, story),
      );
    }

    test('every listed difference still exists', { skip: !isHere }, () => {
      const unused = differencesOf(requests).filter((entry) => !used.has(entry)).map(({ id }) => id);
      assert.deepEqual(unused, []);
    });
  });
}
