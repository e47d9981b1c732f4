// Paths, bodies, origins and redirect targets: what holds for every endpoint.

import { FOREIGN } from './story.mjs';

const JSON_TYPE = { 'content-type': 'application/json' };

export const routing = {
  'ok': ({ visitor }) => visitor.get('/ok'),
  'ok with a query': ({ visitor }) => visitor.get('/ok?x=1'),
  'ok by HEAD': ({ visitor }) => visitor.send('HEAD', '/ok'),
  'ok by POST': ({ visitor }) => visitor.post('/ok'),
  'ok by PUT': ({ visitor }) => visitor.send('PUT', '/ok', { body: '{}', headers: JSON_TYPE }),
  'ok by OPTIONS': ({ visitor }) => visitor.send('OPTIONS', '/ok'),
  'ok with a trailing slash': ({ visitor }) => visitor.get('/ok/'),
  'ok in capitals': ({ visitor }) => visitor.get('/OK'),
  'ok, percent-encoded letter': ({ visitor }) => visitor.get('/%6fk'),
  'ok, empty segment': ({ visitor }) => visitor.get('//ok'),
  'ok behind dot segments': ({ visitor }) => visitor.get('/x/../ok'),
  'ok behind encoded dot segments': ({ visitor }) => visitor.get('/x/%2e%2e/ok'),
  'the base path itself': ({ visitor }) => visitor.get(''),
  'the base path with a slash': ({ visitor }) => visitor.get('/'),
  'an unknown path': ({ visitor }) => visitor.get('/no-such-thing'),
  'an unknown path by POST': ({ visitor }) => visitor.post('/no-such-thing'),
  'a server-only endpoint': ({ visitor }) => visitor.post('/set-password', { newPassword: 'long enough' }),
  'get-session by POST': ({ visitor }) => visitor.post('/get-session'),
  'sign-out by GET': ({ visitor }) => visitor.get('/sign-out'),
};

export const bodies = {
  'a body that is not JSON': ({ visitor }) => visitor.post('/sign-out', '{"a":'),
  'a body of another type': ({ visitor }) =>
    visitor.post('/sign-out', 'a=1', { headers: { 'content-type': 'text/plain' } }),
  'a form where JSON is needed': ({ visitor }) =>
    visitor.post('/email-otp/send-verification-otp', 'email=a%40example.com', {
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
  'JSON with a charset': ({ visitor }) =>
    visitor.post('/sign-out', '{}', { headers: { 'content-type': 'Application/JSON; charset=utf-8' } }),
  'no body where one is needed': ({ visitor }) => visitor.send('POST', '/email-otp/send-verification-otp'),
  'no body where none is needed': ({ visitor }) => visitor.send('POST', '/sign-out'),
  'an array where an object is needed': ({ visitor }) => visitor.post('/sign-in/email-otp', '[]'),
  'null where an object is needed': ({ visitor }) => visitor.post('/sign-in/email-otp', 'null'),
  'a missing field': ({ visitor }) => visitor.post('/sign-in/email-otp', { email: 'a@example.com' }),
  'two missing fields': ({ visitor }) => visitor.post('/sign-in/email-otp', {}),
  'a field of the wrong type': ({ visitor }) => visitor.post('/sign-in/email-otp', { email: 1, otp: '123456' }),
  'unknown keys': ({ visitor }) => visitor.post('/sign-out', { unknown: 1 }),
};

export const origins = {
  'cookie and no origin': ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: undefined } }),
  'cookie and a foreign origin': ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: FOREIGN } }),
  'cookie and origin null': ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: 'null' } }),
  'cookie and origin null from the same origin': ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: 'null', 'sec-fetch-site': 'same-origin' } }),
  'cookie and a good referer': ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: undefined, referer: `${visitor.origin}/x` } }),
  'cookie and a foreign referer': ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: undefined, referer: `${FOREIGN}/x` } }),
  'cookie and an origin that only starts right': ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: `${visitor.origin}.attacker.example` } }),
  'cookie and another port': ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: visitor.origin.replace(/\d+$/, '1') } }),
  'cookie and https instead of http': ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { cookie: 'a=b', origin: visitor.origin.replace('http:', 'https:') } }),
  'no cookie and a foreign origin': ({ visitor }) =>
    visitor.post('/sign-out', {}, { headers: { origin: FOREIGN } }),
  'a foreign origin on GET': ({ visitor }) =>
    visitor.get('/get-session', { headers: { cookie: 'a=b', origin: FOREIGN } }),
  'bad JSON wins over a foreign origin': ({ visitor }) =>
    visitor.post('/sign-out', '{', { headers: { cookie: 'a=b', origin: FOREIGN } }),
  'a foreign origin wins over an invalid body': ({ visitor }) =>
    visitor.post('/sign-in/email-otp', {}, { headers: { cookie: 'a=b', origin: FOREIGN } }),
  'an unknown path wins over a foreign origin': ({ visitor }) =>
    visitor.post('/no-such-thing', {}, { headers: { cookie: 'a=b', origin: FOREIGN } }),
  'a code by cross-site navigation': ({ visitor, email }) =>
    visitor.post(
      '/email-otp/send-verification-otp',
      { email, type: 'sign-in' },
      { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' } },
    ),
  'a code with fetch metadata and no origin': ({ visitor, email }) =>
    visitor.post(
      '/email-otp/send-verification-otp',
      { email, type: 'sign-in' },
      { headers: { origin: undefined, 'sec-fetch-site': 'same-origin' } },
    ),
  'a code with a foreign origin and no cookie': ({ visitor, email }) =>
    visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' }, { headers: { origin: FOREIGN } }),
  'a code without origin, cookie or fetch metadata': ({ visitor, email }) =>
    visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' }, { headers: { origin: undefined } }),
};

export const redirects = Object.fromEntries(
  Object.entries({
    'callbackURL on another site': { callbackURL: `${FOREIGN}/x` },
    'callbackURL without a scheme': { callbackURL: '//attacker.example' },
    'callbackURL with a backslash': { callbackURL: '/\\attacker.example' },
    'callbackURL with an encoded slash': { callbackURL: '/%2f/attacker.example' },
    'callbackURL that is a script': { callbackURL: 'javascript:alert(1)' },
    'callbackURL without a leading slash': { callbackURL: 'dashboard' },
    'callbackURL that is a path': { callbackURL: '/dashboard?tab=1#top' },
    'callbackURL that is empty': { callbackURL: '' },
    'callbackURL that is a number': { callbackURL: 1 },
    'redirectTo on another site': { redirectTo: FOREIGN },
    'redirectTo that is a number': { redirectTo: 1 },
    'errorCallbackURL on another site': { errorCallbackURL: FOREIGN },
    'errorCallbackURL that is a number': { errorCallbackURL: 1 },
    'newUserCallbackURL on another site': { newUserCallbackURL: FOREIGN },
    'newUserCallbackURL that is a number': { newUserCallbackURL: 1 },
  }).map(([name, body]) => [name, ({ visitor }) => visitor.post('/sign-out', body)]),
);
