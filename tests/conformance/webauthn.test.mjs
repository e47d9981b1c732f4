// A second opinion on passkeys: the same responses of one device are judged by a running Kiavi and by
// SimpleWebAuthn, which Better Auth uses. The two must agree, but for the variants in which Kiavi is stricter; those
// say why.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';
import { verifyAuthenticationResponse, verifyRegistrationResponse } from '@simplewebauthn/server';
import { ALGORITHMS, FLAGS, SoftAuthenticator, base64url, cbor } from '../lib/authenticator.mjs';
import { kiaviMissing, startKiavi } from '../lib/kiavi.mjs';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { FOREIGN } from './requests/story.mjs';

const FLAGS_AT = 32;
const AAGUID_AT = 37;
const ID_LENGTH_AT = AAGUID_AT + 16;

/** Changes of the authenticator data; what a device signs is the changed form. */
const flags = ({ set = 0, clear = 0 }) => ({
  authData: (bytes) => {
    bytes[FLAGS_AT] = (bytes[FLAGS_AT] | set) & ~clear;
    return bytes;
  },
});
const cutTo = (length) => ({ authData: (bytes) => bytes.subarray(0, length) });
const cutBy = (length) => ({ authData: (bytes) => bytes.subarray(0, bytes.length - length) });
const appended = (...more) => ({ authData: (bytes) => Buffer.concat([bytes, ...more]) });
const both = (one, other) => ({ authData: (bytes) => other.authData(one.authData(bytes)) });
const extended = (extensions) => both(flags({ set: FLAGS.extensionData }), appended(cbor(extensions)));
const client = (change) => ({ clientData: (object) => ({ ...object, ...change }) });
const from = (change) => ({ clientData: (object) => ({ ...object, origin: change(object.origin) }) });
const counted = (value) => ({
  authData: (bytes) => {
    bytes.writeUInt32BE(value, FLAGS_AT + 1);
    return bytes;
  },
});

const announced = (length) => ({
  authData: (bytes) => {
    bytes.writeUInt16BE(length, ID_LENGTH_AT);
    return bytes;
  },
});

/** Changes of the answer after it was signed. */
const member = (change) => ({ response: (json) => ({ ...json, response: { ...json.response, ...change(json) } }) });
const flipped = (name, at) => member(({ response }) => {
  const bytes = Buffer.from(response[name], 'base64url');
  bytes[at < 0 ? bytes.length + at : at] ^= 1;
  return { [name]: base64url(bytes) };
});

/** Changes of the COSE key, by label. */
const key = (label, value) => ({
  key: (entries) => entries.map(([name, was]) => [name, name === label ? value(was) : was]),
});

const agreed = { accepted: true };
const refused = { accepted: false };
/** Refused by Kiavi alone, with the reason. */
const stricter = (why) => ({ accepted: false, stricter: why });

/** What can be wrong in either ceremony: [name, faults, verdict]. */
const BOTH = [
  ['another challenge', { challenge: base64url(Buffer.alloc(32)) }, refused],
  ['a padded challenge', { clientData: (object) => ({ ...object, challenge: `${object.challenge}=` }) }, refused],
  ['an empty challenge', { challenge: '' }, refused],
  ['another origin', client({ origin: FOREIGN }), refused],
  ['an origin with a path', from((origin) => `${origin}/`), refused],
  ['an origin in capitals', from((origin) => origin.toUpperCase()), refused],
  ['a subdomain as origin', from((origin) => origin.replace('//', '//a.')), refused],
  ['another type', { type: 'payment.get' }, refused],
  ['client data that are not JSON', { clientData: () => Buffer.from('{') }, refused],
  ['client data that are an array', { clientData: () => Buffer.from('[]') }, refused],
  ['client data with unknown members', client({ unknown: { a: [1] } }), agreed],
  ['another relying party', { rpId: 'attacker.example' }, refused],
  ['the parent domain as relying party', { rpId: 'localhost' }, refused],
  ['an absent user', flags({ clear: FLAGS.userPresent }), refused],
  ['an unverified user', flags({ clear: FLAGS.userVerified }), refused],
  ['backed up without being eligible', flags({ clear: FLAGS.backupEligible, set: FLAGS.backupState }), refused],
  ['no authenticator data', cutTo(0), refused],
  ['only the hash of the relying party', cutTo(32), refused],
  ['half a counter', cutTo(35), refused],
  ['one byte more', appended(Buffer.from([0])), refused],
  ['extensions', extended([['credProps', []]]), agreed],
  ['announced extensions that are missing', flags({ set: FLAGS.extensionData }), refused],
  ['a cross-origin frame', client({ crossOrigin: true }), stricter('§7.1 step 10: framed only where it is expected')],
  ['a top origin', client({ topOrigin: FOREIGN }), stricter('§7.1 step 11: framed only where it is expected')],
  ['another credential type', { response: (json) => ({ ...json, type: 'password' }) }, refused],
  ['rawId that is not the id', { response: (json) => ({ ...json, rawId: base64url(Buffer.alloc(32)) }) }, refused],
  ['a changed byte in the client data', flipped('clientDataJSON', 30), refused],
];

const SELF = { attestation: 'packed' };
const UNUSABLE = 'a key that can verify nothing is not stored';

const REGISTRATIONS = [
  ...BOTH,
  ['as it should be', {}, agreed],
  ['as it should be, of a device that does not sync', {}, agreed, { synced: false }],
  ['a first counter of 7', {}, agreed, { counter: 7 }],
  ['the highest counter', counted(0xffffffff), agreed],
  ['a short credential id', {}, agreed, { idLength: 1 }],
  ['an id of 1,023 bytes', {}, agreed, { idLength: 1023 }],
  ['an id of 1,024 bytes', {}, stricter('§7.1 step 25: at most 1,023 bytes'), { idLength: 1024 }],
  ['an empty id', {}, refused, { idLength: 0 }],
  ...['ES256', 'EdDSA', 'RS256'].flatMap((algorithm) => [
    [`a ${algorithm} key`, {}, agreed, { algorithm }],
    [`a ${algorithm} key, self-attested`, {}, agreed, { algorithm, ...SELF }],
  ]),
  ...['ES384', 'ES512', 'PS256'].map((algorithm) => [`a ${algorithm} key, not offered`, {}, refused, { algorithm }]),
  ['a self attestation of something else', { statement: ([alg]) => [alg, ['sig', Buffer.alloc(70)]] }, refused, SELF],
  ['a self attestation of another algorithm', { statement: ([, sig]) => [['alg', -8], sig] }, refused, SELF],
  ['a self attestation without a signature', { statement: ([alg]) => [alg] }, refused, SELF],
  ['an attestation of an unknown format', {}, refused, { attestation: 'unknown' }],
  ['a statement where there is none', { statement: () => [['sig', Buffer.alloc(1)]] }, refused],
  ['no credential', both(cutTo(AAGUID_AT), flags({ clear: FLAGS.attestedData })), refused],
  ['a credential whose flag is missing', flags({ clear: FLAGS.attestedData }), refused],
  ['cut in the model', cutTo(AAGUID_AT + 8), refused],
  ['cut in the length of the id', cutTo(ID_LENGTH_AT + 1), refused],
  ['cut in the id', cutTo(ID_LENGTH_AT + 10), refused],
  ['cut before the key', cutTo(ID_LENGTH_AT + 2 + 32), refused],
  ['cut in the key', cutTo(ID_LENGTH_AT + 2 + 32 + 20), refused],
  ['one byte less', cutBy(1), stricter('RFC 8949 §3: a string has the bytes that it announces')],
  ['an id length beyond the end', announced(0xffff), refused],
  ['a key without an algorithm', { key: (entries) => entries.filter(([label]) => label !== 3) }, refused],
  [
    'another id than the signed one',
    { response: (json) => ({ ...json, id: 'AAAA', rawId: 'AAAA' }) },
    stricter('what is stored is the id that the authenticator says'),
  ],
  ['a key off the curve', key(-3, () => Buffer.alloc(32, 1)), stricter(UNUSABLE)],
  ['a point that is too short', key(-2, (x) => x.subarray(0, 31)), stricter(UNUSABLE)],
  ['a curve that contradicts the algorithm', key(-1, () => 2), stricter('§5.8.5: the algorithm fixes the curve')],
  ['a type that contradicts the algorithm', key(1, () => 1), stricter('RFC 9052 §7: the type must fit the algorithm')],
  ['a key with more than it needs', { key: (all) => [...all, [4, 2]] }, stricter('§6.5.1: no optional parameters')],
  ['a key without a coordinate', { key: (all) => all.filter(([label]) => label !== -3) }, stricter(UNUSABLE)],
];

const AUTHENTICATIONS = [
  ...BOTH,
  ['as it should be', {}, agreed],
  ['as it should be, of a device that does not sync', {}, agreed, { synced: false }],
  ['a device that counts', {}, agreed, { counter: 5 }],
  ['a device that begins to count', counted(1), agreed],
  ['the same counter again', counted(5), refused, { counter: 5 }],
  ['a counter going back', counted(4), refused, { counter: 5 }],
  ['a counter back at zero', counted(0), refused, { counter: 5 }],
  ['the highest counter', counted(0xffffffff), agreed, { counter: 5 }],
  ...['EdDSA', 'RS256'].map((algorithm) => [`an ${algorithm} key`, {}, agreed, { algorithm }]),
  ...['ES256', 'EdDSA', 'RS256'].flatMap((algorithm) => [
    [`a changed last byte in an ${algorithm} signature`, flipped('signature', -1), refused, { algorithm }],
    [`an ${algorithm} signature of nothing`, member(() => ({ signature: '' })), refused, { algorithm }],
  ]),
  ['a changed byte in the counter', flipped('authenticatorData', -1), refused],
  ['one byte less', cutBy(1), refused],
  ['a registration as proof', { type: 'webauthn.create' }, refused],
  ['signed by another key', { signedBy: 'another key' }, refused],
  ['without a user handle', member(() => ({ userHandle: undefined })), agreed],
  [
    'the handle of somebody else',
    member(() => ({ userHandle: base64url(Buffer.alloc(32)) })),
    stricter('§7.2 step 6: the handle is the owner’s'),
  ],
  [
    'an eligibility for backup that was lost',
    flags({ clear: FLAGS.backupEligible | FLAGS.backupState }),
    stricter('§7.2 step 19: eligibility never changes'),
  ],
  ['a backup that was lost', flags({ clear: FLAGS.backupState }), agreed],
];

describe('one device, judged by Kiavi and by SimpleWebAuthn', { skip: kiaviMissing() }, () => {
  let kiavi;
  let tenant;
  before(async () => {
    kiavi = await startKiavi();
    tenant = kiavi.tenant();
  });
  after(() => kiavi?.dispose());

  const arrive = () => new Visitor(tenant.url, tenant.mailbox);

  async function signedUp() {
    const visitor = arrive();
    await visitor.signInByCode(freshEmail());
    return visitor;
  }

  /** Both verdicts on a registration, and what each of them knows afterwards. */
  async function register(visitor, device, faults) {
    const options = await visitor.registrationOptions();
    const response = device.create(options, visitor.origin, faults);
    const theirs = await verifyRegistrationResponse({
      response,
      expectedChallenge: options.challenge,
      expectedOrigin: visitor.origin,
      expectedRPID: options.rp.id,
      requireUserVerification: options.authenticatorSelection.userVerification === 'required',
      supportedAlgorithmIDs: options.pubKeyCredParams.map(({ alg }) => alg),
    }).catch(() => ({ verified: false }));
    const ours = await visitor.post('/passkey/verify-registration', { response });
    return { theirs, ours };
  }

  /** Both verdicts on an assertion with the passkey whose row Kiavi gave. */
  async function authenticate(device, row, faults) {
    const visitor = arrive();
    const options = await visitor.authenticationOptions();
    const response = device.get(options, visitor.origin, faults);
    const theirs = await verifyAuthenticationResponse({
      response,
      expectedChallenge: options.challenge,
      expectedOrigin: visitor.origin,
      expectedRPID: options.rpId,
      requireUserVerification: options.userVerification === 'required',
      credential: { id: row.credentialID, publicKey: Buffer.from(row.publicKey, 'base64'), counter: row.counter },
    }).catch(() => ({ verified: false }));
    const ours = await visitor.post('/passkey/verify-authentication', { response });
    return { theirs, ours };
  }

  function assertVerdicts({ theirs, ours }, { accepted, stricter: reason }, code) {
    const verdicts = { kiavi: ours.status === 200, simpleWebAuthn: theirs.verified };
    assert.deepEqual(verdicts, { kiavi: accepted, simpleWebAuthn: accepted || reason !== undefined }, ours.text);
    if (accepted) return;
    assert.ok(ours.status === 400 || ours.status === 401, `${ours.status} ${ours.text}`);
    assert.equal(ours.json.code, code);
    assert.deepEqual(ours.cookies, []);
  }

  describe('registrations', () => {
    for (const [name, faults, verdict, device] of REGISTRATIONS) {
      test(`${name}: ${verdict.accepted ? 'accepted' : 'refused'}`, async () => {
        const visitor = await signedUp();
        const { theirs, ours } = await register(visitor, new SoftAuthenticator(device), faults);
        assertVerdicts({ theirs, ours }, verdict, 'FAILED_TO_VERIFY_REGISTRATION');
        const { json: stored } = await visitor.get('/passkey/list-user-passkeys');
        assert.equal(stored.length, verdict.accepted ? 1 : 0);
        if (verdict.accepted) assertSameCredential(theirs.registrationInfo, stored[0]);
      });
    }
  });

  function assertSameCredential(info, row) {
    const { credential, credentialDeviceType, credentialBackedUp, aaguid } = info;
    const MOST_THAT_FITS = 2 ** 31 - 1; // the column is an integer
    assert.deepEqual(
      {
        credentialID: row.credentialID,
        publicKey: row.publicKey,
        counter: row.counter,
        deviceType: row.deviceType,
        backedUp: row.backedUp,
        aaguid: row.aaguid,
      },
      {
        credentialID: credential.id,
        publicKey: Buffer.from(credential.publicKey).toString('base64'),
        counter: Math.min(credential.counter, MOST_THAT_FITS),
        deviceType: credentialDeviceType,
        backedUp: credentialBackedUp,
        aaguid,
      },
    );
  }

  describe('assertions', () => {
    for (const [name, { signedBy, ...faults }, verdict, settings] of AUTHENTICATIONS) {
      test(`${name}: ${verdict.accepted ? 'accepted' : 'refused'}`, async () => {
        const visitor = await signedUp();
        const device = new SoftAuthenticator(settings);
        const row = await visitor.addPasskey(device);
        if (signedBy) device.passkeys[0].privateKey = device.algorithm.generate().privateKey;
        assertVerdicts(await authenticate(device, row, faults), verdict, 'AUTHENTICATION_FAILED');
      });
    }

    // Better Auth accepts registrations of these, so a database that comes from there may hold them.
    for (const algorithm of ['ES384', 'ES512', 'PS256']) {
      test(`a stored ${algorithm} key: accepted, and refused when the signature is changed`, async () => {
        const visitor = await signedUp();
        const device = new SoftAuthenticator({ algorithm });
        const row = await visitor.addPasskey(new SoftAuthenticator());
        const replaced = await replaceKey(visitor, row, device);
        assertVerdicts(await authenticate(device, replaced, {}), agreed);
        const bad = await authenticate(device, replaced, flipped('signature', -1));
        assertVerdicts(bad, refused, 'AUTHENTICATION_FAILED');
      });
    }
  });

  /** Puts a key of `device` into the row of a passkey, as if it had been registered elsewhere. */
  async function replaceKey(visitor, row, device) {
    const { rp, user } = await visitor.registrationOptions();
    let publicKey;
    const authData = (bytes) => {
      publicKey = bytes.subarray(ID_LENGTH_AT + 2 + device.idLength).toString('base64');
      return bytes;
    };
    const { id: credentialID } = device.create({ rp, user, challenge: '' }, visitor.origin, { authData });
    const change = 'update passkey set "publicKey" = $1, "credentialID" = $2 where id = $3';
    await tenant.sql(change, [publicKey, credentialID, row.id]);
    return { ...row, publicKey, credentialID };
  }

  test('whatever byte of a registration is changed, what Kiavi accepts SimpleWebAuthn accepts', async () => {
    const visitor = await signedUp();
    const length = Buffer.from((await sample(visitor)).response.attestationObject, 'base64url').length;
    for (let at = 0; at < length; at += 7) {
      const { theirs, ours } = await register(visitor, new SoftAuthenticator(), flipped('attestationObject', at));
      assert.ok(ours.status === 200 || ours.status === 400, `byte ${at}: ${ours.status} ${ours.text}`);
      assert.ok(theirs.verified || ours.status !== 200, `byte ${at}: Kiavi alone accepts`);
    }
  });

  const sample = async (visitor) => new SoftAuthenticator().create(await visitor.registrationOptions(), visitor.origin);

  test('every algorithm of the device was judged', () => {
    const judged = [...REGISTRATIONS, ...AUTHENTICATIONS].map(([, , , device]) => device?.algorithm);
    assert.deepEqual(Object.keys(ALGORITHMS).filter((name) => !judged.includes(name)), []);
  });
});
