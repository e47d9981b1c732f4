// The JSON Schema of settings and the program that reads them agree, by the word of a validator of neither.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import Ajv2020 from 'ajv/dist/2020.js';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';

/** Changes that make no settings: a path, and what is put there. */
const WRONG = [
  ['surprise', 1],
  ['app_name', 7],
  ['session.expires_in_seconds', '60'],
  ['session.expires_in_seconds', -1],
  ['session.surprise', true],
  ['passkey.user_verification', 'sometimes'],
  ['email_otp.length', 6.5],
  ['trusted_origins', 'https://a.example'],
  ['jwt.algorithm', 'none'],
  ['jwt.claims', ['password']],
  ['rate_limits.general', { limit: 1 }],
  ['mail.smtp', { port: 25 }],
  ['mail.smtp', { host: 'mail.example', security: 'none' }],
  ['mail.templates', { other: {} }],
  ['abuse.captcha', { kind: 'riddle' }],
  ['social.providers', [{ id: 'google', surprise: 1 }]],
];

/** Changes that the schema lets pass because its program does. */
const RIGHT = [
  ['app_name', 'Shop & Co'],
  ['rate_limits.general', null],
  ['mail.smtp', { host: 'mail.example', user: 'a', password: 'b', security: 'implicit' }],
  ['mail.templates', { sign_in_code: { en: { subject: '{{code}}', text: '{{code}}', html: '{{code}}' } } }],
  ['abuse.captcha', { kind: 'proof_of_work' }],
  ['social.providers', [{ id: 'google', client_id: 'a', client_secret: 'b' }]],
];

function changed(document, path, value) {
  const copy = structuredClone(document);
  const names = path.split('.');
  const last = names.pop();
  names.reduce((at, name) => at[name], copy)[last] = value;
  return copy;
}

describe('the schema of settings', { skip: kiaviMissing() }, () => {
  let kiavi;
  let validate;
  let settings;
  before(async () => {
    kiavi = await startKiavi();
    const schema = JSON.parse(await kiavi.verb(['settings', 'schema'], { isOffline: true }));
    validate = new Ajv2020({ strict: true, strictTypes: false, validateFormats: false }).compile(schema);
    settings = JSON.parse(await kiavi.verb(['settings', 'get', 'demo', '--json']));
  });
  after(() => kiavi?.dispose());

  const isTaken = (document) =>
    kiavi
      .verb(['settings', 'set', 'demo', '--file', '-', '--dry-run'], { input: JSON.stringify(document) })
      .then(() => true, () => false);

  test('the settings of a new tenant fit, and so do its own parts', async () => {
    assert.ok(validate(settings), JSON.stringify(validate.errors));
    for (const [path, value] of RIGHT) {
      const document = changed(settings, path, value);
      assert.deepEqual([path, validate(document), await isTaken(document)], [path, true, true]);
    }
  });

  test('what the program refuses for its shape does not fit', async () => {
    for (const [path, value] of WRONG) {
      const document = changed(settings, path, value);
      assert.deepEqual([path, validate(document), await isTaken(document)], [path, false, false]);
    }
  });

  test('every member of the settings of a new tenant has words', () => {
    const { properties } = validate.schema;
    for (const name of Object.keys(settings)) assert.ok(properties[name].description, name);
  });
});
