// Sessions, users, and passwords that do not exist.

import { SESSION_COOKIE } from '../../lib/visitor.mjs';
import { FOREIGN, NOBODY, SIGNED_IN, gives, session, signedIn } from './story.mjs';

export const sessions = {
  'get-session of nobody': gives(200, NOBODY, ({ visitor }) => visitor.get('/get-session')),
  'get-session with a cookie of somebody else': gives(200, NOBODY, ({ visitor }) => {
    visitor.jar.set(SESSION_COOKIE, `${'a'.repeat(32)}.${'b'.repeat(43)}%3D`);
    return visitor.get('/get-session');
  }),
  'get-session with nonsense in the cookie': gives(200, NOBODY, ({ visitor }) => {
    visitor.jar.set(SESSION_COOKIE, 'nonsense');
    return visitor.get('/get-session');
  }),
  'get-session': gives(200, SIGNED_IN, signedIn(({ visitor }) => visitor.get('/get-session'))),
  'get-session with disableRefresh': gives(
    200,
    SIGNED_IN,
    signedIn(({ visitor }) => visitor.get('/get-session?disableRefresh=true')),
  ),
  'get-session with an undecoded cookie': gives(
    200,
    SIGNED_IN,
    signedIn(({ visitor }) =>
      visitor.get('/get-session', {
        headers: { cookie: `${SESSION_COOKIE}=${decodeURIComponent(visitor.jar.get(SESSION_COOKIE))}` },
      }),
    ),
  ),
  'get-session, the first of two cookies counts': gives(
    200,
    SIGNED_IN,
    signedIn(({ visitor }) =>
      visitor.get('/get-session', {
        headers: { cookie: `${SESSION_COOKIE}=${visitor.jar.get(SESSION_COOKIE)}; ${SESSION_COOKIE}=nonsense` },
      }),
    ),
  ),
  'get-session, the second of two cookies does not count': gives(
    200,
    NOBODY,
    signedIn(({ visitor }) =>
      visitor.get('/get-session', {
        headers: { cookie: `${SESSION_COOKIE}=nonsense; ${SESSION_COOKIE}=${visitor.jar.get(SESSION_COOKIE)}` },
      }),
    ),
  ),
  'get-session with a tampered signature': gives(
    200,
    NOBODY,
    signedIn(({ visitor }) => {
      const [token, signature] = decodeURIComponent(visitor.jar.get(SESSION_COOKIE)).split('.');
      const flipped = (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1);
      visitor.jar.set(SESSION_COOKIE, encodeURIComponent(`${token}.${flipped}`));
      return visitor.get('/get-session');
    }),
  ),
  'get-session of an expired session': gives(
    200,
    NOBODY,
    signedIn(async (at) => {
      await session(`"expiresAt" = now() - interval '1 second'`)(at);
      return at.visitor.get('/get-session');
    }),
  ),
  'get-session that is due for a refresh': gives(
    200,
    SIGNED_IN,
    signedIn(async (at) => {
      await session(`"expiresAt" = now() + interval '5 days'`)(at);
      return at.visitor.get('/get-session');
    }),
  ),
  'get-session that is due but must not refresh': gives(
    200,
    SIGNED_IN,
    signedIn(async (at) => {
      await session(`"expiresAt" = now() + interval '5 days'`)(at);
      return at.visitor.get('/get-session?disableRefresh=1');
    }),
  ),
  'get-session after sign-out, old cookie': gives(
    200,
    NOBODY,
    signedIn(async ({ visitor }) => {
      const old = visitor.jar.copy();
      await visitor.post('/sign-out');
      visitor.jar = old;
      return visitor.get('/get-session');
    }),
  ),
  'sign-out of nobody': gives(200, ({ visitor }) => visitor.post('/sign-out')),
  'sign-out': gives(200, signedIn(({ visitor }) => visitor.post('/sign-out'))),
  'list-sessions of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.get('/list-sessions')),
  'list-sessions': gives(200, signedIn(({ visitor }) => visitor.get('/list-sessions'))),
  'list-sessions of two browsers': gives(
    200,
    { 'body.1.token': '<32 characters>', 'body.2': undefined },
    signedIn(async ({ visitor, email }) => {
      await visitor.another().signInByCode(email);
      return visitor.get('/list-sessions');
    }),
  ),
  'list-sessions when not fresh': gives(
    403,
    'SESSION_NOT_FRESH',
    signedIn(async (at) => {
      await session(`"createdAt" = now() - interval '2 days'`)(at);
      return at.visitor.get('/list-sessions');
    }),
  ),
  'revoke-session of nobody': gives(
    401,
    'UNAUTHORIZED',
    ({ visitor }) => visitor.post('/revoke-session', { token: 'x' }),
  ),
  'revoke-session without a token': gives(
    400,
    'VALIDATION_ERROR',
    signedIn(({ visitor }) => visitor.post('/revoke-session', {})),
  ),
  'revoke-session of an unknown token': gives(
    200,
    signedIn(({ visitor }) => visitor.post('/revoke-session', { token: 'x' })),
  ),
  'revoke-session of another browser': gives(
    200,
    NOBODY,
    signedIn(async ({ visitor, email }) => {
      const other = visitor.another();
      await other.signInByCode(email);
      const { session: ended } = await other.session();
      const listed = (await visitor.get('/list-sessions')).json;
      await visitor.post('/revoke-session', { token: listed.find(({ id }) => id === ended.id).token });
      return other.get('/get-session');
    }),
  ),
  'revoke-session of oneself': gives(
    200,
    signedIn(async ({ visitor }) => {
      const [{ token }] = (await visitor.get('/list-sessions')).json;
      return visitor.post('/revoke-session', { token });
    }),
  ),
  'revoke-sessions of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.post('/revoke-sessions')),
  'revoke-sessions': gives(200, signedIn(({ visitor }) => visitor.post('/revoke-sessions'))),
  'revoke-sessions ends other browsers': gives(
    200,
    NOBODY,
    signedIn(async ({ visitor, email }) => {
      const other = visitor.another();
      await other.signInByCode(email);
      await visitor.post('/revoke-sessions');
      return other.get('/get-session');
    }),
  ),
  'revoke-other-sessions of nobody': gives(
    401,
    'UNAUTHORIZED',
    ({ visitor }) => visitor.post('/revoke-other-sessions'),
  ),
  'revoke-other-sessions': gives(200, signedIn(({ visitor }) => visitor.post('/revoke-other-sessions'))),
  'revoke-other-sessions keeps this browser': gives(
    200,
    { 'body.0.token': '<32 characters>', 'body.1': undefined },
    signedIn(async ({ visitor, email }) => {
      await visitor.another().signInByCode(email);
      await visitor.post('/revoke-other-sessions');
      return visitor.get('/list-sessions');
    }),
  ),
  'update-session without fields': gives(
    400,
    { 'body.message': 'No fields to update' },
    signedIn(({ visitor }) => visitor.post('/update-session', {})),
  ),
  'update-session of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.post('/update-session', {})),
  'update-session, for whom it acts': gives(
    400,
    'FIELD_NOT_ALLOWED',
    signedIn(({ visitor }) => visitor.post('/update-session', { impersonatedBy: 'x' })),
  ),
};

export const users = {
  'update-user of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.post('/update-user', { name: 'Ada' })),
  'update-user, the name': gives(200, signedIn(({ visitor }) => visitor.post('/update-user', { name: 'Ada' }))),
  'update-user, seen in the session': gives(
    200,
    { 'body.user.name': 'Ada Lovelace' },
    signedIn(async ({ visitor }) => {
      await visitor.post('/update-user', { name: 'Ada Lovelace', image: 'https://example.com/ada.png' });
      return visitor.get('/get-session');
    }),
  ),
  'update-user, image away': gives(
    200,
    { 'body.user.image': null },
    signedIn(async ({ visitor }) => {
      await visitor.post('/update-user', { image: 'https://example.com/ada.png' });
      await visitor.post('/update-user', { image: null });
      return visitor.get('/get-session');
    }),
  ),
  'update-user, the e-mail address': gives(
    400,
    'EMAIL_CAN_NOT_BE_UPDATED',
    signedIn(({ visitor }) => visitor.post('/update-user', { email: 'b@example.com' })),
  ),
  'update-user, the role': gives(
    400,
    'FIELD_NOT_ALLOWED',
    signedIn(({ visitor }) => visitor.post('/update-user', { role: 'admin' })),
  ),
  'update-user, an empty role': gives(
    200,
    signedIn(({ visitor }) => visitor.post('/update-user', { role: '', name: 'Ada' })),
  ),
  'update-user, banned': gives(
    400,
    'FIELD_NOT_ALLOWED',
    signedIn(({ visitor }) => visitor.post('/update-user', { banned: true })),
  ),
  'update-user, nothing': gives(
    400,
    { 'body.message': 'No fields to update' },
    signedIn(({ visitor }) => visitor.post('/update-user', {})),
  ),
  'update-user, unknown keys': gives(
    400,
    { 'body.message': 'No fields to update' },
    signedIn(({ visitor }) => visitor.post('/update-user', { unknown: 1 })),
  ),
  'update-user, emailVerified': gives(
    400,
    { 'body.message': 'No fields to update' },
    signedIn(({ visitor }) => visitor.post('/update-user', { emailVerified: false })),
  ),
  'update-user, a number as name': gives(200, signedIn(({ visitor }) => visitor.post('/update-user', { name: 1 }))),
  'update-user, an array': gives(
    400,
    'VALIDATION_ERROR',
    signedIn(({ visitor }) => visitor.post('/update-user', '[]')),
  ),
  'change-email of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) =>
    visitor.post('/change-email', { newEmail: 'b@example.com' }),
  ),
  'change-email': gives(
    400,
    'CHANGE_EMAIL_DISABLED',
    signedIn(({ visitor }) => visitor.post('/change-email', { newEmail: 'b@example.com' })),
  ),
  'change-email, not an address': gives(
    400,
    'VALIDATION_ERROR',
    signedIn(({ visitor }) => visitor.post('/change-email', { newEmail: 'nobody' })),
  ),
};

export const passwords = {
  'sign-in by password': gives(
    400,
    'EMAIL_PASSWORD_DISABLED',
    ({ visitor, email }) => visitor.post('/sign-in/email', { email, password: 'long enough' }),
  ),
  'sign-in by password, no body': gives(400, 'VALIDATION_ERROR', ({ visitor }) => visitor.post('/sign-in/email', {})),
  'sign-up by password': gives(
    400,
    'EMAIL_PASSWORD_SIGN_UP_DISABLED',
    ({ visitor, email }) => visitor.post('/sign-up/email', { email, password: 'long enough', name: 'Ada' }),
  ),
  'request-password-reset': gives(
    400,
    'RESET_PASSWORD_DISABLED',
    ({ visitor, email }) => visitor.post('/request-password-reset', { email }),
  ),
  'reset-password': gives(
    400,
    'INVALID_TOKEN',
    ({ visitor }) => visitor.post('/reset-password', { newPassword: 'long enough', token: 'x' }),
  ),
  'change-password of nobody': gives(
    401,
    'UNAUTHORIZED',
    ({ visitor }) => visitor.post('/change-password', { newPassword: 'long enough', currentPassword: 'x' }),
  ),
  'change-password': gives(
    400,
    'CREDENTIAL_ACCOUNT_NOT_FOUND',
    signedIn(({ visitor }) => visitor.post('/change-password', { newPassword: 'long enough', currentPassword: 'x' })),
  ),
  'change-password, too short': gives(
    400,
    'PASSWORD_TOO_SHORT',
    signedIn(({ visitor }) => visitor.post('/change-password', { newPassword: 'short', currentPassword: 'x' })),
  ),
  'verify-password': gives(
    400,
    'INVALID_PASSWORD',
    signedIn(({ visitor }) => visitor.post('/verify-password', { password: 'x' })),
  ),
  'send-verification-email': gives(
    400,
    'VERIFICATION_EMAIL_NOT_ENABLED',
    ({ visitor, email }) => visitor.post('/send-verification-email', { email }),
  ),
  'send-verification-email, not an address': gives(400, 'VALIDATION_ERROR', ({ visitor }) =>
    visitor.post('/send-verification-email', { email: 1 }),
  ),
  'a link to a new password': gives(302, { location: '<origin>/reset?error=INVALID_TOKEN' }, ({ visitor }) =>
    visitor.get('/reset-password/unknown?callbackURL=/reset'),
  ),
  'a link to a new password, and then to a foreign page': gives(403, 'INVALID_CALLBACK_URL', ({ visitor }) =>
    visitor.get(`/reset-password/unknown?callbackURL=${FOREIGN}`),
  ),
  'a code for a new password': gives(200, ({ visitor, email }) =>
    visitor.post('/email-otp/request-password-reset', { email }),
  ),
  'a code for a new password, the old way': gives(200, ({ visitor, email }) =>
    visitor.post('/forget-password/email-otp', { email }),
  ),
  'a new password by code': gives(400, 'INVALID_OTP', ({ visitor, email }) =>
    visitor.post('/email-otp/reset-password', { email, otp: '123456', password: 'long enough' }),
  ),
  'a link that verifies an address': gives(401, 'INVALID_TOKEN', ({ visitor }) => visitor.get('/verify-email?token=x')),
  'a link that verifies an address, and then': gives(
    302,
    { location: '/welcome?a=1&error=INVALID_TOKEN' },
    ({ visitor }) => visitor.get('/verify-email?token=x&callbackURL=/welcome?a=1'),
  ),
  'a link that verifies an address, and then to a foreign page': gives(403, 'INVALID_CALLBACK_URL', ({ visitor }) =>
    visitor.get(`/verify-email?token=x&callbackURL=${FOREIGN}`),
  ),
  'a link that verifies an address, without a token': gives(400, 'VALIDATION_ERROR', ({ visitor }) =>
    visitor.get('/verify-email'),
  ),
};
