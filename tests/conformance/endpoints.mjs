// The endpoints of Better Auth and of the plugins that Kiavi has, as the library itself tells them.

import { referenceEndpoints } from '../lib/reference-auth.mjs';
import { BASE_PATH } from '../lib/visitor.mjs';

const all = referenceEndpoints();

/** What answers on the network: [{ plugin, method, path, isOfClient, route }], route being "GET /token". */
export const ENDPOINTS = all
  .filter(({ path }) => path)
  .flatMap(({ methods, ...one }) => methods.map((method) => ({ ...one, method, route: `${method} ${one.path}` })));

/** The names of what an application calls in its own code, and nobody over the network. */
export const CALLS = all.filter(({ path }) => !path).map(({ name }) => name);

/** What Kiavi has in place of such calls, or why it has nothing. */
export const INSTEAD = {
  setPassword: 'there are no passwords',
  createVerificationOTP: 'a code is known to its mail only',
  getVerificationOTP: 'a code is known to its mail only; the table has its hash',
  verifyApiKey: '`POST /api-key/verify`, for operators and for programs that may (README, API keys)',
  deleteAllExpiredApiKeys: 'expired keys are refused and swept without being asked',
  signJWT: 'the keys of tokens sign what `/token` says and nothing else',
  verifyJWT: 'any JWT library, with the keys of `/jwks`',
};

const matches = (pattern, path) => {
  const [parts, given] = [pattern.split('/'), path.split('/')];
  return parts.length === given.length && parts.every((part, at) => part.startsWith(':') || part === given[at]);
};

/** The endpoint that a request reaches, by its method and its path as it was sent. */
export function endpointOf({ method, path: whole }) {
  const [path] = whole.split('?');
  if (!path.startsWith(BASE_PATH)) return undefined;
  const below = path.slice(BASE_PATH.length);
  return ENDPOINTS.find((one) => one.method === method && matches(one.path, below));
}
