// Signing in with a provider of OpenID Connect that both servers can ask: "corp" (corp.mjs), `at.provider`.

import { employee } from '../corp.mjs';
import { SIGNED_IN, gives, signedIn, user } from './story.mjs';

const CORP = { provider: 'corp', callbackURL: '/dashboard' };

/** The browser goes to the provider, where somebody agrees, and comes back; the answer to that. */
async function through({ visitor, provider }, account, options = {}) {
  const { path = '/sign-in/social', body, change = (back) => back } = options;
  const { url } = (await visitor.post(path, { ...CORP, ...body })).json;
  const { pathname, search } = new URL(change(provider.agree(url, account)));
  return visitor.send('GET', `${pathname}${search}`, { base: '' });
}
const link = (at, account, more) => through(at, account, { path: '/link-social', ...more });
/** The account of the story's person. */
const own = ({ email }, over) => employee({ email, ...over });
const arrived = (story, over) => async (at) => {
  await through(at, own(at, over));
  return story(at);
};
const withAccount = (story) =>
  arrived(async (at) => {
    const [{ id }] = (await at.visitor.get('/list-accounts')).json;
    return story({ ...at, accountId: id });
  });

const DASHBOARD = { location: '/dashboard' };
const toError = (code) => ({ location: `<origin>/api/auth/error?error=${code}` });

export const openid = {
  'sign-up': gives(302, DASHBOARD, (at) => through(at, own(at))),
  'sign-up, and then to the page for new users': gives(302, { location: '/welcome' }, (at) =>
    through(at, own(at), { body: { newUserCallbackURL: '/welcome' } }),
  ),
  'sign-up without saying where to': gives(302, { location: '<origin>' }, (at) =>
    through(at, own(at), { body: { callbackURL: undefined } }),
  ),
  'sign-up, and be signed in': gives(
    200,
    { ...SIGNED_IN, 'body.user.name': 'Ada Lovelace', 'body.user.emailVerified': true },
    arrived(({ visitor }) => visitor.get('/get-session')),
  ),
  'sign-up with an address that the provider has not verified': gives(
    200,
    { 'body.user.emailVerified': false },
    arrived(({ visitor }) => visitor.get('/get-session'), { email_verified: false }),
  ),
  'sign-in, and then not to the page for new users': gives(302, DASHBOARD, async (at) => {
    const account = own(at);
    await through(at, account);
    return through({ ...at, visitor: at.visitor.another() }, account, { body: { newUserCallbackURL: '/welcome' } });
  }),
  'sign-in of somebody who came by code': gives(
    302,
    DASHBOARD,
    signedIn((at) => through({ ...at, visitor: at.visitor.another() }, own(at))),
  ),
  'sign-in of somebody who came by code, and has an account now': gives(
    200,
    { 'body.0.providerId': 'corp', 'body.1': undefined },
    signedIn(async (at) => {
      await through({ ...at, visitor: at.visitor.another() }, own(at));
      return at.visitor.get('/list-accounts');
    }),
  ),
  'sign-in by an address that the provider has not verified': gives(
    302,
    toError('account_not_linked'),
    signedIn((at) => through({ ...at, visitor: at.visitor.another() }, own(at, { email_verified: false }))),
  ),
  'sign-in by an address that is not proved here': gives(
    302,
    toError('account_not_linked'),
    signedIn(async (at) => {
      await user('"emailVerified" = false')(at);
      return through({ ...at, visitor: at.visitor.another() }, own(at));
    }),
  ),
  'sign-in when banned': gives(302, async (at) => {
    const account = own(at);
    await through(at, account);
    await user('banned = true')(at);
    return through({ ...at, visitor: at.visitor.another() }, account);
  }),
  'an answer of another issuer': gives(302, toError('issuer_mismatch'), (at) =>
    through(at, own(at), { change: (back) => back.replace(/iss=[^&]+/, 'iss=https%3A%2F%2Fother.example') }),
  ),
  'an answer without the issuer that was promised': gives(302, (at) =>
    through(at, own(at), { change: (back) => back.replace(/&iss=[^&]+/, '') }),
  ),
  'an answer, used twice': gives(302, toError('state_mismatch'), async (at) => {
    let again;
    await through(at, own(at), { change: (back) => (again = back) });
    const { pathname, search } = new URL(again);
    return at.visitor.send('GET', `${pathname}${search}`, { base: '' });
  }),
  'link-social': gives(302, DASHBOARD, signedIn((at) => link(at, own(at)))),
  'link-social, and it is listed': gives(
    200,
    { 'body.0.providerId': 'corp', 'body.1': undefined },
    signedIn(async (at) => {
      await link(at, own(at));
      return at.visitor.get('/list-accounts');
    }),
  ),
  'link-social with another address': gives(
    302,
    toError('email_does_not_match'),
    signedIn((at) => link(at, employee())),
  ),
  'link-social with what is somebody else’s': gives(
    302,
    toError('account_already_linked_to_different_user'),
    signedIn(async (at) => {
      const account = employee();
      await through({ ...at, visitor: at.visitor.another() }, account);
      return link(at, { ...account, email: at.email });
    }),
  ),
  'link-social, and signed out meanwhile': gives(
    302,
    toError('unable_to_link_account'),
    signedIn(async (at) => {
      const old = at.visitor.jar.copy();
      const { url } = (await at.visitor.post('/link-social', CORP)).json;
      const state = at.visitor.jar.copy();
      at.visitor.jar = old;
      await at.visitor.post('/sign-out');
      at.visitor.jar = state;
      const { pathname, search } = new URL(at.provider.agree(url, own(at)));
      return at.visitor.send('GET', `${pathname}${search}`, { base: '' });
    }),
  ),
  'get-access-token': gives(
    200,
    { 'body.accessTokenExpiresAt': '<time>' },
    withAccount(({ visitor, accountId }) => visitor.post('/get-access-token', { accountId })),
  ),
  'refresh-token': gives(
    200,
    { 'body.providerId': 'corp' },
    withAccount(({ visitor, accountId }) => visitor.post('/refresh-token', { accountId })),
  ),
  'account-info': gives(
    200,
    SIGNED_IN,
    withAccount(({ visitor, accountId }) => visitor.get(`/account-info?accountId=${accountId}`)),
  ),
};
