// Sessions, users, and passwords that do not exist.

import { SESSION_COOKIE } from '../../lib/visitor.mjs';
import { session, signedIn } from './story.mjs';

export const sessions = {
  'get-session of nobody': ({ visitor }) => visitor.get('/get-session'),
  'get-session with a cookie of somebody else': ({ visitor }) => {
    visitor.jar.set(SESSION_COOKIE, `${'a'.repeat(32)}.${'b'.repeat(43)}%3D`);
    return visitor.get('/get-session');
  },
  'get-session with nonsense in the cookie': ({ visitor }) => {
    visitor.jar.set(SESSION_COOKIE, 'nonsense');
    return visitor.get('/get-session');
  },
  'get-session': signedIn(({ visitor }) => visitor.get('/get-session')),
  'get-session with disableRefresh': signedIn(({ visitor }) => visitor.get('/get-session?disableRefresh=true')),
  'get-session with an undecoded cookie': signedIn(({ visitor }) =>
    visitor.get('/get-session', {
      headers: { cookie: `${SESSION_COOKIE}=${decodeURIComponent(visitor.jar.get(SESSION_COOKIE))}` },
    }),
  ),
  'get-session, the first of two cookies counts': signedIn(({ visitor }) =>
    visitor.get('/get-session', {
      headers: { cookie: `${SESSION_COOKIE}=${visitor.jar.get(SESSION_COOKIE)}; ${SESSION_COOKIE}=nonsense` },
    }),
  ),
  'get-session, the second of two cookies does not count': signedIn(({ visitor }) =>
    visitor.get('/get-session', {
      headers: { cookie: `${SESSION_COOKIE}=nonsense; ${SESSION_COOKIE}=${visitor.jar.get(SESSION_COOKIE)}` },
    }),
  ),
  'get-session with a tampered signature': signedIn(({ visitor }) => {
    const [token, signature] = decodeURIComponent(visitor.jar.get(SESSION_COOKIE)).split('.');
    const flipped = (signature[0] === 'A' ? 'B' : 'A') + signature.slice(1);
    visitor.jar.set(SESSION_COOKIE, encodeURIComponent(`${token}.${flipped}`));
    return visitor.get('/get-session');
  }),
  'get-session of an expired session': signedIn(async (at) => {
    await session(`"expiresAt" = now() - interval '1 second'`)(at);
    return at.visitor.get('/get-session');
  }),
  'get-session that is due for a refresh': signedIn(async (at) => {
    await session(`"expiresAt" = now() + interval '5 days'`)(at);
    return at.visitor.get('/get-session');
  }),
  'get-session that is due but must not refresh': signedIn(async (at) => {
    await session(`"expiresAt" = now() + interval '5 days'`)(at);
    return at.visitor.get('/get-session?disableRefresh=1');
  }),
  'get-session after sign-out, old cookie': signedIn(async ({ visitor }) => {
    const old = visitor.jar.copy();
    await visitor.post('/sign-out');
    visitor.jar = old;
    return visitor.get('/get-session');
  }),
  'sign-out of nobody': ({ visitor }) => visitor.post('/sign-out'),
  'sign-out': signedIn(({ visitor }) => visitor.post('/sign-out')),
  'list-sessions of nobody': ({ visitor }) => visitor.get('/list-sessions'),
  'list-sessions': signedIn(({ visitor }) => visitor.get('/list-sessions')),
  'list-sessions of two browsers': signedIn(async ({ visitor, email }) => {
    await visitor.another().signInByCode(email);
    return visitor.get('/list-sessions');
  }),
  'list-sessions when not fresh': signedIn(async (at) => {
    await session(`"createdAt" = now() - interval '2 days'`)(at);
    return at.visitor.get('/list-sessions');
  }),
  'revoke-session of nobody': ({ visitor }) => visitor.post('/revoke-session', { token: 'x' }),
  'revoke-session without a token': signedIn(({ visitor }) => visitor.post('/revoke-session', {})),
  'revoke-session of an unknown token': signedIn(({ visitor }) => visitor.post('/revoke-session', { token: 'x' })),
  'revoke-session of another browser': signedIn(async ({ visitor, email }) => {
    const other = visitor.another();
    await other.signInByCode(email);
    const { session: ended } = await other.session();
    const listed = (await visitor.get('/list-sessions')).json;
    await visitor.post('/revoke-session', { token: listed.find(({ id }) => id === ended.id).token });
    return other.get('/get-session');
  }),
  'revoke-session of oneself': signedIn(async ({ visitor }) => {
    const [{ token }] = (await visitor.get('/list-sessions')).json;
    return visitor.post('/revoke-session', { token });
  }),
  'revoke-sessions of nobody': ({ visitor }) => visitor.post('/revoke-sessions'),
  'revoke-sessions': signedIn(({ visitor }) => visitor.post('/revoke-sessions')),
  'revoke-sessions ends other browsers': signedIn(async ({ visitor, email }) => {
    const other = visitor.another();
    await other.signInByCode(email);
    await visitor.post('/revoke-sessions');
    return other.get('/get-session');
  }),
  'revoke-other-sessions of nobody': ({ visitor }) => visitor.post('/revoke-other-sessions'),
  'revoke-other-sessions': signedIn(({ visitor }) => visitor.post('/revoke-other-sessions')),
  'revoke-other-sessions keeps this browser': signedIn(async ({ visitor, email }) => {
    await visitor.another().signInByCode(email);
    await visitor.post('/revoke-other-sessions');
    return visitor.get('/list-sessions');
  }),
  'update-session without fields': signedIn(({ visitor }) => visitor.post('/update-session', {})),
};

export const users = {
  'update-user of nobody': ({ visitor }) => visitor.post('/update-user', { name: 'Ada' }),
  'update-user, the name': signedIn(({ visitor }) => visitor.post('/update-user', { name: 'Ada' })),
  'update-user, seen in the session': signedIn(async ({ visitor }) => {
    await visitor.post('/update-user', { name: 'Ada Lovelace', image: 'https://example.com/ada.png' });
    return visitor.get('/get-session');
  }),
  'update-user, image away': signedIn(async ({ visitor }) => {
    await visitor.post('/update-user', { image: 'https://example.com/ada.png' });
    await visitor.post('/update-user', { image: null });
    return visitor.get('/get-session');
  }),
  'update-user, the e-mail address': signedIn(({ visitor }) =>
    visitor.post('/update-user', { email: 'b@example.com' }),
  ),
  'update-user, the role': signedIn(({ visitor }) => visitor.post('/update-user', { role: 'admin' })),
  'update-user, an empty role': signedIn(({ visitor }) => visitor.post('/update-user', { role: '', name: 'Ada' })),
  'update-user, banned': signedIn(({ visitor }) => visitor.post('/update-user', { banned: true })),
  'update-user, nothing': signedIn(({ visitor }) => visitor.post('/update-user', {})),
  'update-user, unknown keys': signedIn(({ visitor }) => visitor.post('/update-user', { unknown: 1 })),
  'update-user, emailVerified': signedIn(({ visitor }) => visitor.post('/update-user', { emailVerified: false })),
  'update-user, a number as name': signedIn(({ visitor }) => visitor.post('/update-user', { name: 1 })),
  'update-user, an array': signedIn(({ visitor }) => visitor.post('/update-user', '[]')),
};

export const passwords = {
  'sign-in by password': ({ visitor, email }) => visitor.post('/sign-in/email', { email, password: 'long enough' }),
  'sign-in by password, no body': ({ visitor }) => visitor.post('/sign-in/email', {}),
  'sign-up by password': ({ visitor, email }) =>
    visitor.post('/sign-up/email', { email, password: 'long enough', name: 'Ada' }),
  'request-password-reset': ({ visitor, email }) => visitor.post('/request-password-reset', { email }),
  'reset-password': ({ visitor }) => visitor.post('/reset-password', { newPassword: 'long enough', token: 'x' }),
  'change-password of nobody': ({ visitor }) =>
    visitor.post('/change-password', { newPassword: 'long enough', currentPassword: 'x' }),
  'change-password': signedIn(({ visitor }) =>
    visitor.post('/change-password', { newPassword: 'long enough', currentPassword: 'x' }),
  ),
  'change-password, too short': signedIn(({ visitor }) =>
    visitor.post('/change-password', { newPassword: 'short', currentPassword: 'x' }),
  ),
  'verify-password': signedIn(({ visitor }) => visitor.post('/verify-password', { password: 'x' })),
  'send-verification-email': ({ visitor, email }) => visitor.post('/send-verification-email', { email }),
};
