// Which requests belong to which of Better Auth's plugins and options, and how each side is told to have them.
//
//   requests    lists of requests; their names are what differences.mjs calls them
//   reference   settings of the reference server (reference-server.mjs)
//   settings    what `kiavi settings set TENANT key=value` gets
//   isReady     whether Kiavi has it: only then is it compared. The one place to switch a group on.
//
// KIAVI_GROUPS=name,name (or "all") compares further groups, to see how far they are.

import {
  deletion,
  deletionByMail,
  emailChange,
  linkedAccounts,
  noDeletion,
  providers,
  unproven,
} from './requests/accounts.mjs';
import { admin } from './requests/admin.mjs';
import { apiKeyMetadata, apiKeySessions, apiKeys } from './requests/apikeys.mjs';
import { bearer } from './requests/bearer.mjs';
import { fullTokens, magicLinks, multiSessions, oneTimeTokens, tokens } from './requests/tokens.mjs';

export const GROUPS = {
  accounts: {
    requests: { linkedAccounts, noDeletion, unproven },
    reference: {},
    settings: {},
    isReady: true,
  },
  providers: {
    requests: { providers },
    reference: {},
    settings: {},
    isReady: false,
  },
  deletion: {
    requests: { deletion },
    reference: { options: { user: { deleteUser: { enabled: true } } } },
    settings: { 'user.deletion': 'fresh_session' },
    isReady: true,
  },
  'deletion-by-mail': {
    requests: { deletionByMail },
    reference: { mails: ['deletion'] },
    settings: { 'user.deletion': 'mail' },
    isReady: true,
  },
  'email-change': {
    requests: { emailChange },
    reference: { plugins: { emailOTP: { changeEmail: { enabled: true } } } },
    settings: { 'email_otp.is_change_email_enabled': true },
    isReady: false,
  },
  admin: {
    requests: { admin },
    reference: {},
    settings: {},
    isReady: true,
  },
  bearer: {
    requests: { bearer },
    reference: { plugins: { bearer: {} } },
    settings: { 'bearer.is_enabled': true, 'bearer.allows_unsigned': true },
    isReady: true,
  },
  tokens: {
    requests: { tokens },
    reference: { plugins: { jwt: {} } },
    settings: {},
    isReady: true,
  },
  'full-tokens': {
    requests: { fullTokens },
    reference: { plugins: { jwt: {} } },
    settings: { 'jwt.has_all_user_fields': true, 'jwt.lifetime_seconds': 900 },
    isReady: true,
  },
  'one-time-tokens': {
    requests: { oneTimeTokens },
    reference: { plugins: { oneTimeToken: {} } },
    settings: { 'one_time_token.is_enabled': true },
    isReady: true,
  },
  'magic-links': {
    requests: { magicLinks },
    reference: { plugins: { magicLink: {} } },
    settings: { 'magic_link.is_enabled': true },
    isReady: false,
  },
  'multi-sessions': {
    requests: { multiSessions },
    reference: { plugins: { multiSession: {} } },
    settings: { 'multi_session.is_enabled': true, 'compatibility.lists_session_tokens': true },
    isReady: false,
  },
  'api-keys': {
    requests: { apiKeys },
    reference: { plugins: { apiKey: {} } },
    settings: {},
    isReady: true,
  },
  'api-key-metadata': {
    requests: { apiKeyMetadata },
    reference: { plugins: { apiKey: { enableMetadata: true } } },
    settings: { 'api_key.is_metadata_enabled': true },
    isReady: true,
  },
  'api-key-sessions': {
    requests: { apiKeySessions },
    reference: { plugins: { apiKey: { enableSessionForAPIKeys: true } } },
    settings: { 'api_key.sessions': true },
    isReady: true,
  },
};

const asked = new Set(process.env.KIAVI_GROUPS?.split(','));

export const isCompared = (name) => GROUPS[name].isReady || asked.has(name) || asked.has('all');
