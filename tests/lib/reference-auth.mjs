// Better Auth itself, with the plugins that Kiavi has. `settings` are those of reference-server.mjs.

import { apiKey } from '@better-auth/api-key';
import { betterAuth } from 'better-auth';
import {
  admin,
  bearer,
  emailOTP,
  genericOAuth,
  jwt,
  lastLoginMethod,
  magicLink,
  multiSession,
  oneTap,
  oneTimeToken,
} from 'better-auth/plugins';
import { passkey } from '@better-auth/passkey';

const ALWAYS = ['emailOTP', 'passkey', 'admin'];

/** Every plugin, by the name that settings have for it: options to plugin. */
const pluginsOf = ({ hostname, origin, appName, post, sendCode }) => ({
  emailOTP: (options) => emailOTP({ storeOTP: 'hashed', sendVerificationOTP: sendCode, ...options }),
  passkey: (options) => passkey({ rpID: hostname, rpName: appName, origin, ...options }),
  admin,
  apiKey,
  bearer,
  genericOAuth: (options) => genericOAuth({ config: [], ...options }),
  jwt,
  lastLoginMethod,
  magicLink: (options) =>
    magicLink({ sendMagicLink: ({ email, url }) => post(email, 'Sign in', `Sign in: ${url}`), ...options }),
  multiSession,
  oneTap,
  oneTimeToken,
});

/** What of `user` and `emailVerification` the mails in `mails` need. */
function mailOptions({ mails = [] }, post) {
  const deleteUser = {
    enabled: true,
    sendDeleteAccountVerification: ({ user: { email }, url }) => post(email, 'Delete', `Delete: ${url}`),
  };
  const changeEmail = {
    enabled: true,
    sendChangeEmailConfirmation: ({ user: { email }, url }) => post(email, 'Change', `Change: ${url}`),
  };
  const emailVerification = {
    sendVerificationEmail: ({ user: { email }, url }) => post(email, 'Verify', `Verify: ${url}`),
  };
  return {
    user: {
      ...(mails.includes('deletion') && { deleteUser }),
      ...(mails.includes('change-confirmation') && { changeEmail }),
    },
    ...(mails.includes('verification') && { emailVerification }),
  };
}

/** `post(email, subject, text)` and `sendCode({ email, otp, type })` send mail; `database` is a pool. */
export function referenceAuth(settings, { database, post, sendCode }) {
  const slug = settings.slug ?? 'demo';
  const hostname = `${slug}.localhost`;
  const origin = `http://${hostname}:${settings.port}`;
  const appName = settings.appName ?? slug;
  const makers = pluginsOf({ hostname, origin, appName, post, sendCode });
  const chosen = { ...Object.fromEntries(ALWAYS.map((name) => [name, {}])), ...settings.plugins };
  const { user, ...options } = settings.options ?? {};
  const byMail = mailOptions(settings, post);
  return betterAuth({
    appName,
    baseURL: origin,
    secret: settings.secret,
    database,
    telemetry: { enabled: false },
    rateLimit: { enabled: settings.rateLimit === true },
    logger: { level: 'error' },
    plugins: Object.entries(chosen).map(([name, given]) => makers[name](given)),
    ...options,
    ...byMail,
    user: { ...user, ...byMail.user },
  });
}

/**
 * Every endpoint of Better Auth and of all these plugins: [{ name, plugin, methods, path, isOfClient }]. `path` is
 * undefined where it is for calls in code only; `isOfClient` is whether the official client has it.
 */
export function referenceEndpoints() {
  const nothing = () => {};
  const plugins = Object.fromEntries(Object.keys(pluginsOf({})).map((name) => [name, {}]));
  const { api, options } = referenceAuth(
    { port: 80, secret: 'never used, and of more than 32 bytes', plugins },
    { post: nothing, sendCode: nothing },
  );
  const owner = (name) => options.plugins.find(({ endpoints = {} }) => Object.hasOwn(endpoints, name))?.id ?? 'core';
  return Object.entries(api).map(([name, endpoint]) => ({
    name,
    plugin: owner(name),
    methods: [endpoint.options.method].flat(),
    path: endpoint.path,
    isOfClient: endpoint.options.metadata?.scope !== 'server',
  }));
}
