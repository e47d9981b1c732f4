// A provider of OpenID Connect that the real Better Auth server and Kiavi both know as "corp".

import { randomUUID } from 'node:crypto';
import { ScriptedProvider } from '../lib/scripted-provider.mjs';
import { freshEmail } from '../lib/visitor.mjs';

const CLIENT = { id: 'corp', client_id: 'a-client', client_secret: 'a-secret' };

/** Somebody with an account there, `over` being what is different about it. */
export const employee = (over = {}) => ({
  sub: randomUUID(),
  email: freshEmail('corp'),
  email_verified: true,
  name: 'Ada Lovelace',
  ...over,
});

/** Starts it; it gives refresh tokens. `settings` of it are what `kiavi provider set` gets. */
export const startCorp = () =>
  ScriptedProvider.start({
    client: CLIENT,
    account: employee(),
    token: (tokens) => ({ ...tokens, refresh_token: `refresh-${randomUUID()}` }),
  });

/** What the reference server's plugin for such providers gets. */
const asPluginOptions = ({ settings }) => ({
  config: [
    {
      providerId: settings.id,
      clientId: settings.client_id,
      clientSecret: settings.client_secret,
      discoveryUrl: settings.discovery_url,
      scopes: ['openid', 'email', 'profile'],
      pkce: true,
    },
  ],
});

/** Settings of a reference server that knows `provider`, if there is one. */
export const withCorp = (options, provider) =>
  provider ? { ...options, plugins: { ...options.plugins, genericOAuth: asPluginOptions(provider) } } : options;
