// The official JavaScript client, unchanged, in a page: a browser with cookies of its own.

import assert from 'node:assert/strict';
import { createAuthClient } from 'better-auth/client';
import {
  adminClient,
  emailOTPClient,
  jwtClient,
  lastLoginMethodClient,
  magicLinkClient,
  multiSessionClient,
  oneTapClient,
  oneTimeTokenClient,
} from 'better-auth/client/plugins';
import { apiKeyClient } from '@better-auth/api-key/client';
import { passkeyClient } from '@better-auth/passkey/client';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { endpointOf } from './endpoints.mjs';

/** What the clients of a target asked for: routes by the target's URL. */
const asked = new Map();
export const routesAskedOf = ({ url }) => asked.get(url) ?? new Set();

/** The names that a page has, while `action` runs. */
export async function inWindow(names, action) {
  const before = Object.keys(names).map((name) => [name, Object.getOwnPropertyDescriptor(globalThis, name)]);
  for (const [name, value] of Object.entries(names)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  try {
    return await action();
  } finally {
    for (const [name, descriptor] of before) {
      if (descriptor) Object.defineProperty(globalThis, name, descriptor);
      else delete globalThis[name];
    }
  }
}

/** A page of an application of `target`. */
export function openPage(target) {
  const visitor = new Visitor(target.url, target.mailbox);
  const routes = routesAskedOf(target);
  asked.set(target.url, routes);
  const client = createAuthClient({
    baseURL: target.url,
    plugins: [
      emailOTPClient(),
      passkeyClient(),
      magicLinkClient(),
      apiKeyClient(),
      adminClient(),
      jwtClient(),
      multiSessionClient(),
      oneTimeTokenClient(),
      lastLoginMethodClient(),
      oneTapClient({ clientId: 'a-client' }),
    ],
    fetchOptions: {
      customFetchImpl(input, init = {}) {
        const { pathname: path } = new URL(input instanceof Request ? input.url : input);
        routes.add(endpointOf({ method: init.method ?? 'GET', path })?.route);
        return visitor.fetch(input, init);
      },
    },
  });
  return { client, visitor, target };
}

export function succeeded({ data, error }) {
  assert.equal(error, null);
  return data;
}

/** The answer must be this refusal. */
export function refused({ data, error }, status, code) {
  assert.equal(data, null);
  assert.deepEqual([error.status, error.code], [status, code]);
}

export async function signIn({ client, visitor }, email) {
  succeeded(await client.emailOtp.sendVerificationOtp({ email, type: 'sign-in' }));
  const otp = await visitor.mailbox.nextCode(email);
  return succeeded(await client.signIn.emailOtp({ email, otp }));
}

/** A page with somebody new signed in. */
export async function signedIn(target, email = freshEmail()) {
  const page = openPage(target);
  const { user } = await signIn(page, email);
  return { ...page, user, email };
}

/** Who is signed in. */
export const whoIs = async ({ client }) => succeeded(await client.getSession())?.user.email;
