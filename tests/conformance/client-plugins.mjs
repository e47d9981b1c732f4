// What the official client's plugins do, and what of its core needs them: one walk for either server.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freshEmail } from '../lib/visitor.mjs';
import { employee } from './corp.mjs';
import { inWindow, openPage, refused, signIn, signedIn, succeeded, whoIs } from './page.mjs';

function walkMails(getTarget) {
  test('checks a code and verifies an address', async () => {
    const { client, visitor, email } = await signedIn(getTarget());
    succeeded(await client.emailOtp.sendVerificationOtp({ email, type: 'email-verification' }));
    const otp = await visitor.mailbox.nextCode(email);
    succeeded(await client.emailOtp.checkVerificationOtp({ email, type: 'email-verification', otp }));
    const { status, user } = succeeded(await client.emailOtp.verifyEmail({ email, otp }));
    assert.deepEqual([status, user.emailVerified], [true, true]);
  });

  test('moves to another address by a code', async () => {
    const page = await signedIn(getTarget());
    const newEmail = freshEmail('new');
    succeeded(await page.client.emailOtp.requestEmailChange({ newEmail }));
    const otp = await page.visitor.mailbox.nextCode(newEmail);
    succeeded(await page.client.emailOtp.changeEmail({ newEmail, otp }));
    assert.equal(await whoIs(page), newEmail);
    assert.deepEqual(succeeded(await page.client.changeEmail({ newEmail: freshEmail('newer') })), { status: true });
  });

  test('signs in by a link', async () => {
    const page = openPage(getTarget());
    const email = freshEmail();
    assert.deepEqual(succeeded(await page.client.signIn.magicLink({ email, name: 'Ada' })), { status: true });
    const token = new URL(await page.visitor.mailbox.nextLink(email)).searchParams.get('token');
    const { user } = succeeded(await page.client.magicLink.verify({ query: { token } }));
    assert.deepEqual([user.email, user.name], [email, 'Ada']);
    assert.equal(await whoIs(page), email);
  });
}

function walkSessions(getTarget) {
  test('gets a token, and the keys to verify it with', async () => {
    const { client, user } = await signedIn(getTarget());
    const { token } = succeeded(await client.token());
    const [header, claims] = token.split('.').slice(0, 2).map((part) => JSON.parse(Buffer.from(part, 'base64url')));
    assert.equal(claims.sub, user.id);
    const { keys } = succeeded(await client.jwks());
    assert.ok(keys.some(({ kid }) => kid === header.kid));
  });

  test('keeps two people in one browser, switches, and signs one out', async () => {
    const page = await signedIn(getTarget());
    const other = freshEmail('eve');
    await signIn(page, other);
    const { multiSession } = page.client;
    const listed = succeeded(await multiSession.listDeviceSessions());
    assert.deepEqual(listed.map(({ user }) => user.email).sort(), [page.email, other].sort());
    const { session } = listed.find(({ user }) => user.email === page.email);
    assert.equal(succeeded(await multiSession.setActive({ sessionToken: session.token })).user.email, page.email);
    assert.equal(await whoIs(page), page.email);
    succeeded(await multiSession.revoke({ sessionToken: session.token }));
    assert.equal(await whoIs(page), other);
  });

  test('carries a session to another browser by a one-time token', async () => {
    const here = await signedIn(getTarget());
    const { token } = succeeded(await here.client.oneTimeToken.generate());
    const there = openPage(getTarget());
    assert.equal(succeeded(await there.client.oneTimeToken.verify({ token })).user.id, here.user.id);
    assert.equal(await whoIs(there), here.email);
    const { error } = await openPage(getTarget()).client.oneTimeToken.verify({ token });
    assert.deepEqual([error.status, error.message], [400, 'Invalid token']);
  });

  test('remembers how somebody signed in', async () => {
    const { client, visitor } = await signedIn(getTarget());
    await inWindow({ document: { cookie: visitor.jar.header() } }, () => {
      assert.equal(client.getLastUsedLoginMethod(), 'email-otp');
      assert.ok(client.isLastUsedLoginMethod('email-otp'));
      assert.ok(!client.isLastUsedLoginMethod('passkey'));
    });
  });

  test('an account is deleted by its owner', async () => {
    const page = await signedIn(getTarget());
    refused(await page.client.deleteUser.callback({ query: { token: 'unknown' } }), 404, 'INVALID_TOKEN');
    assert.equal(succeeded(await page.client.deleteUser()).success, true);
    assert.equal(await whoIs(page), undefined);
  });
}

function walkKeys(getTarget) {
  test('makes an API key, reads, changes and removes it', async () => {
    const { client } = await signedIn(getTarget());
    const made = succeeded(await client.apiKey.create({ name: 'mine', expiresIn: 7 * 86_400 }));
    assert.match(made.key, /^[A-Za-z]{64}$/);
    const { key: _, ...told } = made;
    assert.equal(succeeded(await client.apiKey.get({ query: { id: made.id } })).id, told.id);
    assert.equal(succeeded(await client.apiKey.update({ keyId: made.id, name: 'yours' })).name, 'yours');
    const { apiKeys, total } = succeeded(await client.apiKey.list());
    assert.deepEqual([total, apiKeys.map(({ name }) => name)], [1, ['yours']]);
    assert.deepEqual(succeeded(await client.apiKey.delete({ keyId: made.id })), { success: true });
    assert.equal(succeeded(await client.apiKey.list()).total, 0);
  });
}

/** A page with an administrator signed in. */
async function administrator(target) {
  const page = await signedIn(target);
  await target.sql(`update "user" set role = 'admin' where id = $1`, [page.user.id]);
  return page;
}

function walkAdministration(getTarget) {
  test('an administrator makes, changes, finds and removes a user', async () => {
    const { admin } = (await administrator(getTarget())).client;
    const email = freshEmail('eve');
    const { user } = succeeded(await admin.createUser({ email, name: 'Eve', role: 'user' }));
    const userId = user.id;
    assert.equal(succeeded(await admin.updateUser({ userId, data: { name: 'Eva' } })).name, 'Eva');
    assert.equal(succeeded(await admin.setRole({ userId, role: 'admin' })).user.role, 'admin');
    assert.equal(succeeded(await admin.getUser({ query: { id: userId } })).email, email);
    const query = { searchField: 'email', searchOperator: 'contains', searchValue: email, limit: 10 };
    const { users, total } = succeeded(await admin.listUsers({ query }));
    assert.deepEqual([total, users[0].id], [1, userId]);
    assert.deepEqual(succeeded(await admin.removeUser({ userId })), { success: true });
    refused(await admin.getUser({ query: { id: userId } }), 404, 'USER_NOT_FOUND');
  });

  test('an administrator bans somebody and lets them in again', async () => {
    const { admin } = (await administrator(getTarget())).client;
    const eve = await signedIn(getTarget());
    const banned = succeeded(await admin.banUser({ userId: eve.user.id, banReason: 'spam', banExpiresIn: 3600 }));
    assert.deepEqual([banned.user.banned, banned.user.banReason], [true, 'spam']);
    assert.equal(await whoIs(eve), undefined);
    assert.equal(succeeded(await admin.unbanUser({ userId: eve.user.id })).user.banned, false);
    await signIn(eve, eve.email);
    assert.equal(await whoIs(eve), eve.email);
  });

  test('an administrator ends sessions, one and all', async () => {
    const { admin } = (await administrator(getTarget())).client;
    const eve = await signedIn(getTarget());
    const elsewhere = await signedIn(getTarget(), eve.email);
    const userId = eve.user.id;
    const { session } = succeeded(await eve.client.getSession());
    const { sessions } = succeeded(await admin.listUserSessions({ userId }));
    assert.equal(sessions.length, 2);
    const { token: sessionToken } = sessions.find(({ id }) => id === session.id);
    assert.deepEqual(succeeded(await admin.revokeUserSession({ sessionToken })), { success: true });
    assert.deepEqual([await whoIs(eve), await whoIs(elsewhere)], [undefined, eve.email]);
    assert.deepEqual(succeeded(await admin.revokeUserSessions({ userId })), { success: true });
    assert.equal(await whoIs(elsewhere), undefined);
  });

  test('an administrator acts as somebody, and stops', async () => {
    const page = await administrator(getTarget());
    const eve = await signedIn(getTarget());
    assert.equal(succeeded(await page.client.admin.impersonateUser({ userId: eve.user.id })).user.id, eve.user.id);
    assert.equal(await whoIs(page), eve.email);
    succeeded(await page.client.admin.stopImpersonating());
    assert.equal(await whoIs(page), page.email);
  });

  test('who may what is the same here and there', async () => {
    const [root, ada] = [await administrator(getTarget()), await signedIn(getTarget())];
    for (const [{ client }, role] of [[root, 'admin'], [ada, 'user']]) {
      const permissions = { user: ['ban', 'set-role'] };
      const here = client.admin.checkRolePermission({ role, permissions });
      const { success: there } = succeeded(await client.admin.hasPermission({ permissions }));
      assert.deepEqual([here, there], [role === 'admin', role === 'admin']);
    }
    const { error } = await ada.client.admin.listUsers({ query: { limit: 1 } });
    assert.deepEqual([error.status, error.code], [403, 'YOU_ARE_NOT_ALLOWED_TO_LIST_USERS']);
  });
}

function walkProviders(getTarget, getProvider) {
  /** Agrees at the provider and comes back; gives where the browser ends. */
  async function comeBack({ visitor }, url, account) {
    const { pathname, search } = new URL(getProvider().agree(url, account));
    const answer = await visitor.send('GET', `${pathname}${search}`, { base: '' });
    assert.equal(answer.status, 302, answer.text);
    return answer.headers.location;
  }

  test('signs in at a provider, and acts there', async () => {
    const page = openPage(getTarget());
    const { client } = page;
    const account = employee();
    const { url } = succeeded(await client.signIn.social({ provider: 'corp', callbackURL: '/welcome' }));
    assert.equal(await comeBack(page, url, account), '/welcome');
    assert.equal(await whoIs(page), account.email);
    const [{ id: accountId, providerId, accountId: subject }] = succeeded(await client.listAccounts());
    assert.deepEqual([providerId, subject], ['corp', account.sub]);
    assert.match(succeeded(await client.getAccessToken({ accountId })).accessToken, /^access-/);
    const info = succeeded(await client.accountInfo({ query: { accountId } }));
    assert.deepEqual([info.user.email, info.account.accountId], [account.email, account.sub]);
    assert.match(succeeded(await client.refreshToken({ accountId })).refreshToken, /^refresh-/);
    refused(await client.unlinkAccount({ accountId }), 400, 'FAILED_TO_UNLINK_LAST_ACCOUNT');
  });

  test('links a provider', async () => {
    const page = await signedIn(getTarget());
    const account = employee({ email: page.email });
    const { url } = succeeded(await page.client.linkSocial({ provider: 'corp', callbackURL: '/account' }));
    assert.equal(await comeBack(page, url, account), '/account');
    assert.equal(succeeded(await page.client.listAccounts())[0].accountId, account.sub);
    assert.equal(await whoIs(page), page.email);
  });

  test('One Tap with what is no ID token', async () => {
    const page = openPage(getTarget());
    refused(await tap(page, 'none'), 400, undefined);
    assert.equal(await whoIs(page), undefined);
  });
}

/** Google's dialog gives the page an ID token; the answer to it. */
export function tap({ client }, credential) {
  let callback;
  const id = { initialize: (options) => ({ callback } = options), prompt: () => callback({ credential }) };
  const window = { googleScriptInitialized: true, google: { accounts: { id } }, document: {}, location: {} };
  return new Promise((resolve, reject) => {
    const onError = ({ error, response }) => resolve({ data: null, error: { status: response.status, ...error } });
    const onSuccess = ({ data }) => resolve({ data, error: null });
    inWindow({ window }, () => client.oneTap({ fetchOptions: { onError, onSuccess } })).catch(reject);
  });
}

function walkSwitchedOff(getTarget) {
  const password = 'correct horse';

  test('what has to do with passwords says that they are off', async () => {
    const { client, email } = await signedIn(getTarget());
    refused(await client.signUp.email({ email, password, name: 'A' }), 400, 'EMAIL_PASSWORD_SIGN_UP_DISABLED');
    refused(await client.requestPasswordReset({ email }), 400, 'RESET_PASSWORD_DISABLED');
    refused(await client.resetPassword({ newPassword: password, token: 'x' }), 400, 'INVALID_TOKEN');
    const change = { newPassword: password, currentPassword: password };
    refused(await client.changePassword(change), 400, 'CREDENTIAL_ACCOUNT_NOT_FOUND');
    assert.equal(await statusOf(client, `/reset-password/x?callbackURL=/reset`), 302);
  });

  test('links that verify an address are none', async () => {
    const { client } = openPage(getTarget());
    refused(await client.verifyEmail({ query: { token: 'x' } }), 401, 'INVALID_TOKEN');
  });

  test('a session has no fields of its own to change', async () => {
    const { client } = await signedIn(getTarget());
    const { error } = await client.updateSession({ impersonatedBy: 'x' });
    assert.deepEqual([error.status, error.code], [400, 'FIELD_NOT_ALLOWED']);
  });
}

async function statusOf(client, path) {
  let status;
  await client.$fetch(path, { onResponse: ({ response }) => void ({ status } = response) });
  return status;
}

/** The whole walk. `getProvider` is the scripted provider that the server knows as "corp". */
export function walkPlugins(getTarget, getProvider) {
  walkMails(getTarget);
  walkSessions(getTarget);
  walkKeys(getTarget);
  walkAdministration(getTarget);
  walkProviders(getTarget, getProvider);
  walkSwitchedOff(getTarget);
}
