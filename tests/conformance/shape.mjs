// Reduces an answer to what a client can rely on: values that differ from call to call become the name
// of their form, all others stay as they are.

const FORMS = [
  ['<time>', /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/],
  ['<address>', /^127\.\d+\.\d+\.\d+$/],
  ['<uuid>', /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/],
  ['<32 letters and digits>', /^[A-Za-z0-9]{32}$/],
  ['<32 bytes, base64url>', /^[A-Za-z0-9_-]{43}$/],
  ['<token>', /^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/],
  ['<COSE key, base64>', /^pQECAyYgASFYI[A-Za-z0-9+/]+=*$/],
];

function shapeOfText(text, { email, origin }) {
  const form = FORMS.find(([, pattern]) => pattern.test(text));
  if (form) return form[0];
  return text
    .replaceAll(email, '<email>')
    .replaceAll(email.toUpperCase(), '<EMAIL>')
    .replaceAll(origin, '<origin>')
    .replaceAll(new URL(origin).host, '<host>');
}

function shapeOf(value, names) {
  if (typeof value === 'string') return shapeOfText(value, names);
  if (Array.isArray(value)) return value.map((one) => shapeOf(one, names));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, shapeOf(one, names)]));
}

function shapeOfBody(text, names) {
  if (text === '') return '<empty>';
  try {
    return shapeOf(JSON.parse(text), names);
  } catch {
    return '<not JSON>';
  }
}

function shapeOfCookie({ name, value, attributes }) {
  const signed = /^[A-Za-z0-9_-]{32}\.[A-Za-z0-9+/]{43}=$/.test(decodeURIComponent(value));
  const form = value === '' ? '<empty>' : signed ? '<32 characters, signed>' : value;
  return `${name}=${form}; ${attributes.join('; ')}`;
}

/** Compared where one of the servers sends them. */
const HEADERS = ['cache-control', 'pragma', 'x-retry-after', 'set-auth-jwt', 'access-control-expose-headers'];

/** Flat, so that a difference has a name: {'status': 200, 'body.user.name': '', 'cookie': [...]}. */
export function answerShape(answer, { email, origin }) {
  const flat = {
    status: answer.status,
    'content-type': answer.headers['content-type'] ?? '<none>',
    location: shapeOf(answer.headers.location ?? '<none>', { email, origin }),
    cookies: answer.cookies.map(shapeOfCookie),
  };
  for (const name of HEADERS) {
    const value = answer.headers[name];
    if (value === undefined) continue;
    flat[name] = name === 'x-retry-after' ? value.replace(/^\d+$/, '<seconds>') : shapeOf(value, { email, origin });
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
const ADDITIONS = new Set(['cache-control', 'pragma']);

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
