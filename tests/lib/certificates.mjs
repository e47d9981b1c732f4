// Certificates of an authority that no system knows, for servers of the tests on this machine.

import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import * as x509 from '@peculiar/x509';

x509.cryptoProvider.set(webcrypto);

const KEY = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const HOUR_MS = 3_600_000;

const newKeys = () => webcrypto.subtle.generateKey(KEY, true, ['sign', 'verify']);

async function privatePem({ privateKey }) {
  const pkcs8 = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return x509.PemConverter.encode(pkcs8, 'PRIVATE KEY');
}

/**
 * {root, issue}: the authority's certificate in PEM, and `issue({ip, dns})`, which gives {key, cert} for a server of
 * these names.
 */
export async function newAuthority() {
  const keys = await newKeys();
  const validity = { notBefore: new Date(Date.now() - HOUR_MS), notAfter: new Date(Date.now() + 24 * HOUR_MS) };
  const name = 'CN=An authority of the tests';
  const authority = await x509.X509CertificateGenerator.createSelfSigned({
    name,
    ...validity,
    keys,
    signingAlgorithm: KEY,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign, true),
    ],
  });
  const issue = async ({ ip = ['127.0.0.1'], dns = ['localhost'] } = {}) => {
    const serverKeys = await newKeys();
    const names = [...ip.map((value) => ({ type: 'ip', value })), ...dns.map((value) => ({ type: 'dns', value }))];
    const certificate = await x509.X509CertificateGenerator.create({
      subject: 'CN=A server of the tests',
      issuer: name,
      ...validity,
      publicKey: serverKeys.publicKey,
      signingKey: keys.privateKey,
      signingAlgorithm: KEY,
      extensions: [new x509.SubjectAlternativeNameExtension(names)],
    });
    return { key: await privatePem(serverKeys), cert: certificate.toString('pem') };
  };
  return { root: authority.toString('pem'), issue };
}
