// Which requests are asked of Kiavi and of Better Auth as they come, and which with one of its plugins or options
// more, and how each side is told to have that.
//
//   requests    lists of requests; their names are what differences.mjs calls them
//   reference   settings of the reference server (reference-server.mjs)
//   settings    what `kiavi settings set TENANT key=value` gets
//   providers   what `kiavi provider set TENANT` gets, one after the other
//   hasCorp     whether both sides know the provider of corp.mjs, too

import {
  deletion,
  deletionByMail,
  emailChange,
  emailChangeByLink,
  linkedAccounts,
  noDeletion,
  providers,
  unproven,
} from './requests/accounts.mjs';
import { admin } from './requests/admin.mjs';
import { apiKeyMetadata, apiKeySessions, apiKeys } from './requests/apikeys.mjs';
import { bearer } from './requests/bearer.mjs';
import { codes } from './requests/codes.mjs';
import { openid } from './requests/openid.mjs';
import { passkeys } from './requests/passkeys.mjs';
import { passwords, sessions, users } from './requests/people.mjs';
import { bodies, origins, redirects, routing } from './requests/protocol.mjs';
import { social } from './requests/social.mjs';
import { fullTokens, magicLinks, magicLinksByPage, multiSessions, oneTimeTokens, tokens } from './requests/tokens.mjs';

/** Us, at any provider. */
const CLIENT = { clientId: 'a-client', clientSecret: 'a-secret' };

export const GROUPS = {
  default: {
    requests: { routing, bodies, origins, redirects, sessions, users, passwords, codes, passkeys },
    reference: {},
    settings: {},
  },
  accounts: {
    requests: { linkedAccounts, noDeletion, unproven },
    reference: {},
    settings: {},
  },
  providers: {
    requests: { providers },
    reference: {},
    settings: {},
  },
  social: {
    requests: { social },
    reference: { options: { socialProviders: { google: CLIENT, github: CLIENT } }, plugins: { oneTap: {} } },
    settings: {},
    providers: ['google', 'github'].map((id) => ({
      id,
      client_id: CLIENT.clientId,
      client_secret: CLIENT.clientSecret,
    })),
  },
  openid: {
    requests: { openid },
    reference: {},
    settings: { 'egress.allows_private': true },
    hasCorp: true,
  },
  deletion: {
    requests: { deletion },
    reference: { options: { user: { deleteUser: { enabled: true } } } },
    settings: { 'user.deletion': 'fresh_session' },
  },
  'deletion-by-mail': {
    requests: { deletionByMail },
    reference: { mails: ['deletion'] },
    settings: { 'user.deletion': 'mail' },
  },
  'email-change': {
    requests: { emailChange },
    reference: { plugins: { emailOTP: { changeEmail: { enabled: true } } } },
    settings: { 'email_otp.is_change_email_enabled': true },
  },
  'email-change-by-link': {
    requests: { emailChangeByLink },
    reference: { mails: ['verification', 'change-confirmation'] },
    settings: { 'email_otp.is_change_email_enabled': true },
  },
  admin: {
    requests: { admin },
    reference: {},
    settings: {},
  },
  bearer: {
    requests: { bearer },
    reference: { plugins: { bearer: {} } },
    settings: { 'bearer.is_enabled': true, 'bearer.allows_unsigned': true },
  },
  tokens: {
    requests: { tokens },
    reference: { plugins: { jwt: {} } },
    settings: {},
  },
  'full-tokens': {
    requests: { fullTokens },
    reference: { plugins: { jwt: {} } },
    settings: { 'jwt.has_all_user_fields': true, 'jwt.lifetime_seconds': 900 },
  },
  'one-time-tokens': {
    requests: { oneTimeTokens },
    reference: { plugins: { oneTimeToken: {} } },
    settings: { 'one_time_token.is_enabled': true },
  },
  'magic-links': {
    requests: { magicLinks },
    reference: { plugins: { magicLink: {} } },
    settings: { 'magic_link.is_enabled': true, 'compatibility.links_act_on_get': true },
  },
  'magic-links-by-page': {
    requests: { magicLinksByPage },
    reference: { plugins: { magicLink: {} } },
    settings: { 'magic_link.is_enabled': true },
  },
  'multi-sessions': {
    requests: { multiSessions },
    reference: { plugins: { multiSession: {} } },
    settings: { 'multi_session.is_enabled': true, 'compatibility.lists_session_tokens': true },
  },
  'api-keys': {
    requests: { apiKeys },
    reference: { plugins: { apiKey: {} } },
    settings: {},
  },
  'api-key-metadata': {
    requests: { apiKeyMetadata },
    reference: { plugins: { apiKey: { enableMetadata: true } } },
    settings: { 'api_key.is_metadata_enabled': true },
  },
  'api-key-sessions': {
    requests: { apiKeySessions },
    reference: { plugins: { apiKey: { enableSessionForAPIKeys: true } } },
    settings: { 'api_key.sessions': true },
  },
};
