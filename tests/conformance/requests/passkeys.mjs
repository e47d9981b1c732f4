// Passkeys.

import { SoftAuthenticator } from '../../lib/authenticator.mjs';
import { CHALLENGE_COOKIE } from '../../lib/visitor.mjs';
import { EMPTY, FOREIGN, SIGNED_IN, gives, session, signedIn, withPasskey } from './story.mjs';

export const passkeys = {
  'registration options of nobody': gives(
    401,
    'UNAUTHORIZED',
    ({ visitor }) => visitor.get('/passkey/generate-register-options'),
  ),
  'registration options': gives(200, signedIn(({ visitor }) => visitor.get('/passkey/generate-register-options'))),
  'registration options, platform': gives(
    200,
    signedIn(({ visitor }) =>
      visitor.get('/passkey/generate-register-options?authenticatorAttachment=platform&name=Ada'),
    ),
  ),
  'registration options, unknown attachment': gives(
    400,
    'VALIDATION_ERROR',
    signedIn(({ visitor }) => visitor.get('/passkey/generate-register-options?authenticatorAttachment=unknown')),
  ),
  'registration options with a passkey': gives(
    200,
    withPasskey(({ visitor }) => visitor.get('/passkey/generate-register-options')),
  ),
  'registration options when not fresh': gives(
    403,
    'SESSION_NOT_FRESH',
    signedIn(async (at) => {
      await session(`"createdAt" = now() - interval '2 days'`)(at);
      return at.visitor.get('/passkey/generate-register-options');
    }),
  ),
  'adding a passkey': gives(
    200,
    { 'body.name': 'Laptop' },
    signedIn(async ({ visitor }) => {
      const options = await visitor.registrationOptions();
      const response = new SoftAuthenticator().create(options, visitor.origin);
      return visitor.post('/passkey/verify-registration', { response, name: '  Laptop  ' });
    }),
  ),
  'adding a passkey without a name, bound to the device': gives(
    200,
    { 'body.name': null, 'body.deviceType': 'singleDevice' },
    signedIn(async ({ visitor }) => {
      const options = await visitor.registrationOptions();
      const response = new SoftAuthenticator({ synced: false, counter: 7 }).create(options, visitor.origin);
      return visitor.post('/passkey/verify-registration', { response });
    }),
  ),
  'adding a passkey, nobody signed in': gives(
    401,
    'UNAUTHORIZED',
    async ({ visitor }) => visitor.post('/passkey/verify-registration', { response: { id: 'x' } }),
  ),
  'adding a passkey, no body': gives(
    400,
    'VALIDATION_ERROR',
    signedIn(({ visitor }) => visitor.post('/passkey/verify-registration', {})),
  ),
  'adding a passkey without a challenge': gives(
    400,
    'CHALLENGE_NOT_FOUND',
    signedIn(async ({ visitor }) => {
      const options = await visitor.registrationOptions();
      visitor.jar.delete(CHALLENGE_COOKIE);
      const response = new SoftAuthenticator().create(options, visitor.origin);
      return visitor.post('/passkey/verify-registration', { response });
    }),
  ),
  'adding a passkey twice with one challenge': gives(
    400,
    'CHALLENGE_NOT_FOUND',
    signedIn(async ({ visitor }) => {
      const options = await visitor.registrationOptions();
      const response = new SoftAuthenticator().create(options, visitor.origin);
      await visitor.post('/passkey/verify-registration', { response });
      return visitor.post('/passkey/verify-registration', { response });
    }),
  ),
  'adding a passkey for another challenge': gives(
    500,
    'FAILED_TO_VERIFY_REGISTRATION',
    signedIn(async ({ visitor }) => {
      const options = await visitor.registrationOptions();
      const challenge = Buffer.alloc(32).toString('base64url');
      const response = new SoftAuthenticator().create(options, visitor.origin, { challenge });
      return visitor.post('/passkey/verify-registration', { response });
    }),
  ),
  'adding a passkey from another origin': gives(
    500,
    'FAILED_TO_VERIFY_REGISTRATION',
    signedIn(async ({ visitor }) => {
      const response = new SoftAuthenticator().create(await visitor.registrationOptions(), FOREIGN);
      return visitor.post('/passkey/verify-registration', { response });
    }),
  ),
  'adding a passkey with a sign-in challenge': gives(
    400,
    'CHALLENGE_NOT_FOUND',
    signedIn(async ({ visitor }) => {
      const registration = await visitor.registrationOptions();
      const { challenge } = await visitor.authenticationOptions();
      const response = new SoftAuthenticator().create(registration, visitor.origin, { challenge });
      return visitor.post('/passkey/verify-registration', { response });
    }),
  ),
  'adding nonsense as a passkey': gives(
    500,
    'FAILED_TO_VERIFY_REGISTRATION',
    signedIn(async ({ visitor }) => {
      await visitor.registrationOptions();
      const nonsense = { clientDataJSON: 'e30', attestationObject: 'oA' };
      const response = { id: 'x', rawId: 'y', type: 'public-key', response: nonsense };
      return visitor.post('/passkey/verify-registration', { response });
    }),
  ),
  'sign-in options of nobody': gives(200, ({ visitor }) => visitor.get('/passkey/generate-authenticate-options')),
  'sign-in options with a passkey': gives(
    200,
    { 'body.allowCredentials.0.type': 'public-key' },
    withPasskey(({ visitor }) => visitor.get('/passkey/generate-authenticate-options')),
  ),
  'sign-in by passkey': gives(
    200,
    SIGNED_IN,
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin);
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'sign-in by passkey, no body': gives(
    400,
    'VALIDATION_ERROR',
    ({ visitor }) => visitor.post('/passkey/verify-authentication', {}),
  ),
  'sign-in by passkey without a challenge': gives(
    400,
    'CHALLENGE_NOT_FOUND',
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin);
      other.jar.delete(CHALLENGE_COOKIE);
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'sign-in by an unknown passkey': gives(401, 'PASSKEY_NOT_FOUND', async ({ visitor }) => {
    const device = new SoftAuthenticator();
    const options = await visitor.authenticationOptions();
    device.create({ rp: { id: options.rpId }, user: { id: 'AA' }, challenge: '' }, visitor.origin);
    const response = device.get(options, visitor.origin);
    return visitor.post('/passkey/verify-authentication', { response });
  }),
  'sign-in by passkey, replayed': gives(
    400,
    'CHALLENGE_NOT_FOUND',
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin);
      await other.post('/passkey/verify-authentication', { response });
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'sign-in by passkey, wrong signature': gives(
    401,
    'AUTHENTICATION_FAILED',
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin);
      const stranger = new SoftAuthenticator();
      const [{ rpId }] = authenticator.passkeys;
      stranger.create({ rp: { id: rpId }, user: { id: 'AA' }, challenge: '' }, other.origin);
      response.response.signature = stranger.get({ rpId, challenge: '' }, '').response.signature;
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'sign-in by passkey, other challenge': gives(
    400,
    'AUTHENTICATION_FAILED',
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      const challenge = Buffer.alloc(32).toString('base64url');
      const response = authenticator.get(await other.authenticationOptions(), other.origin, { challenge });
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'sign-in by passkey, other origin': gives(
    400,
    'AUTHENTICATION_FAILED',
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), FOREIGN);
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'sign-in by passkey, other rpId': gives(
    400,
    'AUTHENTICATION_FAILED',
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin, { rpId: 'localhost' });
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'sign-in by passkey, a registration as proof': gives(
    400,
    'AUTHENTICATION_FAILED',
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin, { type: 'webauthn.create' });
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'sign-in by passkey, no user verification': gives(
    200,
    SIGNED_IN,
    withPasskey(async ({ visitor, authenticator }) => {
      const other = visitor.another();
      authenticator.userVerified = false;
      const response = authenticator.get(await other.authenticationOptions(), other.origin);
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
  'sign-in by passkey, counter going up': gives(
    200,
    SIGNED_IN,
    withPasskey(
      async ({ visitor, authenticator }) => {
        await visitor.another().signInByPasskey(authenticator);
        const other = visitor.another();
        const response = authenticator.get(await other.authenticationOptions(), other.origin);
        return other.post('/passkey/verify-authentication', { response });
      },
      { counter: 5 },
    ),
  ),
  'sign-in by passkey, counter going back': gives(
    400,
    'AUTHENTICATION_FAILED',
    withPasskey(
      async ({ visitor, authenticator }) => {
        await visitor.another().signInByPasskey(authenticator);
        authenticator.passkeys[0].counter = 2;
        const other = visitor.another();
        const response = authenticator.get(await other.authenticationOptions(), other.origin);
        return other.post('/passkey/verify-authentication', { response });
      },
      { counter: 5 },
    ),
  ),
  'list of passkeys of nobody': gives(401, 'UNAUTHORIZED', ({ visitor }) => visitor.get('/passkey/list-user-passkeys')),
  'list of no passkeys': gives(
    200,
    { body: [] },
    signedIn(({ visitor }) => visitor.get('/passkey/list-user-passkeys')),
  ),
  'list of passkeys': gives(
    200,
    { 'body.0.name': 'Laptop', 'body.1': undefined },
    withPasskey(({ visitor }) => visitor.get('/passkey/list-user-passkeys')),
  ),
  'renaming a passkey': gives(
    200,
    withPasskey(({ visitor, passkey }) => visitor.post('/passkey/update-passkey', { id: passkey.id, name: ' Phone ' })),
  ),
  'renaming a passkey to nothing': gives(
    400,
    'VALIDATION_ERROR',
    withPasskey(({ visitor, passkey }) => visitor.post('/passkey/update-passkey', { id: passkey.id, name: '' })),
  ),
  'renaming an unknown passkey': gives(
    404,
    'PASSKEY_NOT_FOUND',
    signedIn(({ visitor }) => visitor.post('/passkey/update-passkey', { id: 'unknown', name: 'Phone' })),
  ),
  'renaming somebody else\'s passkey': gives(
    401,
    'YOU_ARE_NOT_ALLOWED_TO_REGISTER_THIS_PASSKEY',
    withPasskey(async ({ visitor, passkey, email }) => {
      const stranger = visitor.another();
      await stranger.signInByCode(`stranger.${email}`);
      return stranger.post('/passkey/update-passkey', { id: passkey.id, name: 'Mine' });
    }),
  ),
  'removing a passkey': gives(
    200,
    withPasskey(({ visitor, passkey }) => visitor.post('/passkey/delete-passkey', { id: passkey.id })),
  ),
  'removing an unknown passkey': gives(
    404,
    'PASSKEY_NOT_FOUND',
    signedIn(({ visitor }) => visitor.post('/passkey/delete-passkey', { id: 'unknown' })),
  ),
  'removing somebody else\'s passkey': gives(
    401,
    EMPTY,
    withPasskey(async ({ visitor, passkey, email }) => {
      const stranger = visitor.another();
      await stranger.signInByCode(`stranger.${email}`);
      return stranger.post('/passkey/delete-passkey', { id: passkey.id });
    }),
  ),
  'removing a passkey of nobody': gives(
    401,
    'UNAUTHORIZED',
    ({ visitor }) => visitor.post('/passkey/delete-passkey', { id: 'x' }),
  ),
  'sign-in by a removed passkey': gives(
    401,
    'PASSKEY_NOT_FOUND',
    withPasskey(async ({ visitor, authenticator, passkey }) => {
      await visitor.post('/passkey/delete-passkey', { id: passkey.id });
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin);
      return other.post('/passkey/verify-authentication', { response });
    }),
  ),
};
