// A software authenticator: ES256 passkeys with "none" attestation, good enough to be a browser's
// navigator.credentials in Node, and wrong on purpose where a test asks for it.

import { createHash, generateKeyPairSync, randomBytes, sign } from 'node:crypto';

const USER_PRESENT = 0x01;
const USER_VERIFIED = 0x04;
const BACKUP_ELIGIBLE = 0x08;
const BACKUP_STATE = 0x10;
const ATTESTED_DATA = 0x40;

export const base64url = (bytes) => Buffer.from(bytes).toString('base64url');
const sha256 = (bytes) => createHash('sha256').update(bytes).digest();

export class SoftAuthenticator {
  /** All passkeys on this device, newest last: {id, rpId, userHandle, privateKey, counter}. */
  passkeys = [];

  /** `synced` sets the two backup flags, as a passkey in a password manager has them. */
  constructor({ userVerified = true, synced = true, counter = 0 } = {}) {
    this.userVerified = userVerified;
    this.synced = synced;
    this.firstCounter = counter;
  }

  /** Answers creation options (as JSON) as a browser at `origin` would: a RegistrationResponseJSON. */
  create(options, origin, { challenge = options.challenge, type = 'webauthn.create' } = {}) {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const passkey = {
      id: base64url(randomBytes(32)),
      rpId: options.rp.id,
      userHandle: options.user.id,
      privateKey,
      counter: this.firstCounter,
    };
    this.passkeys.push(passkey);
    const authData = Buffer.concat([
      this.#authenticatorData(passkey, ATTESTED_DATA),
      Buffer.alloc(16), // AAGUID: unknown make
      uint16(Buffer.from(passkey.id, 'base64url').length),
      Buffer.from(passkey.id, 'base64url'),
      coseKey(publicKey),
    ]);
    const attestationObject = cborMap([
      [cborText('fmt'), cborText('none')],
      [cborText('attStmt'), cborMap([])],
      [cborText('authData'), cborBytes(authData)],
    ]);
    return {
      id: passkey.id,
      rawId: passkey.id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: base64url(clientData(type, challenge, origin)),
        attestationObject: base64url(attestationObject),
        transports: ['internal', 'hybrid'],
      },
    };
  }

  /** Answers request options (as JSON) with one of its passkeys: an AuthenticationResponseJSON. */
  get(options, origin, { passkey, challenge = options.challenge, type = 'webauthn.get', rpId } = {}) {
    const chosen = passkey ?? this.#choose(options);
    if (!chosen) throw new DOMException('no passkey for this request', 'NotAllowedError');
    if (chosen.counter > 0) chosen.counter += 1;
    const authData = this.#authenticatorData({ ...chosen, rpId: rpId ?? chosen.rpId }, 0);
    const data = clientData(type, challenge, origin);
    const signature = sign('sha256', Buffer.concat([authData, sha256(data)]), chosen.privateKey);
    return {
      id: chosen.id,
      rawId: chosen.id,
      type: 'public-key',
      authenticatorAttachment: 'platform',
      response: {
        clientDataJSON: base64url(data),
        authenticatorData: base64url(authData),
        signature: base64url(signature),
        userHandle: chosen.userHandle,
      },
    };
  }

  #choose(options) {
    const allowed = options.allowCredentials?.map(({ id }) => id);
    return this.passkeys.findLast(
      ({ id, rpId }) => rpId === options.rpId && (!allowed?.length || allowed.includes(id)),
    );
  }

  // WebAuthn L3 §6.1: rpIdHash, flags, signCount
  #authenticatorData({ rpId, counter }, extraFlags) {
    let flags = USER_PRESENT | extraFlags;
    if (this.userVerified) flags |= USER_VERIFIED;
    if (this.synced) flags |= BACKUP_ELIGIBLE | BACKUP_STATE;
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

const clientData = (type, challenge, origin) =>
  Buffer.from(JSON.stringify({ type, challenge, origin, crossOrigin: false }));

// CBOR, only what is needed (RFC 8949 §3)
function cborHead(major, length) {
  if (length < 24) return Buffer.from([(major << 5) | length]);
  if (length < 256) return Buffer.from([(major << 5) | 24, length]);
  return Buffer.concat([Buffer.from([(major << 5) | 25]), uint16(length)]);
}
const cborInteger = (value) => (value >= 0 ? cborHead(0, value) : cborHead(1, -1 - value));
const cborBytes = (bytes) => Buffer.concat([cborHead(2, bytes.length), bytes]);
const cborText = (text) => Buffer.concat([cborHead(3, Buffer.byteLength(text)), Buffer.from(text)]);
const cborMap = (entries) => Buffer.concat([cborHead(5, entries.length), ...entries.flat()]);

// COSE_Key of an ES256 key (RFC 9053 §7.1): kty EC2, alg ES256, crv P-256, x, y
function coseKey(publicKey) {
  const { x, y } = publicKey.export({ format: 'jwk' });
  return cborMap([
    [cborInteger(1), cborInteger(2)],
    [cborInteger(3), cborInteger(-7)],
    [cborInteger(-1), cborInteger(1)],
    [cborInteger(-2), cborBytes(Buffer.from(x, 'base64url'))],
    [cborInteger(-3), cborBytes(Buffer.from(y, 'base64url'))],
  ]);
}

function uint16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}
