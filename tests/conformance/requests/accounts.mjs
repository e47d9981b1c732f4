// A person's account: linked providers, a new address, deletion.

import { randomBytes } from 'node:crypto';
import { EMPTY, FOREIGN, gives, session, signedIn, user, withPasskey } from './story.mjs';

/** An id as both servers make them. */
const newId = () => randomBytes(16).toString('hex');

/** Links an account at a provider that this server does not know (any more). */
async function link({ sql, email }, { provider = 'github', scope = 'repo,user:email' } = {}) {
  const id = newId();
  await sql(
    `insert into account (id, "accountId", "providerId", "userId", scope, "accessToken", "createdAt", "updatedAt")
     select $1, $2, $3, id, $4, 'secret', date_trunc('milliseconds', now()), date_trunc('milliseconds', now())
     from "user" where email = $5`,
    [id, newId(), provider, scope, email],
  );
  return id;
}
const linked = (story, options) =>
  signedIn(async (at) => {
    const account = await link(at, options);
    return story({ ...at, account });
  });
const notFresh = (story) => async (at) => {
  await session(`"createdAt" = now() - interval '2 days'`)(at);
  return story(at);
};

export const linkedAccounts = {
  'list-accounts of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.get('/list-accounts')),
  'list-accounts of none': gives(200, { body: [] }, signedIn(({ visitor }) => visitor.get('/list-accounts'))),
  'list-accounts': gives(
    200,
    { 'body.0.providerId': 'github', 'body.0.scopes.1': 'user:email', 'body.0.accessToken': undefined },
    linked(({ visitor }) => visitor.get('/list-accounts')),
  ),
  'unlink-account of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) =>
    visitor.post('/unlink-account', { accountId: 'x' }),
  ),
  'unlink-account, the last': gives(
    400,
    'FAILED_TO_UNLINK_LAST_ACCOUNT',
    linked(({ visitor, account }) => visitor.post('/unlink-account', { accountId: account })),
  ),
  'unlink-account, one of two': gives(
    200,
    { 'body.status': true },
    linked(async (at) => {
      await link(at, { provider: 'gitlab' });
      return at.visitor.post('/unlink-account', { accountId: at.account });
    }),
  ),
  'unlink-account, which is then gone': gives(
    200,
    { 'body.0.providerId': 'gitlab', 'body.1': undefined },
    linked(async (at) => {
      await link(at, { provider: 'gitlab', scope: null });
      await at.visitor.post('/unlink-account', { accountId: at.account });
      return at.visitor.get('/list-accounts');
    }),
  ),
  'unlink-account, unknown': gives(
    400,
    'ACCOUNT_NOT_FOUND',
    linked(async (at) => {
      await link(at, { provider: 'gitlab' });
      return at.visitor.post('/unlink-account', { accountId: 'unknown' });
    }),
  ),
  'unlink-account, none there': gives(
    400,
    'ACCOUNT_NOT_FOUND',
    signedIn(({ visitor }) => visitor.post('/unlink-account', { accountId: 'unknown' })),
  ),
  'unlink-account, the old way': gives(
    400,
    'VALIDATION_ERROR',
    linked(({ visitor }) => visitor.post('/unlink-account', { providerId: 'github' })),
  ),
  'unlink-account, somebody else’s': gives(
    400,
    'ACCOUNT_NOT_FOUND',
    linked(async (at) => {
      const stranger = at.visitor.another();
      const email = `stranger.${at.email}`;
      await stranger.signInByCode(email);
      await link({ ...at, email });
      await link({ ...at, email }, { provider: 'gitlab' });
      return stranger.post('/unlink-account', { accountId: at.account });
    }),
  ),
  'unlink-account when not fresh': gives(
    403,
    'SESSION_NOT_FRESH',
    linked(notFresh(({ visitor, account }) => visitor.post('/unlink-account', { accountId: account }))),
  ),
};

/** No provider is configured. */
export const providers = {
  'sign-in at an unknown provider': gives(404, 'PROVIDER_NOT_FOUND', ({ visitor }) =>
    visitor.post('/sign-in/social', { provider: 'nobody' }),
  ),
  'sign-in at no provider': gives(400, 'VALIDATION_ERROR', ({ visitor }) => visitor.post('/sign-in/social', {})),
  'link-social of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) =>
    visitor.post('/link-social', { provider: 'nobody' }),
  ),
  'link-social at an unknown provider': gives(
    404,
    'PROVIDER_NOT_FOUND',
    signedIn(({ visitor }) => visitor.post('/link-social', { provider: 'nobody' })),
  ),
  'callback without a state': gives(302, ({ visitor }) => visitor.get('/callback/nobody')),
  'callback with an unknown state': gives(302, ({ visitor }) => visitor.get('/callback/nobody?state=x&code=y')),
  'callback with an error': gives(302, ({ visitor }) => visitor.get('/callback/nobody?error=access_denied')),
  'callback by POST': gives(302, ({ visitor }) =>
    visitor.post('/callback/nobody?state=x', 'code=y', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  ),
  'get-access-token of nobody': gives(401, EMPTY, ({ visitor }) => visitor.post('/get-access-token', { accountId: 'x' })),
  'get-access-token of an unknown account': gives(
    400,
    'ACCOUNT_NOT_FOUND',
    signedIn(({ visitor }) => visitor.post('/get-access-token', { accountId: 'x' })),
  ),
  'get-access-token, the old way': gives(
    400,
    'VALIDATION_ERROR',
    signedIn(({ visitor }) => visitor.post('/get-access-token', { providerId: 'github' })),
  ),
  'get-access-token at a provider that is gone': gives(
    400,
    'PROVIDER_NOT_SUPPORTED',
    linked(({ visitor, account }) => visitor.post('/get-access-token', { accountId: account })),
  ),
  'refresh-token of nobody': gives(401, EMPTY, ({ visitor }) => visitor.post('/refresh-token', { accountId: 'x' })),
  'refresh-token at a provider that is gone': gives(
    400,
    'PROVIDER_NOT_SUPPORTED',
    linked(({ visitor, account }) => visitor.post('/refresh-token', { accountId: account })),
  ),
  'account-info of nobody': gives(401, EMPTY, ({ visitor }) => visitor.get('/account-info?accountId=x')),
  'account-info of an unknown account': gives(
    400,
    'ACCOUNT_NOT_FOUND',
    signedIn(({ visitor }) => visitor.get('/account-info?accountId=x')),
  ),
  'account-info at a provider that is gone': gives(
    400,
    'PROVIDER_NOT_CONFIGURED',
    linked(({ visitor, account }) => visitor.get(`/account-info?accountId=${account}`)),
  ),
};

/** Where users may not delete themselves. */
export const noDeletion = {
  'delete-user of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.post('/delete-user')),
  'delete-user': gives(404, EMPTY, signedIn(({ visitor }) => visitor.post('/delete-user'))),
  'delete-user/callback': gives(
    404,
    'NOT_FOUND',
    signedIn(({ visitor }) => visitor.get('/delete-user/callback?token=x')),
  ),
};

/** Where they may with a recent sign-in. */
export const deletion = {
  'delete-user of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.post('/delete-user')),
  'delete-user': gives(
    200,
    { 'body.message': 'User deleted' },
    signedIn(({ visitor }) => visitor.post('/delete-user')),
  ),
  'delete-user with a passkey': gives(200, withPasskey(({ visitor }) => visitor.post('/delete-user'))),
  'delete-user when not fresh': gives(
    400,
    'SESSION_EXPIRED',
    signedIn(notFresh(({ visitor }) => visitor.post('/delete-user'))),
  ),
  'delete-user with a password': gives(
    400,
    'CREDENTIAL_ACCOUNT_NOT_FOUND',
    signedIn(({ visitor }) => visitor.post('/delete-user', { password: 'long enough' })),
  ),
  'delete-user with a wrong token': gives(
    404,
    'INVALID_TOKEN',
    signedIn(({ visitor }) => visitor.post('/delete-user', { token: 'x' })),
  ),
  'delete-user and then to a foreign page': gives(
    403,
    'INVALID_CALLBACK_URL',
    signedIn(({ visitor }) => visitor.post('/delete-user', { callbackURL: FOREIGN })),
  ),
  'get-session of somebody deleted': gives(
    200,
    { body: null },
    signedIn(async ({ visitor, email }) => {
      const other = visitor.another();
      await other.signInByCode(email);
      await visitor.post('/delete-user');
      return other.get('/get-session');
    }),
  ),
  'sign-in by the passkey of somebody deleted': gives(
    401,
    'PASSKEY_NOT_FOUND',
    withPasskey(async ({ visitor, authenticator }) => {
      await visitor.post('/delete-user');
      const response = authenticator.get(await visitor.authenticationOptions(), visitor.origin);
      return visitor.post('/passkey/verify-authentication', { response });
    }),
  ),
};

/** Where a link in a mail confirms it. */
export const deletionByMail = {
  'delete-user': gives(
    200,
    { 'body.message': 'Verification email sent' },
    signedIn(({ visitor }) => visitor.post('/delete-user')),
  ),
  'delete-user when not fresh': gives(200, signedIn(notFresh(({ visitor }) => visitor.post('/delete-user')))),
  'get-session before the link is opened': gives(
    200,
    { 'body.user.email': '<email>' },
    signedIn(async ({ visitor }) => {
      await visitor.post('/delete-user');
      return visitor.get('/get-session');
    }),
  ),
  'delete-user with the token of the mail': gives(
    200,
    { 'body.message': 'User deleted' },
    signedIn(async ({ visitor, email }) => {
      await visitor.post('/delete-user');
      const { searchParams } = new URL(await visitor.mailbox.nextLink(email));
      return visitor.post('/delete-user', { token: searchParams.get('token') });
    }),
  ),
  'delete-user with the token of somebody else': gives(
    404,
    'INVALID_TOKEN',
    signedIn(async ({ visitor, email }) => {
      await visitor.post('/delete-user');
      const { searchParams } = new URL(await visitor.mailbox.nextLink(email));
      const stranger = visitor.another();
      await stranger.signInByCode(`stranger.${email}`);
      return stranger.post('/delete-user', { token: searchParams.get('token') });
    }),
  ),
  'the link, opened by nobody': gives(
    404,
    'FAILED_TO_GET_USER_INFO',
    ({ visitor }) => visitor.get('/delete-user/callback?token=x'),
  ),
  'a link with a wrong token': gives(
    404,
    'INVALID_TOKEN',
    signedIn(({ visitor }) => visitor.get('/delete-user/callback?token=x')),
  ),
  'a link to a foreign page': gives(
    403,
    'INVALID_CALLBACK_URL',
    signedIn(({ visitor }) => visitor.get(`/delete-user/callback?token=x&callbackURL=${FOREIGN}`)),
  ),
};

const change = (visitor, email) => visitor.post('/email-otp/request-email-change', { newEmail: `new.${email}` });
const changing = (story) =>
  signedIn(async (at) => {
    await change(at.visitor, at.email);
    const otp = await at.visitor.mailbox.nextCode(`new.${at.email}`);
    return story({ ...at, newEmail: `new.${at.email}`, otp });
  });

/** Where an address may be changed by a code. */
export const emailChange = {
  'request-email-change of nobody': gives(401, 'UNAUTHORIZED', ({ visitor, email }) => change(visitor, email)),
  'request-email-change': gives(200, { 'body.success': true }, signedIn(({ visitor, email }) => change(visitor, email))),
  'request-email-change, the same': gives(
    400,
    { 'body.message': 'Email is the same' },
    signedIn(({ visitor, email }) => visitor.post('/email-otp/request-email-change', { newEmail: email.toUpperCase() })),
  ),
  'request-email-change, not an address': gives(
    400,
    'INVALID_EMAIL',
    signedIn(({ visitor }) => visitor.post('/email-otp/request-email-change', { newEmail: 'nobody' })),
  ),
  'request-email-change, taken': gives(
    200,
    { 'body.success': true },
    signedIn(async ({ visitor, email }) => {
      await visitor.another().signInByCode(`new.${email}`);
      return change(visitor, email);
    }),
  ),
  'change-email': gives(
    200,
    { 'body.success': true },
    changing(({ visitor, newEmail, otp }) => visitor.post('/email-otp/change-email', { newEmail, otp })),
  ),
  'get-session with the new address': gives(
    200,
    { 'body.user.email': 'new.<email>', 'body.user.emailVerified': true },
    changing(async ({ visitor, newEmail, otp }) => {
      await visitor.post('/email-otp/change-email', { newEmail, otp });
      return visitor.get('/get-session');
    }),
  ),
  'change-email, wrong code': gives(
    400,
    'INVALID_OTP',
    changing(({ visitor, newEmail, otp }) =>
      visitor.post('/email-otp/change-email', { newEmail, otp: otp === '000000' ? '000001' : '000000' }),
    ),
  ),
  'change-email, twice': gives(
    400,
    { 'body.message': 'Email is the same' },
    changing(async ({ visitor, newEmail, otp }) => {
      await visitor.post('/email-otp/change-email', { newEmail, otp });
      return visitor.post('/email-otp/change-email', { newEmail, otp });
    }),
  ),
  'change-email, code of another address': gives(
    400,
    'INVALID_OTP',
    changing(({ visitor, newEmail, otp }) => visitor.post('/email-otp/change-email', { newEmail: `x.${newEmail}`, otp })),
  ),
  'change-email, code of another person': gives(
    400,
    'INVALID_OTP',
    changing(async ({ visitor, email, newEmail, otp }) => {
      const stranger = visitor.another();
      await stranger.signInByCode(`stranger.${email}`);
      return stranger.post('/email-otp/change-email', { newEmail, otp });
    }),
  ),
  'a code for a new address does not sign in': gives(
    400,
    'INVALID_OTP',
    changing(({ visitor, newEmail, otp }) => visitor.post('/sign-in/email-otp', { email: newEmail, otp })),
  ),
  'request-email-change when not fresh': gives(
    200,
    { 'body.success': true },
    signedIn(notFresh(({ visitor, email }) => change(visitor, email))),
  ),
  'change-email by link': gives(
    400,
    'CHANGE_EMAIL_DISABLED',
    signedIn(({ visitor, email }) => visitor.post('/change-email', { newEmail: `new.${email}` })),
  ),
};

const moving = (story) => signedIn((at) => story({ ...at, newEmail: `new.${at.email}` }));

/** Where Better Auth changes it by a link, which Kiavi answers with a code. */
export const emailChangeByLink = {
  'change-email of nobody': gives(401, 'UNAUTHORIZED', ({ visitor, email }) =>
    visitor.post('/change-email', { newEmail: email }),
  ),
  'change-email': gives(
    200,
    { 'body.status': true },
    moving(({ visitor, newEmail }) => visitor.post('/change-email', { newEmail, callbackURL: '/account' })),
  ),
  'change-email, the same': gives(
    400,
    { 'body.message': 'Email is the same' },
    signedIn(({ visitor, email }) => visitor.post('/change-email', { newEmail: email.toUpperCase() })),
  ),
  'change-email, not an address': gives(
    400,
    'VALIDATION_ERROR',
    signedIn(({ visitor }) => visitor.post('/change-email', { newEmail: 'nobody' })),
  ),
  'change-email, taken': gives(
    200,
    { 'body.status': true },
    moving(async ({ visitor, newEmail }) => {
      await visitor.another().signInByCode(newEmail);
      return visitor.post('/change-email', { newEmail });
    }),
  ),
  'change-email, and then to a foreign page': gives(
    403,
    'INVALID_CALLBACK_URL',
    moving(({ visitor, newEmail }) => visitor.post('/change-email', { newEmail, callbackURL: FOREIGN })),
  ),
  'change-email when not fresh': gives(
    200,
    { 'body.status': true },
    moving(notFresh(({ visitor, newEmail }) => visitor.post('/change-email', { newEmail }))),
  ),
};

/** Somebody whose address was never proved signs in with it: what others may have left there goes. */
export const unproven = {
  'sign-in by code with an unproven address': gives(
    200,
    { 'body.user.emailVerified': true },
    signedIn(async (at) => {
      await user('"emailVerified" = false')(at);
      const other = at.visitor.another();
      return other.post('/sign-in/email-otp', { email: at.email, otp: await other.requestCode(at.email) });
    }),
  ),
  'the session that was there before': gives(
    200,
    { body: null },
    signedIn(async (at) => {
      await user('"emailVerified" = false')(at);
      await at.visitor.another().signInByCode(at.email);
      return at.visitor.get('/get-session');
    }),
  ),
  'the account that was there before': gives(
    200,
    { body: [] },
    linked(async (at) => {
      await user('"emailVerified" = false')(at);
      const other = at.visitor.another();
      await other.signInByCode(at.email);
      return other.get('/list-accounts');
    }),
  ),
};
