// Paths, bodies, origins and redirect targets: what holds for every endpoint.

import { EMPTY, FOREIGN, NOBODY, gives } from './story.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };

export const routing = {
  'ok': gives(200, ({ visitor }) => visitor.get('/ok')),
  'ok with a query': gives(200, ({ visitor }) => visitor.get('/ok?x=1')),
  'ok by HEAD': gives(404, EMPTY, ({ visitor }) => visitor.send('HEAD', '/ok')),
  'ok by POST': gives(404, EMPTY, ({ visitor }) => visitor.post('/ok')),
  'ok by PUT': gives(404, EMPTY, ({ visitor }) => visitor.send('PUT', '/ok', { body: '{}', headers: JSON_TYPE })),
  'ok by OPTIONS': gives(404, EMPTY, ({ visitor }) => visitor.send('OPTIONS', '/ok')),
  'ok with a trailing slash': gives(404, EMPTY, ({ visitor }) => visitor.get('/ok/')),
  'ok in capitals': gives(404, EMPTY, ({ visitor }) => visitor.get('/OK')),
  'ok, percent-encoded letter': gives(404, EMPTY, ({ visitor }) => visitor.get('/%6fk')),
  'ok, empty segment': gives(404, EMPTY, ({ visitor }) => visitor.get('//ok')),
  'ok behind dot segments': gives(200, ({ visitor }) => visitor.get('/x/../ok')),
  'ok behind encoded dot segments': gives(200, ({ visitor }) => visitor.get('/x/%2e%2e/ok')),
  'the base path itself': gives(404, EMPTY, ({ visitor }) => visitor.get('')),
  'the base path with a slash': gives(404, EMPTY, ({ visitor }) => visitor.get('/')),
  'an unknown path': gives(404, EMPTY, ({ visitor }) => visitor.get('/no-such-thing')),
  'an unknown path by POST': gives(404, EMPTY, ({ visitor }) => visitor.post('/no-such-thing')),
  'a server-only endpoint': gives(
    404,
    EMPTY,
    ({ visitor }) => visitor.post('/set-password', { newPassword: 'long enough' }),
  ),
  'get-session by POST': gives(
    405,
    'METHOD_NOT_ALLOWED_DEFER_SESSION_REQUIRED',
    ({ visitor }) => visitor.post('/get-session'),
  ),
  'sign-out by GET': gives(404, EMPTY, ({ visitor }) => visitor.get('/sign-out')),
  'the page of errors': gives(302, { location: '/?error=UNKNOWN' }, ({ visitor }) => visitor.get('/error')),
  'the page of errors, with one': gives(
    302,
    { location: '/?error=no_code&error_description=Not+today' },
    ({ visitor }) => visitor.get('/error?error=no_code&error_description=Not%20today'),
  ),
  'the page of errors, with markup': gives(302, { location: '/?error=UNKNOWN' }, ({ visitor }) =>
    visitor.get('/error?error=%3Cb%3E'),
  ),
};

export const bodies = {
  'a body that is not JSON': gives(400, 'BAD_REQUEST', ({ visitor }) => visitor.post('/sign-out', '{"a":')),
  'a body of another type': gives(
    415,
    'UNSUPPORTED_MEDIA_TYPE',
    ({ visitor }) => visitor.post('/sign-out', 'a=1', { headers: { 'content-type': 'text/plain' } }),
  ),
  'a form where JSON is needed': gives(415, 'UNSUPPORTED_MEDIA_TYPE', ({ visitor }) =>
    visitor.post('/email-otp/send-verification-otp', 'email=a%40example.com', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  ),
  'JSON with a charset': gives(200, ({ visitor }) =>
    visitor.post('/sign-out', '{}', { headers: { 'content-type': 'Application/JSON; charset=utf-8' } }),
  ),
  'no body where one is needed': gives(
    400,
    'VALIDATION_ERROR',
    ({ visitor }) => visitor.send('POST', '/email-otp/send-verification-otp'),
  ),
  'no body where none is needed': gives(200, ({ visitor }) => visitor.send('POST', '/sign-out')),
  'an array where an object is needed': gives(
    400,
    'VALIDATION_ERROR',
    ({ visitor }) => visitor.post('/sign-in/email-otp', '[]'),
  ),
  'null where an object is needed': gives(
    400,
    'VALIDATION_ERROR',
    ({ visitor }) => visitor.post('/sign-in/email-otp', 'null'),
  ),
  'a missing field': gives(
    400,
    'VALIDATION_ERROR',
    ({ visitor }) => visitor.post('/sign-in/email-otp', { email: 'a@example.com' }),
  ),
  'two missing fields': gives(400, 'VALIDATION_ERROR', ({ visitor }) => visitor.post('/sign-in/email-otp', {})),
  'a field of the wrong type': gives(
    400,
    'VALIDATION_ERROR',
    ({ visitor }) => visitor.post('/sign-in/email-otp', { email: 1, otp: '123456' }),
  ),
  'unknown keys': gives(200, ({ visitor }) => visitor.post('/sign-out', { unknown: 1 })),
};

export const origins = {
  'cookie and no origin': gives(
    403,
    'MISSING_OR_NULL_ORIGIN',
    ({ visitor }) => visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: undefined } }),
  ),
  'cookie and a foreign origin': gives(
    403,
    'INVALID_ORIGIN',
    ({ visitor }) => visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: FOREIGN } }),
  ),
  'cookie and origin null': gives(
    403,
    'MISSING_OR_NULL_ORIGIN',
    ({ visitor }) => visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: 'null' } }),
  ),
  'cookie and origin null from the same origin': gives(200, ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: 'null', 'sec-fetch-site': 'same-origin' } }),
  ),
  'cookie and a good referer': gives(200, ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: undefined, referer: `${visitor.origin}/x` } }),
  ),
  'cookie and a foreign referer': gives(403, 'INVALID_ORIGIN', ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: undefined, referer: `${FOREIGN}/x` } }),
  ),
  'cookie and an origin that only starts right': gives(403, 'INVALID_ORIGIN', ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: `${visitor.origin}.attacker.example` } }),
  ),
  'cookie and another port': gives(403, 'INVALID_ORIGIN', ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: visitor.origin.replace(/\d+$/, '1') } }),
  ),
  'cookie and https instead of http': gives(403, 'INVALID_ORIGIN', ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: visitor.origin.replace('http:', 'https:') } }),
  ),
  'no cookie and a foreign origin': gives(
    200,
    ({ visitor }) => visitor.post('/sign-out', {}, { headers: { origin: FOREIGN } }),
  ),
  'a foreign origin on GET': gives(
    200,
    NOBODY,
    ({ visitor }) => visitor.get('/get-session', { headers: { cookie: 'a=b', origin: FOREIGN } }),
  ),
  'bad JSON wins over a foreign origin': gives(
    400,
    'BAD_REQUEST',
    ({ visitor }) => visitor.post('/sign-out', '{', { headers: { cookie: 'a=b', origin: FOREIGN } }),
  ),
  'a foreign origin wins over an invalid body': gives(
    403,
    'INVALID_ORIGIN',
    ({ visitor }) => visitor.post('/sign-in/email-otp', {}, { headers: { cookie: 'a=b', origin: FOREIGN } }),
  ),
  'an unknown path wins over a foreign origin': gives(
    404,
    EMPTY,
    ({ visitor }) => visitor.post('/no-such-thing', {}, { headers: { cookie: 'a=b', origin: FOREIGN } }),
  ),
  'a code by cross-site navigation': gives(403, 'CROSS_SITE_NAVIGATION_LOGIN_BLOCKED', ({ visitor, email }) =>
    visitor.post(
      '/email-otp/send-verification-otp',
      { email, type: 'sign-in' },
      { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } },
    ),
  ),
  'a code with fetch metadata and no origin': gives(403, 'MISSING_OR_NULL_ORIGIN', ({ visitor, email }) =>
    visitor.post(
      '/email-otp/send-verification-otp',
      { email, type: 'sign-in' },
      { headers: { origin: undefined, 'sec-fetch-site': 'same-origin' } },
    ),
  ),
  'a code with a foreign origin and no cookie': gives(403, 'INVALID_ORIGIN', ({ visitor, email }) =>
    visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' }, { headers: { origin: FOREIGN } }),
  ),
  'a code without origin, cookie or fetch metadata': gives(200, ({ visitor, email }) =>
    visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' }, { headers: { origin: undefined } }),
  ),
};

const redirect = (body, ...outcome) => gives(...outcome, ({ visitor }) => visitor.post('/sign-out', body));
const refused = (name, value, code) => redirect({ [name]: value }, 403, code);
const notText = (name) => redirect({ [name]: 1 }, 400, { 'body.message': `Invalid ${name}: expected a string` });

export const redirects = {
  'callbackURL on another site': refused('callbackURL', `${FOREIGN}/x`, 'INVALID_CALLBACK_URL'),
  'callbackURL without a scheme': refused('callbackURL', '//attacker.example', 'INVALID_CALLBACK_URL'),
  'callbackURL with a backslash': refused('callbackURL', '/\\attacker.example', 'INVALID_CALLBACK_URL'),
  'callbackURL with an encoded slash': refused('callbackURL', '/%2f/attacker.example', 'INVALID_CALLBACK_URL'),
  'callbackURL that is a script': refused('callbackURL', 'javascript:alert(1)', 'INVALID_CALLBACK_URL'),
  'callbackURL without a leading slash': refused('callbackURL', 'dashboard', 'INVALID_CALLBACK_URL'),
  'callbackURL that is a path': redirect({ callbackURL: '/dashboard?tab=1#top' }, 200),
  'callbackURL that is empty': redirect({ callbackURL: '' }, 200),
  'callbackURL that is a number': notText('callbackURL'),
  'redirectTo on another site': refused('redirectTo', FOREIGN, 'INVALID_REDIRECT_URL'),
  'redirectTo that is a number': redirect(
    { redirectTo: 1 },
    400,
    { 'body.message': 'Invalid redirectURL: expected a string' },
  ),
  'errorCallbackURL on another site': refused('errorCallbackURL', FOREIGN, 'INVALID_ERROR_CALLBACK_URL'),
  'errorCallbackURL that is a number': notText('errorCallbackURL'),
  'newUserCallbackURL on another site': refused('newUserCallbackURL', FOREIGN, 'INVALID_NEW_USER_CALLBACK_URL'),
  'newUserCallbackURL that is a number': notText('newUserCallbackURL'),
};
