// A software authenticator: passkeys of every usual algorithm with "none" or self attestation, good enough to be
// a browser's navigator.credentials in Node, and wrong on purpose where a test asks for it.

import { constants, createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

/** Bits of the flags byte (WebAuthn L3 §6.1). */
export const FLAGS = {
  userPresent: 0x01,
  userVerified: 0x04,
  backupEligible: 0x08,
  backupState: 0x10,
  attestedData: 0x40,
  extensionData: 0x80,
};

export const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();
const coordinate = (text) => Buffer.from(text, 'base64url');

// COSE_Key entries (RFC 9053 §7.1, §7.2; RFC 8230 §4): 1 kty, 3 alg, then what belongs to the type
const ellipticCurve = (alg, curve, namedCurve, hash) => ({
  alg,
  generate: () => generateKeyPairSync('ec', { namedCurve }),
  entries: ({ x, y }) => [[1, 2], [3, alg], [-1, curve], [-2, coordinate(x)], [-3, coordinate(y)]],
  sign: (data, key) => sign(hash, data, key),
});

const rsa = (alg, hash, padding) => ({
  alg,
  generate: () => generateKeyPairSync('rsa', { modulusLength: 2048 }),
  entries: ({ n, e }) => [[1, 3], [3, alg], [-1, coordinate(n)], [-2, coordinate(e)]],
  sign: (data, key) => sign(hash, data, { key, ...padding }),
});

/** What an authenticator can be: its COSE number, how keys are made, encoded and used. */
export const ALGORITHMS = {
  ES256: ellipticCurve(-7, 1, 'P-256', 'sha256'),
  ES384: ellipticCurve(-35, 2, 'P-384', 'sha384'),
  ES512: ellipticCurve(-36, 3, 'P-521', 'sha512'),
  EdDSA: {
    alg: -8,
    generate: () => generateKeyPairSync('ed25519'),
    entries: ({ x }) => [[1, 1], [3, -8], [-1, 6], [-2, coordinate(x)]],
    sign: (data, key) => sign(null, data, key),
  },
  RS256: rsa(-257, 'sha256', {}),
  PS256: rsa(-37, 'sha256', { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }),
};

const same = (value) => value;

/**
 * A passkey device. `create` and `get` take how the ceremony goes wrong:
 *   challenge, type, rpId   other values than those of the options
 *   clientData(object)      gives what is put into clientDataJSON: an object, or the bytes themselves
 *   authData(bytes)         gives the authenticator data; a signature is made over what it gives
 *   key(entries)            gives the entries of the COSE key (create only)
 *   statement(entries)      gives the attestation statement (create only)
 *   response(json)          gives the whole answer, after the signature
 */
export class SoftAuthenticator {
  /** All passkeys on this device, newest last: {id, rpId, userHandle, privateKey, counter}. */
  passkeys = [];

  /** `synced` sets the two backup flags, as a passkey in a password manager has them. */
  constructor({
    userVerified = true,
    synced = true,
    counter = 0,
    algorithm = 'ES256',
    attestation = 'none',
    idLength = 32,
  } = {}) {
    this.userVerified = userVerified;
    this.synced = synced;
    this.firstCounter = counter;
    this.algorithm = ALGORITHMS[algorithm];
    this.attestation = attestation;
    this.idLength = idLength;
  }

  /** Answers creation options (as JSON) as a browser at `origin` would: a RegistrationResponseJSON. */
  create(options, origin, faults = {}) {
    const { privateKey, publicKey } = this.algorithm.generate();
    const id = randomBytes(this.idLength);
    const passkey = {
      id: base64url(id),
      rpId: options.rp.id,
      userHandle: options.user.id,
      privateKey,
      counter: this.firstCounter,
      algorithm: this.algorithm,
    };
    this.passkeys.push(passkey);
    const { key = same, authData = same, response = same } = faults;
    const attested = Buffer.concat([
      Buffer.alloc(16), // AAGUID: unknown make
      uint16(id.length),
      id,
      cbor(key(this.algorithm.entries(publicKey.export({ format: 'jwk' })))),
    ]);
    const prefix = this.#authenticatorData({ ...passkey, rpId: faults.rpId ?? passkey.rpId }, FLAGS.attestedData);
    const data = authData(Buffer.concat([prefix, attested]));
    const clientDataJSON = clientData({ type: 'webauthn.create', challenge: options.challenge, origin }, faults);
    return response({
      id: passkey.id,
      rawId: passkey.id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: base64url(clientDataJSON),
        attestationObject: base64url(this.#attest(passkey, data, clientDataJSON, faults)),
        transports: ['internal', 'hybrid'],
      },
    });
  }

  // WebAuthn L3 §8.2 (self attestation) and §8.7 (none)
  #attest({ privateKey, algorithm }, authData, clientDataJSON, { statement = same }) {
    const entries =
      this.attestation === 'packed'
        ? [['alg', algorithm.alg], ['sig', algorithm.sign(toSign(authData, clientDataJSON), privateKey)]]
        : [];
    return cbor([['fmt', this.attestation], ['attStmt', statement(entries)], ['authData', authData]]);
  }

  /** Answers request options (as JSON) with one of its passkeys: an AuthenticationResponseJSON. */
  get(options, origin, { passkey, ...faults } = {}) {
    const chosen = passkey ?? this.#choose(options);
    if (!chosen) throw new DOMException('no passkey for this request', 'NotAllowedError');
    if (chosen.counter > 0) chosen.counter += 1;
    const { authData = same, response = same } = faults;
    const data = authData(this.#authenticatorData({ ...chosen, rpId: faults.rpId ?? chosen.rpId }, 0));
    const clientDataJSON = clientData({ type: 'webauthn.get', challenge: options.challenge, origin }, faults);
    const signature = chosen.algorithm.sign(toSign(data, clientDataJSON), chosen.privateKey);
    return response({
      id: chosen.id,
      rawId: chosen.id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: base64url(clientDataJSON),
        authenticatorData: base64url(data),
        signature: base64url(signature),
        userHandle: chosen.userHandle,
      },
    });
  }

  #choose(options) {
    const allowed = options.allowCredentials?.map(({ id }) => id);
    return this.passkeys.findLast(
      ({ id, rpId }) => rpId === options.rpId && (!allowed?.length || allowed.includes(id)),
    );
  }

  // WebAuthn L3 §6.1: rpIdHash, flags, signCount
  #authenticatorData({ rpId, counter }, extraFlags) {
    let flags = FLAGS.userPresent | extraFlags;
    if (this.userVerified) flags |= FLAGS.userVerified;
    if (this.synced) flags |= FLAGS.backupEligible | FLAGS.backupState;
    const count = Buffer.alloc(4);
    count.writeUInt32BE(counter);
    return Buffer.concat([sha256(rpId), Buffer.from([flags]), count]);
  }

  /**
   * Puts this authenticator behind `navigator.credentials`, so that the official client runs unchanged
   * in Node. `origin` is where the page would be. Gives a function that takes it away again.
   */
  install(origin) {
    const names = ['PublicKeyCredential', 'navigator', 'document'];
    const before = names.map((name) => [name, globalThis[name]]);
    const credentials = {
      create: async ({ publicKey }) => this.#asCredential(this.create(creationJson(publicKey), origin)),
      get: async ({ publicKey }) => this.#asCredential(this.get(requestJson(publicKey), origin)),
    };
    define('PublicKeyCredential', class PublicKeyCredential {
      static isConditionalMediationAvailable = async () => true;
    });
    define('navigator', { credentials, onLine: true });
    // Autofill needs a field that asks for it, somewhere on the page.
    define('document', { querySelectorAll: () => [{ autocomplete: 'username webauthn' }] });
    return () => before.forEach(([name, value]) => define(name, value));
  }

  #asCredential({ id, type, authenticatorAttachment, response }) {
    const buffers = {};
    for (const [name, value] of Object.entries(response)) {
      if (name !== 'transports') buffers[name] = toArrayBuffer(Buffer.from(value, 'base64url'));
    }
    return {
      id,
      type,
      authenticatorAttachment,
      rawId: toArrayBuffer(Buffer.from(id, 'base64url')),
      response: { ...buffers, getTransports: () => response.transports ?? [] },
      getClientExtensionResults: () => ({}),
    };
  }
}

function define(name, value) {
  Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
}

const creationJson = (publicKey) => ({
  ...publicKey,
  challenge: base64url(publicKey.challenge),
  user: { ...publicKey.user, id: base64url(publicKey.user.id) },
});

const requestJson = (publicKey) => ({
  ...publicKey,
  challenge: base64url(publicKey.challenge),
  allowCredentials: publicKey.allowCredentials?.map((one) => ({ ...one, id: base64url(one.id) })),
});

const toArrayBuffer = (buffer) => buffer.buffer.slice(buffer.byteOffset, buffer.byteOffset + buffer.length);

function clientData({ type, challenge, origin }, { clientData: altered = same, ...faults }) {
  const object = {
    type: faults.type ?? type,
    challenge: faults.challenge ?? challenge,
    origin,
    crossOrigin: false,
  };
  const given = altered(object);
  return Buffer.isBuffer(given) ? given : Buffer.from(JSON.stringify(given));
}

const toSign = (authData, clientDataJSON) => Buffer.concat([authData, sha256(clientDataJSON)]);

// CBOR, only what is needed (RFC 8949 §3): integers, byte and text strings, and maps as lists of entries
function cborHead(major, length) {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.concat([Buffer.from([(major << 5) | 25]), uint16(length)]);
}

export function cbor(value) {
  if (typeof value === 'number') return value >= 0 ? cborHead(0, value) : cborHead(1, -1 - value);
  if (typeof value === 'string') return Buffer.concat([cborHead(3, Buffer.byteLength(value)), Buffer.from(value)]);
  if (Buffer.isBuffer(value)) return Buffer.concat([cborHead(2, value.length), value]);
  return Buffer.concat([cborHead(5, value.length), ...value.flat().map((one) => cbor(one))]);
}

function uint16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
