// Administration: the admin plugin.

import { EMPTY, asAdmin, gives, signedIn } from './story.mjs';

const PASSWORD = 'long enough';

/** What only administrators may do: the code for others, and a valid body. */
const NOT_ALLOWED = {
  '/admin/set-role': ['YOU_ARE_NOT_ALLOWED_TO_CHANGE_USERS_ROLE', { userId: 'x', role: 'admin' }],
  '/admin/create-user': ['YOU_ARE_NOT_ALLOWED_TO_CREATE_USERS', { email: 'a@example.com', name: 'Ada' }],
  '/admin/update-user': ['YOU_ARE_NOT_ALLOWED_TO_UPDATE_USERS', { userId: 'x', data: { name: 'Ada' } }],
  '/admin/ban-user': ['YOU_ARE_NOT_ALLOWED_TO_BAN_USERS', { userId: 'x' }],
  '/admin/unban-user': ['YOU_ARE_NOT_ALLOWED_TO_BAN_USERS', { userId: 'x' }],
  '/admin/impersonate-user': ['YOU_ARE_NOT_ALLOWED_TO_IMPERSONATE_USERS', { userId: 'x' }],
  '/admin/list-user-sessions': ['YOU_ARE_NOT_ALLOWED_TO_LIST_USERS_SESSIONS', { userId: 'x' }],
  '/admin/revoke-user-session': ['YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS', { sessionToken: 'x' }],
  '/admin/revoke-user-sessions': ['YOU_ARE_NOT_ALLOWED_TO_REVOKE_USERS_SESSIONS', { userId: 'x' }],
  '/admin/remove-user': ['YOU_ARE_NOT_ALLOWED_TO_DELETE_USERS', { userId: 'x' }],
  '/admin/set-user-password': ['YOU_ARE_NOT_ALLOWED_TO_SET_USERS_PASSWORD', { userId: 'x', newPassword: PASSWORD }],
};
const each = (make) => Object.fromEntries(Object.entries(NOT_ALLOWED).map(make));

/** The list, narrowed to the people of this story. */
const listed = (at, query = {}) => {
  const own = { searchValue: at.email, searchOperator: 'contains', ...query };
  return at.visitor.get(`/admin/list-users?${new URLSearchParams(own)}`);
};
const post = (path, body) => asAdmin((at) => at.visitor.post(path, body(at)));
const impersonating = (story) =>
  asAdmin(async (at) => {
    await at.visitor.post('/admin/impersonate-user', { userId: at.ids.other });
    return story(at);
  });

const access = {
  ...each(([path, [, body]]) => [`${path} of nobody`, gives(401, EMPTY, ({ visitor }) => visitor.post(path, body))]),
  ...each(([path, [code, body]]) => [
    `${path} of somebody`,
    gives(403, code, signedIn(({ visitor }) => visitor.post(path, body))),
  ]),
  'list-users of nobody': gives(401, EMPTY, ({ visitor }) => visitor.get('/admin/list-users')),
  'list-users of somebody': gives(
    403,
    'YOU_ARE_NOT_ALLOWED_TO_LIST_USERS',
    signedIn(({ visitor }) => visitor.get('/admin/list-users')),
  ),
  'get-user of nobody': gives(401, EMPTY, ({ visitor }) => visitor.get('/admin/get-user?id=x')),
  'get-user of somebody': gives(
    403,
    'YOU_ARE_NOT_ALLOWED_TO_GET_USER',
    signedIn(({ visitor }) => visitor.get('/admin/get-user?id=x')),
  ),
  'an invalid body wins over who asks': gives(400, 'VALIDATION_ERROR', ({ visitor }) =>
    visitor.post('/admin/set-role'),
  ),
  'a role among others': gives(
    200,
    asAdmin(async ({ visitor, sql, ids }) => {
      await sql(`update "user" set role = 'user,admin' where id = $1`, [ids.admin]);
      return visitor.get(`/admin/get-user?id=${ids.other}`);
    }),
  ),
  'a role that only begins right': gives(
    403,
    'YOU_ARE_NOT_ALLOWED_TO_GET_USER',
    asAdmin(async ({ visitor, sql, ids }) => {
      await sql(`update "user" set role = 'admins' where id = $1`, [ids.admin]);
      return visitor.get(`/admin/get-user?id=${ids.other}`);
    }),
  ),
};

const lists = {
  'list-users': gives(200, { 'body.total': 2 }, asAdmin((at) => listed(at))),
  'list-users, sorted': gives(200, { 'body.total': 2 }, asAdmin((at) => listed(at, { sortBy: 'email' }))),
  'list-users, the other way': gives(
    200,
    { 'body.users.0.email': 'other.<email>' },
    asAdmin((at) => listed(at, { sortBy: 'email', sortDirection: 'desc' })),
  ),
  'list-users, first page': gives(
    200,
    { 'body.total': 2, 'body.limit': 1 },
    asAdmin((at) => listed(at, { sortBy: 'email', limit: 1 })),
  ),
  'list-users, second page': gives(
    200,
    { 'body.total': 2, 'body.offset': 1, 'body.users.0.email': 'other.<email>' },
    asAdmin((at) => listed(at, { sortBy: 'email', limit: 1, offset: 1 })),
  ),
  'list-users, beyond the end': gives(
    200,
    { 'body.total': 2, 'body.users': [] },
    asAdmin((at) => listed(at, { limit: 1, offset: 9 })),
  ),
  'list-users, beginning with': gives(
    200,
    { 'body.total': 1 },
    asAdmin((at) => listed(at, { searchOperator: 'starts_with' })),
  ),
  'list-users, ending with': gives(
    200,
    { 'body.total': 2 },
    asAdmin((at) => listed(at, { searchOperator: 'ends_with' })),
  ),
  'list-users by name': gives(
    200,
    { 'body.total': 0 },
    asAdmin((at) => listed(at, { searchField: 'name' })),
  ),
  'list-users, filtered by role': gives(
    200,
    { 'body.total': 1, 'body.users.0.role': 'admin' },
    asAdmin((at) => listed(at, { filterField: 'role', filterValue: 'admin' })),
  ),
  'list-users, filtered by not a role': gives(
    200,
    { 'body.total': 1, 'body.users.0.role': 'user' },
    asAdmin((at) => listed(at, { filterField: 'role', filterOperator: 'ne', filterValue: 'admin' })),
  ),
  'list-users, filtered by banned': gives(
    200,
    { 'body.total': 1 },
    asAdmin(async (at) => {
      await at.visitor.post('/admin/ban-user', { userId: at.ids.other });
      return listed(at, { filterField: 'banned', filterValue: 'true' });
    }),
  ),
  'list-users by an unknown operator': gives(
    400,
    'VALIDATION_ERROR',
    asAdmin((at) => listed(at, { searchOperator: 'like' })),
  ),
  'list-users by an unknown direction': gives(
    400,
    'VALIDATION_ERROR',
    asAdmin((at) => listed(at, { sortBy: 'email', sortDirection: 'up' })),
  ),
  'get-user': gives(
    200,
    { 'body.email': 'other.<email>' },
    asAdmin(({ visitor, ids }) => visitor.get(`/admin/get-user?id=${ids.other}`)),
  ),
  'get-user, unknown': gives(
    404,
    'USER_NOT_FOUND',
    asAdmin(({ visitor }) => visitor.get('/admin/get-user?id=unknown')),
  ),
  'get-user without an id': gives(400, 'VALIDATION_ERROR', asAdmin(({ visitor }) => visitor.get('/admin/get-user'))),
};

const changes = {
  'create-user': gives(
    200,
    { 'body.user.email': 'new.<email>', 'body.user.emailVerified': false },
    post('/admin/create-user', ({ email }) => ({ email: `new.${email}`, name: 'New' })),
  ),
  'create-user, address in capitals': gives(
    200,
    { 'body.user.email': 'new.<email>' },
    post('/admin/create-user', ({ email }) => ({ email: `NEW.${email}`.toUpperCase(), name: 'New' })),
  ),
  'create-user with a role': gives(
    200,
    { 'body.user.role': 'admin' },
    post('/admin/create-user', ({ email }) => ({ email: `new.${email}`, name: 'New', role: 'admin' })),
  ),
  'create-user with two roles': gives(
    200,
    { 'body.user.role': 'user,admin' },
    post('/admin/create-user', ({ email }) => ({ email: `new.${email}`, name: 'New', role: ['user', 'admin'] })),
  ),
  'create-user with data': gives(
    200,
    { 'body.user.emailVerified': true },
    post('/admin/create-user', ({ email }) => ({ email: `new.${email}`, name: 'New', data: { emailVerified: true } })),
  ),
  'create-user, not an address': gives(
    400,
    'INVALID_EMAIL',
    post('/admin/create-user', () => ({ email: 'nobody', name: 'New' })),
  ),
  'create-user, taken': gives(
    400,
    'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
    post('/admin/create-user', ({ email }) => ({ email: `other.${email}`, name: 'New' })),
  ),
  'create-user without a name': gives(
    400,
    'VALIDATION_ERROR',
    post('/admin/create-user', ({ email }) => ({ email: `new.${email}` })),
  ),
  'create-user, who then signs in': gives(
    200,
    { 'body.user.name': 'New', 'body.user.emailVerified': true },
    asAdmin(async ({ visitor, email: admin }) => {
      const email = `new.${admin}`;
      await visitor.post('/admin/create-user', { email, name: 'New' });
      const other = visitor.another();
      return other.post('/sign-in/email-otp', { email, otp: await other.requestCode(email) });
    }),
  ),
  'update-user': gives(
    200,
    { 'body.name': 'Grace' },
    post('/admin/update-user', ({ ids }) => ({ userId: ids.other, data: { name: 'Grace' } })),
  ),
  'update-user, the role': gives(
    200,
    { 'body.role': 'admin' },
    post('/admin/update-user', ({ ids }) => ({ userId: ids.other, data: { role: 'admin' } })),
  ),
  'update-user, the address': gives(
    200,
    { 'body.email': 'changed.<email>' },
    post('/admin/update-user', ({ ids, email }) => ({ userId: ids.other, data: { email: `Changed.${email}` } })),
  ),
  'update-user, an address that is taken': gives(
    400,
    'USER_ALREADY_EXISTS_USE_ANOTHER_EMAIL',
    post('/admin/update-user', ({ ids, email }) => ({ userId: ids.other, data: { email } })),
  ),
  'update-user, not an address': gives(
    400,
    'INVALID_EMAIL',
    post('/admin/update-user', ({ ids }) => ({ userId: ids.other, data: { email: 'nobody' } })),
  ),
  'update-user, nothing': gives(
    400,
    'NO_DATA_TO_UPDATE',
    post('/admin/update-user', ({ ids }) => ({ userId: ids.other, data: {} })),
  ),
  'update-user, the id': gives(
    400,
    'USER_ID_CANNOT_BE_UPDATED',
    post('/admin/update-user', ({ ids }) => ({ userId: ids.other, data: { id: 'x' } })),
  ),
  'update-user, a password': gives(
    400,
    'PASSWORD_CANNOT_BE_UPDATED_VIA_UPDATE_USER',
    post('/admin/update-user', ({ ids }) => ({ userId: ids.other, data: { password: 'long enough' } })),
  ),
  'update-user, banning oneself': gives(
    400,
    'YOU_CANNOT_BAN_YOURSELF',
    post('/admin/update-user', ({ ids }) => ({ userId: ids.admin, data: { banned: true } })),
  ),
  'update-user, banning ends sessions': gives(
    200,
    { body: null },
    asAdmin(async ({ visitor, other, ids }) => {
      await visitor.post('/admin/update-user', { userId: ids.other, data: { banned: true } });
      return other.get('/get-session');
    }),
  ),
  'update-user, unknown': gives(
    404,
    'USER_NOT_FOUND',
    post('/admin/update-user', () => ({ userId: 'unknown', data: { name: 'Grace' } })),
  ),
  'set-role': gives(
    200,
    { 'body.user.role': 'admin' },
    post('/admin/set-role', ({ ids }) => ({ userId: ids.other, role: 'admin' })),
  ),
  'set-role, two': gives(
    200,
    { 'body.user.role': 'user,admin' },
    post('/admin/set-role', ({ ids }) => ({ userId: ids.other, role: ['user', 'admin'] })),
  ),
  'set-role, unknown user': gives(
    404,
    'USER_NOT_FOUND',
    post('/admin/set-role', () => ({ userId: 'unknown', role: 'admin' })),
  ),
  'set-role, no role': gives(400, 'VALIDATION_ERROR', post('/admin/set-role', ({ ids }) => ({ userId: ids.other }))),
  'set-role counts at once': gives(
    200,
    { 'body.email': '<email>' },
    asAdmin(async ({ visitor, other, ids }) => {
      await visitor.post('/admin/set-role', { userId: ids.other, role: 'admin' });
      return other.get(`/admin/get-user?id=${ids.admin}`);
    }),
  ),
  'remove-user': gives(200, { 'body.success': true }, post('/admin/remove-user', ({ ids }) => ({ userId: ids.other }))),
  'remove-user, who is then gone': gives(
    404,
    'USER_NOT_FOUND',
    asAdmin(async ({ visitor, ids }) => {
      await visitor.post('/admin/remove-user', { userId: ids.other });
      return visitor.get(`/admin/get-user?id=${ids.other}`);
    }),
  ),
  'remove-user, whose session ends': gives(
    200,
    { body: null },
    asAdmin(async ({ visitor, other, ids }) => {
      await visitor.post('/admin/remove-user', { userId: ids.other });
      return other.get('/get-session');
    }),
  ),
  'remove-user, oneself': gives(
    400,
    'YOU_CANNOT_REMOVE_YOURSELF',
    post('/admin/remove-user', ({ ids }) => ({ userId: ids.admin })),
  ),
  'remove-user, unknown': gives(404, 'USER_NOT_FOUND', post('/admin/remove-user', () => ({ userId: 'unknown' }))),
  'set-user-password, too short': gives(
    400,
    'PASSWORD_TOO_SHORT',
    post('/admin/set-user-password', ({ ids }) => ({ userId: ids.other, newPassword: 'short' })),
  ),
};

/** Somebody whose ban has just ended, in a new browser. */
const bannedBefore = (story) =>
  asAdmin(async ({ visitor, email, ids, sql }) => {
    await visitor.post('/admin/ban-user', { userId: ids.other, banExpiresIn: 60 });
    await sql(`update "user" set "banExpires" = now() - interval '1 second' where id = $1`, [ids.other]);
    return story(visitor.another(), `other.${email}`);
  });

const bans = {
  'ban-user': gives(
    200,
    { 'body.user.banned': true, 'body.user.banReason': 'No reason', 'body.user.banExpires': null },
    post('/admin/ban-user', ({ ids }) => ({ userId: ids.other })),
  ),
  'ban-user with a reason and an end': gives(
    200,
    { 'body.user.banReason': 'Spam', 'body.user.banExpires': '<time>' },
    post('/admin/ban-user', ({ ids }) => ({ userId: ids.other, banReason: 'Spam', banExpiresIn: 60 })),
  ),
  'ban-user, oneself': gives(
    400,
    'YOU_CANNOT_BAN_YOURSELF',
    post('/admin/ban-user', ({ ids }) => ({ userId: ids.admin })),
  ),
  'ban-user, unknown': gives(404, 'USER_NOT_FOUND', post('/admin/ban-user', () => ({ userId: 'unknown' }))),
  'ban-user ends sessions': gives(
    200,
    { body: null },
    asAdmin(async ({ visitor, other, ids }) => {
      await visitor.post('/admin/ban-user', { userId: ids.other });
      return other.get('/get-session');
    }),
  ),
  'sign-in when banned': gives(
    403,
    'BANNED_USER',
    asAdmin(async ({ visitor, email: admin, ids }) => {
      await visitor.post('/admin/ban-user', { userId: ids.other });
      const [other, email] = [visitor.another(), `other.${admin}`];
      return other.post('/sign-in/email-otp', { email, otp: await other.requestCode(email) });
    }),
  ),
  'sign-in when the ban is over': gives(
    200,
    { 'body.user.email': 'other.<email>' },
    bannedBefore(async (other, email) =>
      other.post('/sign-in/email-otp', { email, otp: await other.requestCode(email) }),
    ),
  ),
  'get-session when the ban is over': gives(
    200,
    { 'body.user.banned': false, 'body.user.banReason': null, 'body.user.banExpires': null },
    bannedBefore(async (other, email) => {
      await other.signInByCode(email);
      return other.get('/get-session');
    }),
  ),
  'unban-user': gives(
    200,
    { 'body.user.banned': false, 'body.user.banReason': null },
    asAdmin(async ({ visitor, ids }) => {
      await visitor.post('/admin/ban-user', { userId: ids.other });
      return visitor.post('/admin/unban-user', { userId: ids.other });
    }),
  ),
  'unban-user, unknown': gives(404, 'USER_NOT_FOUND', post('/admin/unban-user', () => ({ userId: 'unknown' }))),
};

const sessionsOfOthers = {
  'list-user-sessions': gives(
    200,
    { 'body.sessions.0.impersonatedBy': null },
    post('/admin/list-user-sessions', ({ ids }) => ({ userId: ids.other })),
  ),
  'list-user-sessions, unknown user': gives(
    200,
    { 'body.sessions': [] },
    post('/admin/list-user-sessions', () => ({ userId: 'unknown' })),
  ),
  'revoke-user-session by what the list says': gives(
    200,
    { body: null },
    asAdmin(async ({ visitor, other, ids }) => {
      const { json } = await visitor.post('/admin/list-user-sessions', { userId: ids.other });
      await visitor.post('/admin/revoke-user-session', { sessionToken: json.sessions[0].token });
      return other.get('/get-session');
    }),
  ),
  'revoke-user-session, unknown': gives(
    200,
    { 'body.success': true },
    post('/admin/revoke-user-session', () => ({ sessionToken: 'unknown' })),
  ),
  'revoke-user-sessions': gives(
    200,
    { 'body.success': true },
    post('/admin/revoke-user-sessions', ({ ids }) => ({ userId: ids.other })),
  ),
  'revoke-user-sessions, whose session ends': gives(
    200,
    { body: null },
    asAdmin(async ({ visitor, other, ids }) => {
      await visitor.post('/admin/revoke-user-sessions', { userId: ids.other });
      return other.get('/get-session');
    }),
  ),
};

const impersonation = {
  'impersonate-user': gives(
    200,
    { 'body.user.email': 'other.<email>', 'body.session.impersonatedBy': '<32 letters and digits>' },
    post('/admin/impersonate-user', ({ ids }) => ({ userId: ids.other })),
  ),
  'impersonate-user, unknown': gives(
    404,
    'USER_NOT_FOUND',
    post('/admin/impersonate-user', () => ({ userId: 'unknown' })),
  ),
  'impersonate-user, an administrator': gives(
    403,
    'YOU_CANNOT_IMPERSONATE_ADMINS',
    asAdmin(async ({ visitor, ids, sql }) => {
      await sql(`update "user" set role = 'admin' where id = $1`, [ids.other]);
      return visitor.post('/admin/impersonate-user', { userId: ids.other });
    }),
  ),
  'get-session as somebody else': gives(
    200,
    { 'body.user.email': 'other.<email>' },
    impersonating(({ visitor }) => visitor.get('/get-session')),
  ),
  'administration as somebody else': gives(
    403,
    'YOU_ARE_NOT_ALLOWED_TO_LIST_USERS',
    impersonating(({ visitor }) => visitor.get('/admin/list-users')),
  ),
  'list-sessions does not show an impersonation': gives(
    200,
    { 'body.1': undefined },
    impersonating(({ other }) => other.get('/list-sessions')),
  ),
  'stop-impersonating': gives(
    200,
    { 'body.user.email': '<email>', 'body.session.impersonatedBy': null },
    impersonating(({ visitor }) => visitor.post('/admin/stop-impersonating')),
  ),
  'get-session as oneself again': gives(
    200,
    { 'body.user.email': '<email>' },
    impersonating(async ({ visitor }) => {
      await visitor.post('/admin/stop-impersonating');
      return visitor.get('/get-session');
    }),
  ),
  'stop-impersonating of nobody': gives(401, EMPTY, ({ visitor }) => visitor.post('/admin/stop-impersonating')),
  'stop-impersonating without having begun': gives(
    400,
    { 'body.message': 'You are not impersonating anyone' },
    signedIn(({ visitor }) => visitor.post('/admin/stop-impersonating')),
  ),
};

const permissions = {
  'has-permission of nobody': gives(401, EMPTY, ({ visitor }) =>
    visitor.post('/admin/has-permission', { permissions: { user: ['list'] } }),
  ),
  'has-permission of somebody': gives(
    200,
    { 'body.success': false, 'body.error': null },
    signedIn(({ visitor }) => visitor.post('/admin/has-permission', { permissions: { user: ['list'] } })),
  ),
  'has-permission': gives(
    200,
    { 'body.success': true },
    post('/admin/has-permission', () => ({ permissions: { user: ['list', 'ban'], session: ['revoke'] } })),
  ),
  'has-permission, one too many': gives(
    200,
    { 'body.success': false },
    post('/admin/has-permission', () => ({ permissions: { user: ['list', 'impersonate-admins'] } })),
  ),
  'has-permission, unknown resource': gives(
    200,
    { 'body.success': false },
    post('/admin/has-permission', () => ({ permissions: { planet: ['blow-up'] } })),
  ),
  'has-permission of a role that is not the caller’s': gives(
    200,
    { 'body.success': false },
    signedIn(({ visitor }) =>
      visitor.post('/admin/has-permission', { role: 'admin', permissions: { user: ['list'] } }),
    ),
  ),
  'has-permission, the old way': gives(400, post('/admin/has-permission', () => ({ permission: { user: ['list'] } }))),
  'has-permission, neither way': gives(400, 'VALIDATION_ERROR', post('/admin/has-permission', () => ({}))),
};

export const admin = {
  ...access,
  ...lists,
  ...changes,
  ...bans,
  ...sessionsOfOthers,
  ...impersonation,
  ...permissions,
};
