// Where Kiavi answers differently on purpose. A difference that is not listed here fails, and so does an
// entry that has no effect any more. Each id is explained in docs/compatibility.md.
//
// An entry names the requests that it touches ("group / name" in requests/) and what Kiavi answers:
//   fields   these fields differ, and Kiavi's have these values; all others are as in the reference answer
//   answer   the whole answer is another one; these fields of it are checked

const NO_COOKIES = [];
const nothingThere = { status: 404, 'content-type': '<none>', body: '<empty>', cookies: NO_COOKIES };
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
    id: 'user-field-types',
    requests: ['users / update-user, a number as name'],
    answer: { status: 400, 'body.code': 'VALIDATION_ERROR', cookies: NO_COOKIES },
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
    answer: { status: 400, 'body.code': 'AUTHENTICATION_FAILED', cookies: NO_COOKIES },
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
    answer: { status: 401, 'body.code': 'UNAUTHORIZED_SESSION', cookies: NO_COOKIES },
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
];

/** The entries that belong to the requests of `groups`. */
export const differencesOf = (groups) =>
  DIFFERENCES.filter(({ requests: [first] }) => Object.hasOwn(groups, first.slice(0, first.indexOf(' / '))));

const equal = (one, other) => JSON.stringify(one) === JSON.stringify(other);

/**
 * The differences that no entry allows, and the entries that were used. `differences` are those of
 * compareShapes(), `answer` is the shape of Kiavi's answer.
 */
export function judge(name, differences, answer) {
  const used = new Set();
  const concerned = DIFFERENCES.filter(({ requests }) => requests.includes(name));
  const open = differences.filter(({ field, kiavi }) => {
    const entry = concerned.find((one) =>
      one.answer
        ? Object.entries(one.answer).every(([key, value]) => equal(answer[key], value))
        : Object.hasOwn(one.fields, field) && equal(one.fields[field], kiavi),
    );
    if (entry) used.add(entry);
    return !entry;
  });
  return { open, used };
}
