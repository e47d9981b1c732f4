// Passkeys.

import { SoftAuthenticator } from '../../lib/authenticator.mjs';
import { CHALLENGE_COOKIE } from '../../lib/visitor.mjs';
import { FOREIGN, session, signedIn, withPasskey } from './story.mjs';

export const passkeys = {
  'registration options of nobody': ({ visitor }) => visitor.get('/passkey/generate-register-options'),
  'registration options': signedIn(({ visitor }) => visitor.get('/passkey/generate-register-options')),
  'registration options, platform': signedIn(({ visitor }) =>
    visitor.get('/passkey/generate-register-options?authenticatorAttachment=platform&name=Ada'),
  ),
  'registration options, unknown attachment': signedIn(({ visitor }) =>
    visitor.get('/passkey/generate-register-options?authenticatorAttachment=unknown'),
  ),
  'registration options with a passkey': withPasskey(({ visitor }) =>
    visitor.get('/passkey/generate-register-options'),
  ),
  'registration options when not fresh': signedIn(async (at) => {
    await session(`"createdAt" = now() - interval '2 days'`)(at);
    return at.visitor.get('/passkey/generate-register-options');
  }),
  'adding a passkey': signedIn(async ({ visitor }) => {
    const options = await visitor.registrationOptions();
    const response = new SoftAuthenticator().create(options, visitor.origin);
    return visitor.post('/passkey/verify-registration', { response, name: '  Laptop  ' });
  }),
  'adding a passkey without a name, bound to the device': signedIn(async ({ visitor }) => {
    const options = await visitor.registrationOptions();
    const response = new SoftAuthenticator({ synced: false, counter: 7 }).create(options, visitor.origin);
    return visitor.post('/passkey/verify-registration', { response });
  }),
  'adding a passkey, nobody signed in': async ({ visitor }) =>
    visitor.post('/passkey/verify-registration', { response: { id: 'x' } }),
  'adding a passkey, no body': signedIn(({ visitor }) => visitor.post('/passkey/verify-registration', {})),
  'adding a passkey without a challenge': signedIn(async ({ visitor }) => {
    const options = await visitor.registrationOptions();
    visitor.jar.delete(CHALLENGE_COOKIE);
    const response = new SoftAuthenticator().create(options, visitor.origin);
    return visitor.post('/passkey/verify-registration', { response });
  }),
  'adding a passkey twice with one challenge': signedIn(async ({ visitor }) => {
    const options = await visitor.registrationOptions();
    const response = new SoftAuthenticator().create(options, visitor.origin);
    await visitor.post('/passkey/verify-registration', { response });
    return visitor.post('/passkey/verify-registration', { response });
  }),
  'adding a passkey for another challenge': signedIn(async ({ visitor }) => {
    const options = await visitor.registrationOptions();
    const challenge = Buffer.alloc(32).toString('base64url');
    const response = new SoftAuthenticator().create(options, visitor.origin, { challenge });
    return visitor.post('/passkey/verify-registration', { response });
  }),
  'adding a passkey from another origin': signedIn(async ({ visitor }) => {
    const response = new SoftAuthenticator().create(await visitor.registrationOptions(), FOREIGN);
    return visitor.post('/passkey/verify-registration', { response });
  }),
  'adding a passkey with a sign-in challenge': signedIn(async ({ visitor }) => {
    const registration = await visitor.registrationOptions();
    const { challenge } = await visitor.authenticationOptions();
    const response = new SoftAuthenticator().create(registration, visitor.origin, { challenge });
    return visitor.post('/passkey/verify-registration', { response });
  }),
  'adding nonsense as a passkey': signedIn(async ({ visitor }) => {
    await visitor.registrationOptions();
    const response = { id: 'x', rawId: 'y', type: 'public-key', response: { clientDataJSON: 'e30', attestationObject: 'oA' } };
    return visitor.post('/passkey/verify-registration', { response });
  }),
  'sign-in options of nobody': ({ visitor }) => visitor.get('/passkey/generate-authenticate-options'),
  'sign-in options with a passkey': withPasskey(({ visitor }) =>
    visitor.get('/passkey/generate-authenticate-options'),
  ),
  'sign-in by passkey': withPasskey(async ({ visitor, authenticator }) => {
    const other = visitor.another();
    const response = authenticator.get(await other.authenticationOptions(), other.origin);
    return other.post('/passkey/verify-authentication', { response });
  }),
  'sign-in by passkey, no body': ({ visitor }) => visitor.post('/passkey/verify-authentication', {}),
  'sign-in by passkey without a challenge': withPasskey(async ({ visitor, authenticator }) => {
    const other = visitor.another();
    const response = authenticator.get(await other.authenticationOptions(), other.origin);
    other.jar.delete(CHALLENGE_COOKIE);
    return other.post('/passkey/verify-authentication', { response });
  }),
  'sign-in by an unknown passkey': async ({ visitor }) => {
    const device = new SoftAuthenticator();
    const options = await visitor.authenticationOptions();
    device.create({ rp: { id: options.rpId }, user: { id: 'AA' }, challenge: '' }, visitor.origin);
    const response = device.get(options, visitor.origin);
    return visitor.post('/passkey/verify-authentication', { response });
  },
  'sign-in by passkey, replayed': withPasskey(async ({ visitor, authenticator }) => {
    const other = visitor.another();
    const response = authenticator.get(await other.authenticationOptions(), other.origin);
    await other.post('/passkey/verify-authentication', { response });
    return other.post('/passkey/verify-authentication', { response });
  }),
  'sign-in by passkey, wrong signature': withPasskey(async ({ visitor, authenticator }) => {
    const other = visitor.another();
    const response = authenticator.get(await other.authenticationOptions(), other.origin);
    const stranger = new SoftAuthenticator();
    stranger.create({ rp: { id: authenticator.passkeys[0].rpId }, user: { id: 'AA' }, challenge: '' }, other.origin);
    response.response.signature = stranger.get({ rpId: authenticator.passkeys[0].rpId, challenge: '' }, '').response.signature;
    return other.post('/passkey/verify-authentication', { response });
  }),
  'sign-in by passkey, other challenge': withPasskey(async ({ visitor, authenticator }) => {
    const other = visitor.another();
    const challenge = Buffer.alloc(32).toString('base64url');
    const response = authenticator.get(await other.authenticationOptions(), other.origin, { challenge });
    return other.post('/passkey/verify-authentication', { response });
  }),
  'sign-in by passkey, other origin': withPasskey(async ({ visitor, authenticator }) => {
    const other = visitor.another();
    const response = authenticator.get(await other.authenticationOptions(), FOREIGN);
    return other.post('/passkey/verify-authentication', { response });
  }),
  'sign-in by passkey, other rpId': withPasskey(async ({ visitor, authenticator }) => {
    const other = visitor.another();
    const response = authenticator.get(await other.authenticationOptions(), other.origin, { rpId: 'localhost' });
    return other.post('/passkey/verify-authentication', { response });
  }),
  'sign-in by passkey, a registration as proof': withPasskey(async ({ visitor, authenticator }) => {
    const other = visitor.another();
    const response = authenticator.get(await other.authenticationOptions(), other.origin, { type: 'webauthn.create' });
    return other.post('/passkey/verify-authentication', { response });
  }),
  'sign-in by passkey, no user verification': withPasskey(async ({ visitor, authenticator }) => {
    const other = visitor.another();
    authenticator.userVerified = false;
    const response = authenticator.get(await other.authenticationOptions(), other.origin);
    return other.post('/passkey/verify-authentication', { response });
  }),
  'sign-in by passkey, counter going up': withPasskey(
    async ({ visitor, authenticator }) => {
      await visitor.another().signInByPasskey(authenticator);
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin);
      return other.post('/passkey/verify-authentication', { response });
    },
    { counter: 5 },
  ),
  'sign-in by passkey, counter going back': withPasskey(
    async ({ visitor, authenticator }) => {
      await visitor.another().signInByPasskey(authenticator);
      authenticator.passkeys[0].counter = 2;
      const other = visitor.another();
      const response = authenticator.get(await other.authenticationOptions(), other.origin);
      return other.post('/passkey/verify-authentication', { response });
    },
    { counter: 5 },
  ),
  'list of passkeys of nobody': ({ visitor }) => visitor.get('/passkey/list-user-passkeys'),
  'list of no passkeys': signedIn(({ visitor }) => visitor.get('/passkey/list-user-passkeys')),
  'list of passkeys': withPasskey(({ visitor }) => visitor.get('/passkey/list-user-passkeys')),
  'renaming a passkey': withPasskey(({ visitor, passkey }) =>
    visitor.post('/passkey/update-passkey', { id: passkey.id, name: ' Phone ' }),
  ),
  'renaming a passkey to nothing': withPasskey(({ visitor, passkey }) =>
    visitor.post('/passkey/update-passkey', { id: passkey.id, name: '' }),
  ),
  'renaming an unknown passkey': signedIn(({ visitor }) =>
    visitor.post('/passkey/update-passkey', { id: 'unknown', name: 'Phone' }),
  ),
  'renaming somebody else\'s passkey': withPasskey(async ({ visitor, passkey, email }) => {
    const stranger = visitor.another();
    await stranger.signInByCode(`stranger.${email}`);
    return stranger.post('/passkey/update-passkey', { id: passkey.id, name: 'Mine' });
  }),
  'removing a passkey': withPasskey(({ visitor, passkey }) =>
    visitor.post('/passkey/delete-passkey', { id: passkey.id }),
  ),
  'removing an unknown passkey': signedIn(({ visitor }) => visitor.post('/passkey/delete-passkey', { id: 'unknown' })),
  'removing somebody else\'s passkey': withPasskey(async ({ visitor, passkey, email }) => {
    const stranger = visitor.another();
    await stranger.signInByCode(`stranger.${email}`);
    return stranger.post('/passkey/delete-passkey', { id: passkey.id });
  }),
  'removing a passkey of nobody': ({ visitor }) => visitor.post('/passkey/delete-passkey', { id: 'x' }),
  'sign-in by a removed passkey': withPasskey(async ({ visitor, authenticator, passkey }) => {
    await visitor.post('/passkey/delete-passkey', { id: passkey.id });
    const other = visitor.another();
    const response = authenticator.get(await other.authenticationOptions(), other.origin);
    return other.post('/passkey/verify-authentication', { response });
  }),
};
