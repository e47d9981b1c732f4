// The secret of a tenant, read from the vault's files (crates/vault) with the master key beside them: what somebody
// needs who moves to another server and wants people to stay signed in.

import { createDecipheriv } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const FORMAT_LENGTH = 4;
const KEY_ID_LENGTH = 8;
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** nonce ‖ ciphertext ‖ tag, AES-256-GCM, bound to its place. */
function open(key, context, sealed) {
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_LENGTH));
  decipher.setAAD(Buffer.from(context.join('\0')));
  decipher.setAuthTag(sealed.subarray(-TAG_LENGTH));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_LENGTH, -TAG_LENGTH)), decipher.final()]);
}

/** What follows the format in a file. */
function read(file, format) {
  const bytes = readFileSync(file);
  if (bytes.toString('latin1', 0, FORMAT_LENGTH) !== format) throw new Error(`${file} has another format`);
  return bytes.subarray(FORMAT_LENGTH);
}

/** The key that opens the vault at `folder`. */
export const masterKeyOf = (folder) => readFileSync(path.join(folder, 'master.key'));

/** The newest version of a tenant's secret in the vault at `folder`, as text. */
export const secretOf = (folder, tenant) => valueOf(folder, tenant, 'secret').toString('utf8');

/** The newest version of what a tenant has under a name in the vault at `folder`. */
export function valueOf(folder, tenant, name) {
  const versions = readdirSync(path.join(folder, 'locks', tenant))
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => Number(file.slice(name.length + 1)));
  const version = String(Math.max(...versions));
  const file = path.join(tenant, `${name}.${version}`);
  const master = masterKeyOf(folder);
  const place = [tenant, name, version];
  const locked = read(path.join(folder, 'locks', file), 'KVS2');
  const keyId = locked.subarray(0, KEY_ID_LENGTH).toString('hex');
  const key = open(master, ['kiavi-vault/2', 'lock', keyId, ...place], locked.subarray(KEY_ID_LENGTH));
  const value = read(path.join(folder, 'values', file), 'KVS1');
  return open(key, ['kiavi-vault/1', 'value', ...place], value);
}
