// Codes by mail.

import { SIGNED_IN, expireCode, gives, signedIn, tryCode, wrong } from './story.mjs';

export const codes = {
  'asking for a code': gives(
    200,
    ({ visitor, email }) => visitor.post('/email-otp/send-verification-otp', { email, type: 'sign-in' }),
  ),
  'asking for a code, not an address': gives(
    400,
    'INVALID_EMAIL',
    ({ visitor }) => visitor.post('/email-otp/send-verification-otp', { email: 'nobody', type: 'sign-in' }),
  ),
  'asking for a code, unknown type': gives(
    400,
    'VALIDATION_ERROR',
    ({ visitor, email }) => visitor.post('/email-otp/send-verification-otp', { email, type: 'unknown' }),
  ),
  'asking for a code, type change-email': gives(
    400,
    { 'body.message': 'Invalid OTP type' },
    ({ visitor, email }) => visitor.post('/email-otp/send-verification-otp', { email, type: 'change-email' }),
  ),
  'asking for a verification code of an unknown address': gives(
    200,
    ({ visitor, email }) => visitor.post('/email-otp/send-verification-otp', { email, type: 'email-verification' }),
  ),
  'sign-up by code': gives(200, SIGNED_IN, async (at) => tryCode(at, await at.visitor.requestCode(at.email))),
  'sign-up by code with a name': gives(200, { 'body.user.name': 'Ada' }, async (at) =>
    tryCode(at, await at.visitor.requestCode(at.email), { name: 'Ada', image: 'https://example.com/a.png' }),
  ),
  'sign-up by code, address in capitals': gives(200, SIGNED_IN, async (at) => {
    const otp = await at.visitor.requestCode(at.email);
    return tryCode({ ...at, email: at.email.toUpperCase() }, otp);
  }),
  'sign-up by code with a role': gives(
    400,
    'FIELD_NOT_ALLOWED',
    async (at) => tryCode(at, await at.visitor.requestCode(at.email), { role: 'admin' }),
  ),
  'sign-in by code, the name is not taken over': gives(
    200,
    { 'body.user.name': '' },
    signedIn(async (at) =>
      tryCode({ ...at, visitor: at.visitor.another() }, await at.visitor.another().requestCode(at.email), {
        name: 'Somebody else',
      }),
    ),
  ),
  'a wrong code': gives(400, 'INVALID_OTP', async (at) => tryCode(at, wrong(await at.visitor.requestCode(at.email)))),
  'a code that nobody asked for': gives(400, 'INVALID_OTP', (at) => tryCode(at, '123456')),
  'a code that is not digits': gives(400, 'INVALID_OTP', async (at) => {
    await at.visitor.requestCode(at.email);
    return tryCode(at, 'abc');
  }),
  'the right code after a wrong one': gives(200, SIGNED_IN, async (at) => {
    const otp = await at.visitor.requestCode(at.email);
    await tryCode(at, wrong(otp));
    return tryCode(at, otp);
  }),
  'the third wrong code': gives(400, 'INVALID_OTP', async (at) => {
    const otp = wrong(await at.visitor.requestCode(at.email));
    await tryCode(at, otp);
    await tryCode(at, otp);
    return tryCode(at, otp);
  }),
  'the right code after three wrong ones': gives(403, 'TOO_MANY_ATTEMPTS', async (at) => {
    const otp = await at.visitor.requestCode(at.email);
    for (let i = 0; i < 3; i += 1) await tryCode(at, wrong(otp));
    return tryCode(at, otp);
  }),
  'a code, used twice': gives(400, 'INVALID_OTP', async (at) => {
    const otp = await at.visitor.requestCode(at.email);
    await tryCode(at, otp);
    return tryCode({ ...at, visitor: at.visitor.another() }, otp);
  }),
  'an expired code': gives(400, 'OTP_EXPIRED', async (at) => {
    const otp = await at.visitor.requestCode(at.email);
    await expireCode(at);
    return tryCode(at, otp);
  }),
  'the older of two codes': gives(400, 'INVALID_OTP', async (at) => {
    const first = await at.visitor.requestCode(at.email);
    const second = await at.visitor.requestCode(at.email);
    return tryCode(at, first === second ? wrong(first) : first);
  }),
  'the newer of two codes': gives(200, SIGNED_IN, async (at) => {
    await at.visitor.requestCode(at.email);
    return tryCode(at, await at.visitor.requestCode(at.email));
  }),
  'check-verification-otp, wrong code': gives(400, 'INVALID_OTP', async ({ visitor, email }) => {
    const otp = wrong(await visitor.requestCode(email));
    return visitor.post('/email-otp/check-verification-otp', { email, type: 'sign-in', otp });
  }),
  'check-verification-otp, right code': gives(
    200,
    signedIn(async ({ visitor, email }) => {
      const otp = await visitor.another().requestCode(email);
      return visitor.another().post('/email-otp/check-verification-otp', { email, type: 'sign-in', otp });
    }),
  ),
  'check-verification-otp does not use the code up': gives(
    200,
    SIGNED_IN,
    signedIn(async ({ visitor, email }) => {
      const other = visitor.another();
      const otp = await other.requestCode(email);
      await other.post('/email-otp/check-verification-otp', { email, type: 'sign-in', otp });
      return other.post('/sign-in/email-otp', { email, otp });
    }),
  ),
  'check-verification-otp, unknown user': gives(400, 'USER_NOT_FOUND', async ({ visitor, email }) => {
    const otp = await visitor.requestCode(email);
    return visitor.post('/email-otp/check-verification-otp', { email, type: 'sign-in', otp });
  }),
  'a sign-in code does not verify an address': gives(
    400,
    'INVALID_OTP',
    signedIn(async ({ visitor, email }) => {
      const otp = await visitor.requestCode(email);
      return visitor.post('/email-otp/verify-email', { email, otp });
    }),
  ),
  'verify-email': gives(
    200,
    SIGNED_IN,
    signedIn(async ({ visitor, email }) => {
      await visitor.post('/email-otp/send-verification-otp', { email, type: 'email-verification' });
      return visitor.post('/email-otp/verify-email', { email, otp: await visitor.mailbox.nextCode(email) });
    }),
  ),
  'change-email by code': gives(
    400,
    { 'body.message': 'Change email with OTP is disabled' },
    signedIn(({ visitor }) => visitor.post('/email-otp/request-email-change', { newEmail: 'b@example.com' })),
  ),
};
