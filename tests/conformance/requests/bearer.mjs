// Sessions in the Authorization header: the bearer plugin.

import { SESSION_COOKIE } from '../../lib/visitor.mjs';
import { FOREIGN, NOBODY, SIGNED_IN, gives, signedIn, tryCode, withPasskey } from './story.mjs';

/** The cookie's value as text: "token.signature". */
const signed = ({ visitor }) => decodeURIComponent(visitor.jar.get(SESSION_COOKIE));
const token = (at) => signed(at).split('.')[0];
const showing = (authorization, method = 'get', path = '/get-session') =>
  signedIn((at) => {
    const headers = { authorization: authorization(at) };
    const other = at.visitor.another();
    return method === 'get' ? other.get(path, { headers }) : other.post(path, {}, { headers });
  });

export const bearer = {
  'sign-in tells the token': gives(
    200,
    { 'set-auth-token': '<32 characters>, signed', 'access-control-expose-headers': 'set-auth-token' },
    async (at) => tryCode(at, await at.visitor.requestCode(at.email)),
  ),
  'sign-in by passkey tells the token': gives(
    200,
    { 'set-auth-token': '<32 characters>, signed' },
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin);
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'sign-out does not': gives(
    200,
    { 'set-auth-token': undefined },
    signedIn(({ visitor }) => visitor.post('/sign-out')),
  ),
  'get-session': gives(200, SIGNED_IN, showing((at) => `Bearer ${signed(at)}`)),
  'get-session, percent-encoded': gives(200, SIGNED_IN, showing((at) => `Bearer ${encodeURIComponent(signed(at))}`)),
  'get-session, another case': gives(200, SIGNED_IN, showing((at) => `bEaReR ${signed(at)}`)),
  'get-session, more blanks': gives(200, SIGNED_IN, showing((at) => `Bearer   ${signed(at)}`)),
  'get-session without a signature': gives(200, SIGNED_IN, showing((at) => `Bearer ${token(at)}`)),
  'get-session, a wrong signature': gives(200, NOBODY, showing((at) => `Bearer ${token(at)}.${'a'.repeat(43)}=`)),
  'get-session, half a signature': gives(200, NOBODY, showing((at) => `Bearer ${signed(at).slice(0, -20)}`)),
  'get-session, nothing': gives(200, NOBODY, showing(() => 'Bearer ')),
  'get-session, nonsense': gives(200, NOBODY, showing(() => 'Bearer a.b.c')),
  'get-session, another scheme': gives(200, NOBODY, showing((at) => `Basic ${signed(at)}`)),
  'get-session, a wrong token and a good cookie': gives(
    200,
    SIGNED_IN,
    signedIn(({ visitor }) => visitor.get('/get-session', { headers: { authorization: 'Bearer a.b' } })),
  ),
  'get-session, the token wins over a cookie': gives(
    200,
    SIGNED_IN,
    signedIn(async (at) => {
      const other = at.visitor.another();
      await other.signInByCode(`other.${at.email}`);
      return other.get('/get-session', { headers: { authorization: `Bearer ${signed(at)}` } });
    }),
  ),
  'list-sessions': gives(200, showing((at) => `Bearer ${signed(at)}`, 'get', '/list-sessions')),
  'sign-out by token': gives(200, showing((at) => `Bearer ${signed(at)}`, 'post', '/sign-out')),
  'get-session after sign-out by token': gives(
    200,
    NOBODY,
    signedIn(async (at) => {
      const headers = { authorization: `Bearer ${signed(at)}` };
      await at.visitor.another().post('/sign-out', {}, { headers });
      return at.visitor.another().get('/get-session', { headers });
    }),
  ),
  'a change without an origin': gives(
    200,
    signedIn((at) =>
      at.visitor.another().post('/update-user', { name: 'Ada' }, {
        headers: { authorization: `Bearer ${signed(at)}`, origin: undefined },
      }),
    ),
  ),
  'a change with a cookie of something, from a foreign page': gives(
    403,
    'INVALID_ORIGIN',
    signedIn((at) =>
      at.visitor.another().post('/update-user', { name: 'Ada' }, {
        headers: { authorization: `Bearer ${signed(at)}`, origin: FOREIGN, cookie: 'a=b' },
      }),
    ),
  ),
};
