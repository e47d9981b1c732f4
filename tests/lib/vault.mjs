// The secret of a tenant, read from the vault's files (crates/vault) with the master key beside them: what somebody
// needs who moves to another server and wants people to stay signed in.

import { createDecipheriv } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const FORMAT = 'KVS1';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

/** format ‖ nonce ‖ ciphertext ‖ tag, AES-256-GCM, bound to its place. */
function open(key, context, file) {
  const bytes = readFileSync(file);
  if (bytes.toString('latin1', 0, FORMAT.length) !== FORMAT) throw new Error(`${file} has another format`);
  const sealed = bytes.subarray(FORMAT.length);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_LENGTH));
  decipher.setAAD(Buffer.from(['kiavi-vault/1', ...context].join('\0')));
  decipher.setAuthTag(sealed.subarray(-TAG_LENGTH));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_LENGTH, -TAG_LENGTH)), decipher.final()]);
}

/** The newest version of a tenant's secret in the vault at `folder`. */
export function secretOf(folder, tenant, name = 'secret') {
  const versions = readdirSync(path.join(folder, 'locks', tenant))
    .filter((file) => file.startsWith(`${name}.`))
    .map((file) => Number(file.slice(name.length + 1)));
  const version = String(Math.max(...versions));
  const file = path.join(tenant, `${name}.${version}`);
  const master = readFileSync(path.join(folder, 'master.key'));
  const lock = open(master, ['lock', tenant, name, version], path.join(folder, 'locks', file));
  return open(lock, ['value', tenant, name, version], path.join(folder, 'values', file)).toString('utf8');
}
