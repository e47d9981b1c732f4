// JSON Web Tokens and their keys. What tokens say and whether they verify is in jwt.test.mjs.

import { signedIn } from './story.mjs';

export const tokens = {
  'jwks of nobody': ({ visitor }) => visitor.get('/jwks'),
  'jwks, posted': ({ visitor }) => visitor.post('/jwks'),
  'token of nobody': ({ visitor }) => visitor.get('/token'),
  token: signedIn(({ visitor }) => visitor.get('/token')),
  'token, posted': signedIn(({ visitor }) => visitor.post('/token')),
  'signing over HTTP': signedIn(({ visitor }) => visitor.post('/sign-jwt', { payload: {} })),
  'verifying over HTTP': signedIn(({ visitor }) => visitor.post('/verify-jwt', { token: '' })),
};
