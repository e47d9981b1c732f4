// A tenant's secret, read from the vault in the data folder as the vault's own documentation says
// (crates/vault/src/envelope.rs, sealed_files.rs). For tests in which another server shares the secret; it
// needs the right to read the folder.

import { createDecipheriv } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

const MASTER_KEY = 'master.key';
const FORMAT = 'KVS1';
const NONCE_LENGTH = 12;
const TAG_LENGTH = 16;

function vaultFolder(data) {
  const files = readdirSync(data, { recursive: true });
  const key = files.find((file) => path.basename(file) === MASTER_KEY);
  if (!key) throw new Error(`no vault below ${data}`);
  return path.join(data, path.dirname(key));
}

/** AES-256-GCM, bound to the secret's place. */
function open(key, context, file) {
  if (file.subarray(0, FORMAT.length).toString() !== FORMAT) throw new Error('the vault has another format');
  const sealed = file.subarray(FORMAT.length);
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, NONCE_LENGTH));
  decipher.setAAD(Buffer.from(context)).setAuthTag(sealed.subarray(-TAG_LENGTH));
  return Buffer.concat([decipher.update(sealed.subarray(NONCE_LENGTH, -TAG_LENGTH)), decipher.final()]);
}

/** The newest version of a tenant's secret. */
export function tenantSecret(kiavi, tenantId) {
  const folder = vaultFolder(kiavi.data);
  const versions = readdirSync(path.join(folder, 'locks', tenantId))
    .filter((file) => file.startsWith('secret.'))
    .map((file) => Number(file.slice('secret.'.length)));
  const version = Math.max(...versions);
  const part = (name) => readFileSync(path.join(folder, `${name}s`, tenantId, `secret.${version}`));
  const context = (name) => `kiavi-vault/1\0${name}\0${tenantId}\0secret\0${version}`;
  const dataKey = open(readFileSync(path.join(folder, MASTER_KEY)), context('lock'), part('lock'));
  return open(dataKey, context('value'), part('value')).toString();
}
