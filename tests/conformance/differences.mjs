// Where Kiavi answers differently on purpose. A difference that is not listed here fails, and so does an
// entry that has no effect any more. Each id is explained in docs/compatibility/differences.md, which gives its reason
// in the words that are here.
//
// An entry names the requests that it touches ("list / name" in requests/) and what Kiavi answers:
//   fields   these fields differ, and Kiavi's have these values, or what these functions make of the reference's; all
//            others are as in the reference answer
//   answer   the whole answer is another one; these fields of it are checked

const NO_COOKIES = [];
const ATTRIBUTES = 'Max-Age=604800; Path=/; HttpOnly; SameSite=Lax';
const nothingThere = { status: 404, 'content-type': '<none>', body: '<empty>', cookies: NO_COOKIES };
const refused = (status, code) => ({ status, 'body.code': code, cookies: NO_COOKIES });
const leadsTo = (location) => ({ status: 302, location, cookies: NO_COOKIES, body: '<empty>' });
/** A further cookie, the last. */
const and = (cookie) => (cookies) => [...cookies, cookie];
/** An authorization URL that asks for an ID token of this sign-in. */
const withNonce = (url) => url.replace('&redirect_uri=', '&nonce=<32 characters>&redirect_uri=');
const OUR_TOKEN = '<JWT {"alg":"EdDSA","typ":"JWT","kid":"string"}, 300 s, aud,iss,jti,sid,sub>';
const TYPED_TOKEN =
  '<JWT {"alg":"EdDSA","typ":"JWT","kid":"string"}, 900 s, ' +
  'aud,banExpires,banReason,banned,createdAt,email,emailVerified,id,image,iss,name,role,sub,updatedAt>';

export const DIFFERENCES = [
  {
    id: 'canonical-paths',
    requests: ['routing / ok behind dot segments', 'routing / ok behind encoded dot segments'],
    answer: nothingThere,
  },
  {
    id: 'validation-messages',
    requests: ['bodies / an array where an object is needed'],
    fields: { 'body.message': '[body] Invalid input: expected object, received array' },
  },
  {
    id: 'validation-messages',
    requests: ['bodies / null where an object is needed'],
    fields: { 'body.message': '[body] Invalid input: expected object, received null' },
  },
  {
    id: 'validation-messages',
    requests: ['providers / sign-in at no provider'],
    fields: { 'body.message': '[body.provider] Invalid input: expected string, received undefined' },
  },
  {
    id: 'validation-messages',
    requests: ['social / sign-in at a provider, a parameter that is ours'],
    fields: { 'body.message': '[body.additionalParams] Invalid input: a parameter is reserved or no string' },
  },
  {
    id: 'user-field-types',
    requests: ['users / update-user, a number as name'],
    answer: refused(400, 'VALIDATION_ERROR'),
  },
  {
    id: 'user-verification',
    requests: [
      'passkeys / registration options',
      'passkeys / registration options, platform',
      'passkeys / registration options with a passkey',
    ],
    fields: { 'body.authenticatorSelection.userVerification': 'required' },
  },
  {
    id: 'user-verification',
    requests: ['passkeys / sign-in options of nobody', 'passkeys / sign-in options with a passkey'],
    fields: { 'body.userVerification': 'required' },
  },
  {
    id: 'user-verification',
    requests: ['passkeys / sign-in by passkey, no user verification'],
    answer: refused(400, 'AUTHENTICATION_FAILED'),
  },
  {
    id: 'client-errors',
    requests: [
      'passkeys / adding a passkey for another challenge',
      'passkeys / adding a passkey from another origin',
      'passkeys / adding nonsense as a passkey',
    ],
    fields: { status: 400 },
  },
  {
    id: 'no-passwords',
    requests: [
      'admin / /admin/set-user-password of nobody',
      'admin / /admin/set-user-password of somebody',
      'admin / set-user-password, too short',
      'passwords / a code for a new password',
      'passwords / a code for a new password, the old way',
      'passwords / a new password by code',
    ],
    answer: nothingThere,
  },
  {
    id: 'new-address-unproven',
    requests: ['admin / update-user, the address'],
    fields: { 'body.emailVerified': false },
  },
  {
    id: 'token-claims',
    requests: ['tokens / token'],
    fields: { 'body.token': OUR_TOKEN },
  },
  {
    id: 'token-claims',
    requests: ['tokens / get-session tells a token'],
    fields: { 'set-auth-jwt': OUR_TOKEN },
  },
  {
    id: 'token-type',
    requests: ['fullTokens / token'],
    fields: { 'body.token': TYPED_TOKEN },
  },
  {
    id: 'token-type',
    requests: ['fullTokens / get-session tells a token'],
    fields: { 'set-auth-jwt': TYPED_TOKEN },
  },
  {
    id: 'no-key-by-key',
    requests: ['apiKeySessions / a key makes a key'],
    answer: refused(401, 'UNAUTHORIZED_SESSION'),
  },
  {
    id: 'no-cookie-by-key',
    requests: ['apiKeySessions / a key needs no origin'],
    fields: { cookies: NO_COOKIES },
  },
  {
    id: 'retry-after',
    requests: ['apiKeySessions / a key that is used too often'],
    fields: { 'x-retry-after': '<seconds>' },
  },
  {
    id: 'recent-sign-in',
    requests: [
      'emailChange / request-email-change when not fresh',
      'emailChangeByLink / change-email when not fresh',
    ],
    answer: refused(403, 'SESSION_NOT_FRESH'),
  },
  {
    id: 'address-by-code',
    requests: ['emailChange / change-email by link'],
    answer: { status: 200, 'body.status': true, cookies: NO_COOKIES },
  },
  {
    id: 'links-by-page',
    requests: ['magicLinksByPage / a link, opened'],
    answer: leadsTo('/sign-in/link?callbackURL=%2Fdashboard%3Ftab%3D1&token=<32 characters>'),
  },
  {
    id: 'links-by-page',
    requests: ['magicLinksByPage / a link, opened, and nobody is signed in'],
    answer: { status: 200, body: null, cookies: NO_COOKIES },
  },
  {
    id: 'links-by-page',
    requests: ['magicLinksByPage / a link, opened twice'],
    answer: leadsTo('/sign-in/link?callbackURL=%2F&token=<32 characters>'),
  },
  {
    id: 'links-by-page',
    requests: ['magicLinksByPage / a link with a wrong token'],
    answer: leadsTo('/sign-in/link?callbackURL=%2F&token=x'),
  },
  {
    id: 'kept-as-long',
    requests: ['multiSessions / get-session that is due for a refresh'],
    fields: {
      cookies: and(`better-auth.session_token_multi-<token>=<32 characters>, signed; ${ATTRIBUTES}`),
    },
  },
  {
    id: 'nonce-always',
    requests: [
      'social / sign-in at a provider',
      'social / sign-in at a provider without being sent there',
      'social / sign-in at a provider, more scopes and a hint',
      'social / sign-in at a provider, further parameters',
      'social / link-social',
    ],
    fields: { 'body.url': withNonce, location: withNonce },
  },
  {
    id: 'state-of-one-provider',
    requests: ['social / another provider answers'],
    fields: { location: '<origin>/api/auth/error?error=state_mismatch', cookies: NO_COOKIES },
  },
  {
    id: 'issuer-promised',
    requests: ['openid / an answer without the issuer that was promised'],
    fields: {
      location: '<origin>/api/auth/error?error=issuer_mismatch',
      cookies: (cookies) => cookies.filter((cookie) => !cookie.startsWith('better-auth.session_token=')),
    },
  },
  {
    id: 'profile-of-now',
    requests: ['openid / account-info'],
    answer: {
      status: 200,
      'body.user.email': '<email>',
      'body.user.emailVerified': true,
      'body.user.name': 'Ada Lovelace',
      'body.user.image': undefined,
      'body.data.sub': '<uuid>',
      'body.data.nonce': undefined,
      'body.account.id': '<32 letters and digits>',
      'body.account.providerId': 'corp',
      'body.account.accountId': '<uuid>',
      cookies: NO_COOKIES,
    },
  },
  {
    id: 'bearer-cookies',
    requests: [
      'bearer / sign-out by token',
      'bearer / get-session after sign-out by token',
      'bearer / a change without an origin',
    ],
    fields: { cookies: NO_COOKIES },
  },
  {
    id: 'link-after-conflict',
    requests: [
      'openid / sign-in by an address that the provider has not verified',
      'openid / sign-in by an address that is not proved here',
    ],
    fields: {
      cookies: and(
        'better-auth.pending_link=<32 characters>, signed; Max-Age=600; Path=/; HttpOnly; SameSite=Lax',
      ),
    },
  },
];

/** Why each of them is. */
export const REASONS = {
  'canonical-paths': 'limits, routing and authorisation must see one form of a path; clients never send another',
  'validation-messages': 'the text is for people, the code for programs',
  'user-field-types': 'a name is text',
  'user-verification': 'a passkey is then two factors: the device, and the finger, face or PIN',
  'bearer-cookies': 'a dead token must not sign out whoever is signed in by cookie, nor a live one sign anybody in',
  'link-after-conflict': 'whoever proves the address need not begin again',
  'client-errors': 'the fault is the caller\'s; a 500 is for ours',
  'no-passwords': 'there are none',
  'new-address-unproven': 'nobody proved it',
  'token-claims': 'whoever sees a token should not learn more than who calls; further claims are chosen one by one',
  'token-type': 'a verifier can tell kinds of tokens apart (RFC 8725 §3.11)',
  'no-key-by-key': 'whoever finds a key could make means of access that outlive it, or lift its own limits',
  'no-cookie-by-key': 'a key in clear does not belong into a browser',
  'retry-after': 'one header tells when to come back',
  'recent-sign-in': 'whoever has the address has the account',
  'address-by-code': 'whoever opens a link may be a scanner; a code shows who reads mail at the new address',
  'links-by-page': 'scanners of mail open every link',
  'kept-as-long': 'somebody who is signed in does not drop out of the list of who is',
  'nonce-always': 'an ID token of another sign-in is of no use (OpenID Connect Core §15.5.2)',
  'issuer-promised': 'an answer of one provider must not pass for that of another (RFC 9207 §2.4)',
  'profile-of-now': 'the question is what the provider says of somebody now',
  'state-of-one-provider': 'a code or an error reaches no other provider than the one that was asked (RFC 9700 §4.4)',
};

/** The entries that belong to the requests of `lists`. */
export const differencesOf = (lists) =>
  DIFFERENCES.filter(({ requests }) => requests.some((one) => Object.hasOwn(lists, one.slice(0, one.indexOf(' / ')))));

const equal = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * The differences that no entry allows, and the entries that were used. `differences` are those of
 * compareShapes(), `answer` is the shape of Kiavi's answer.
 */
export function judge(name, differences, answer) {
  const used = new Set();
  const concerned = DIFFERENCES.filter(({ requests }) => requests.includes(name));
  const open = differences.filter(({ field, reference, kiavi }) => {
    const wanted = ({ fields }) => (typeof fields[field] === 'function' ? fields[field](reference) : fields[field]);
    const entry = concerned.find((one) =>
      one.answer
        ? Object.entries(one.answer).every(([key, value]) => equal(answer[key], value))
        : Object.hasOwn(one.fields, field) && equal(wanted(one), kiavi),
    );
    if (entry) used.add(entry);
    return !entry;
  });
  return { open, used };
}
