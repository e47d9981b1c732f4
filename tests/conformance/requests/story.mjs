// What the stories of all groups share.

import { SoftAuthenticator } from '../../lib/authenticator.mjs';

/**
 * A story with what it is about: the status, and a code or further fields of the answer's shape. The reference
 * server must give it, so that a story that has gone astray is noticed.
 */
export const gives = (status, ...rest) => {
  const story = rest.pop();
  const fields = typeof rest[0] === 'string' ? { 'body.code': rest[0] } : rest[0];
  return Object.assign((at) => story(at), { expected: { status, ...fields } });
};

/** An answer without a body, as errors by status only have it. */
export const EMPTY = { body: '<empty>' };

/** The session, or the sign-in, of the story's visitor. */
export const SIGNED_IN = { 'body.user.email': '<email>' };

/** The session of nobody. */
export const NOBODY = { body: null };

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

/** A signed-in administrator, and `other`: a signed-in user. Both have ids in `ids`. */
export const asAdmin = (story) => async (at) => {
  const { user } = await at.visitor.signInByCode(at.email);
  await at.sql(`update "user" set role = 'admin' where id = $1`, [user.id]);
  const other = at.visitor.another();
  const { user: second } = await other.signInByCode(`other.${at.email}`);
  return story({ ...at, other, ids: { admin: user.id, other: second.id } });
};

/** Changes the row of a user. */
export const user = (assignment) => ({ sql, email }) => sql(`update "user" set ${assignment} where email = $1`, [email]);
