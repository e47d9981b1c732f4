// Reduces an answer to what a client can rely on: values that differ from call to call become the name
// of their form, all others stay as they are.

const FORMS = [
  ['<time>', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/],
  ['<address>', /^127\.\d+\.\d+\.\d+$/],
  ['<uuid>', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ['<32 letters and digits>', /^[A-Za-z0-9]{32}$/],
  ['<32 bytes, base64url>', /^[A-Za-z0-9_-]{43}$/],
  ['<COSE key, base64>', /^pQECAyYgASFYI[A-Za-z0-9+/]+=*$/],
];

/** A token by what it says: its header, and the names of its claims. */
function shapeOfToken(text) {
  const [header, claims] = text.split('.').map((part) => Buffer.from(part, 'base64url').toString());
  const { kid, ...rest } = JSON.parse(header);
  const { iat, exp, ...others } = JSON.parse(claims);
  return `<JWT ${JSON.stringify({ ...rest, kid: typeof kid })}, ${exp - iat} s, ${Object.keys(others).sort()}>`;
}

const TOKEN = /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/;
const LONG_KEY = /[A-Za-z]{64}$/;

function shapeOfText(text, { email, origin }) {
  const form = FORMS.find(([, pattern]) => pattern.test(text));
  if (form) return form[0];
  if (TOKEN.test(text)) return shapeOfToken(text);
  return text
    .replace(LONG_KEY, '<64 letters>')
    .replaceAll(email, '<email>')
    .replaceAll(encodeURIComponent(email), '<encoded email>')
    .replaceAll(email.toUpperCase(), '<EMAIL>')
    .replaceAll(origin, '<origin>')
    .replaceAll(encodeURIComponent(origin), '<encoded origin>')
    .replaceAll(new URL(origin).host, '<host>');
}

/** What is random in a query, by its length. */
const RANDOM_PARAMETERS = /([?&](?:state|nonce|code_challenge|token)=)([\w-]{20,})/g;

/** A URL with its parameters in one order; what is random in it by its length. */
function shapeOfUrl(text, names) {
  const [place, query] = text.split('?');
  const known = query ? `${place}?${query.split('&').sort().join('&')}` : text;
  return shapeOfText(known.replace(RANDOM_PARAMETERS, (_, name, { length }) => `${name}<${length} characters>`), names);
}

/** Members whose values have no form of their own. */
const MEMBERS = {
  url: shapeOfUrl,
  start: (value) => value.replace(/[A-Za-z]+$/, ({ length }) => `<${length} letters>`),
  // Better Auth makes some of "-" and "_" as well.
  token: (value, names) => (/^[\w-]{32}$/.test(value) ? '<32 characters>' : shapeOf(value, names)),
  refreshToken: (value) => value.replace(/[0-9a-f-]{36}$/, '<uuid>'),
  tryAgainIn: (value) => `<${typeof value} of milliseconds>`,
};

function shapeOf(value, names) {
  if (typeof value === 'string') return shapeOfText(value, names);
  if (Array.isArray(value)) return value.map((one) => shapeOf(one, names));
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, one]) => {
    const own = one !== null && MEMBERS[key];
    return [key, own ? own(one, names) : shapeOf(one, names)];
  });
  return Object.fromEntries(entries);
}

function shapeOfBody(text, names) {
  if (text === '') return '<empty>';
  try {
    return shapeOf(JSON.parse(text), names);
  } catch {
    return '<not JSON>';
  }
}

/** "<32 characters>.<signature>" and the like, by form. */
function shapeOfSigned(text) {
  const [, value] = text.match(/^(.*)\.[A-Za-z0-9+/]{43}=$/) ?? [];
  return value?.replace(/[A-Za-z0-9_-]{32}/, '<32 characters>').concat(', signed');
}

/** The cookie of a session that is there already lives for the rest of it: less by the seconds that the test took until here. */
const wholeMinutes = (attribute) =>
  attribute.replace(/^Max-Age=(\d{4,})$/, (_, seconds) => `Max-Age=${Math.ceil(seconds / 60) * 60}`);

function shapeOfCookie({ name, value, attributes }) {
  const form = value === '' ? '<empty>' : (shapeOfSigned(decodeURIComponent(value)) ?? value);
  const given = attributes.map(wholeMinutes).join('; ');
  return `${name.replace(/_multi-[a-z0-9_-]{32}$/, '_multi-<token>')}=${form}; ${given}`;
}

const same = (value) => value;

/** Further headers that count, where they are. */
const HEADERS = {
  'cache-control': same,
  pragma: same,
  'access-control-expose-headers': same,
  'x-retry-after': (value) => value.replace(/^\d+$/, '<seconds>'),
  'set-auth-token': (value) => shapeOfSigned(value) ?? value,
  'set-auth-jwt': shapeOfToken,
};

/** Flat, so that a difference has a name: {'status': 200, 'body.user.name': '', 'cookie': [...]}. */
export function answerShape(answer, { email, origin }) {
  const flat = {
    status: answer.status,
    'content-type': answer.headers['content-type'] ?? '<none>',
    location: shapeOfUrl(answer.headers.location ?? '<none>', { email, origin }),
    cookies: answer.cookies.map(shapeOfCookie),
  };
  for (const [name, form] of Object.entries(HEADERS)) {
    const value = answer.headers[name];
    if (value !== undefined) flat[name] = form(value);
  }
  flatten('body', shapeOfBody(answer.text, { email, origin }), flat);
  return flat;
}

function flatten(path, value, into) {
  const isBranch = value !== null && typeof value === 'object' && Object.keys(value).length > 0;
  if (!isBranch) into[path] = value;
  else for (const [key, one] of Object.entries(value)) flatten(`${path}.${key}`, one, into);
}

/** Headers that Kiavi may add where the reference server says nothing. */
const ADDITIONS = new Set([
  'cache-control',
  'pragma',
  // of plugins that Kiavi has by default
  'set-auth-jwt',
  'set-auth-token',
  'access-control-expose-headers',
]);

/** [{field, reference, kiavi}] for every field in which two shapes differ. */
export function compareShapes(reference, kiavi) {
  const fields = new Set([...Object.keys(reference), ...Object.keys(kiavi)]);
  const differences = [];
  for (const field of [...fields].sort()) {
    if (ADDITIONS.has(field) && reference[field] === undefined) continue;
    if (JSON.stringify(reference[field]) !== JSON.stringify(kiavi[field])) {
      differences.push({ field, reference: reference[field], kiavi: kiavi[field] });
    }
  }
  return differences;
}
