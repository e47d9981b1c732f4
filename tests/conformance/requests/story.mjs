// What the stories of all groups share.

import { SoftAuthenticator } from '../../lib/authenticator.mjs';

export const FOREIGN = 'https://attacker.example';

export const signedIn = (story) => async (at) => {
  await at.visitor.signInByCode(at.email);
  return story(at);
};

export const withPasskey = (story, options) =>
  signedIn(async (at) => {
    at.authenticator = new SoftAuthenticator(options);
    at.passkey = await at.visitor.addPasskey(at.authenticator, { name: 'Laptop' });
    return story(at);
  });

/** Changes rows of this visitor's session. */
export const session = (assignment) => ({ sql, email }) =>
  sql(`update session set ${assignment} where "userId" = (select id from "user" where email = $1)`, [email]);

export const expireCode = ({ sql, email }) =>
  sql(`update verification set "expiresAt" = now() - interval '1 second' where identifier = $1`, [
    `sign-in-otp-${email}`,
  ]);

export const wrong = (code) => String((Number(code) + 1) % 1_000_000).padStart(6, '0');
export const tryCode = ({ visitor, email }, otp, more = {}) => visitor.post('/sign-in/email-otp', { email, otp, ...more });
