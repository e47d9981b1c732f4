// docs/compatibility/matrix.md: every endpoint of Better Auth, the requests that compare it, and what differs.
//
//   node tests/conformance/matrix.mjs    asks the reference server everything in groups.mjs, and writes the page
//
// The rows of the page are what answers.test.mjs asks, which looks at them; the rest of it follows from the rows, the
// list of differences and Better Auth's own endpoints, and matrix.test.mjs looks at that.

import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { startReference } from '../lib/reference.mjs';
import { startCorp, withCorp } from './corp.mjs';
import { askReference, storiesOf } from './compare.mjs';
import { DIFFERENCES } from './differences.mjs';
import { CALLS, ENDPOINTS, INSTEAD, endpointOf } from './endpoints.mjs';
import { GROUPS } from './groups.mjs';

const PAGE = fileURLToPath(new URL('../../docs/compatibility/matrix.md', import.meta.url));
const NO_ENDPOINT = 'no endpoint';

/** One request: where it goes, in which group, "list / name", and Better Auth's answer. */
class Row {
  constructor(route, group, title, answer) {
    Object.assign(this, { route, group, title, answer });
  }

  toString() {
    const { route, group, title, answer } = this;
    return `${route} | ${group} | ${title} | ${answer}`;
  }
}

/** The answer in a few words: status, and code or where it leads. */
function answerText({ status, location, 'body.code': code }) {
  if (code) return `${status} \`${code}\``;
  return status === 302 ? `${status} to \`${location}\`` : String(status);
}

/** The row of a request that was asked. */
export const rowOf = (group, title, { asked, shape }) =>
  new Row(endpointOf(asked)?.route ?? NO_ENDPOINT, group, title, answerText(shape));

const linkTo = (id) => `[${id}](differences.md#${id})`;
const differencesIn = (rows) => {
  const titles = new Set(rows.map(({ title }) => title));
  const ids = DIFFERENCES.filter(({ requests }) => requests.some((one) => titles.has(one))).map(({ id }) => id);
  return [...new Set(ids)].map(linkTo).join(', ');
};
const unique = (values) => [...new Set(values)].join(', ');
const table = (head, lines) =>
  [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

const code = (value) => (Object.keys(value).length > 0 ? `\`${JSON.stringify(value)}\`` : '');

function summary(rows) {
  return table(
    ['endpoint', 'of', 'requests', 'groups', 'differences'],
    ENDPOINTS.map(({ route, plugin }) => {
      const own = rows.filter((row) => row.route === route);
      return [`\`${route}\``, plugin, own.length, unique(own.map(({ group }) => group)), differencesIn(own)];
    }),
  );
}

function details(rows) {
  const routes = [...ENDPOINTS.map(({ route }) => route), NO_ENDPOINT];
  return routes
    .map((route) => [route, rows.filter((row) => row.route === route)])
    .filter(([, own]) => own.length > 0)
    .map(([route, own]) => {
      const lines = own.map((row) => [row.group, row.title, row.answer, differencesIn([row])]);
      return `### ${route}\n\n${table(['group', 'list / request', 'Better Auth answers', 'differs'], lines)}`;
    })
    .join('\n\n');
}

/** The page that says these rows. */
export function render(rows) {
  const groups = Object.entries(GROUPS).map(([name, group]) => {
    const { requests, reference, settings, providers = [], hasCorp } = group;
    const known = [...providers.map(({ id }) => id), ...(hasCorp ? ['corp'] : [])];
    const theirs = { ...reference, ...(hasCorp && { plugins: { genericOAuth: 'corp' } }) };
    const ours = { ...settings, ...(known.length > 0 && { providers: known }) };
    const count = rows.filter((row) => row.group === name).length;
    return [name, unique(Object.keys(requests)), count, code(theirs), code(ours)];
  });
  const calls = CALLS.map((name) => [`\`auth.api.${name}\``, INSTEAD[name] ?? '']);
  return `# What is compared

Written by \`node tests/conformance/matrix.mjs\`; \`tests/conformance/matrix.test.mjs\` fails when it is not what that
would write. ${rows.length} requests go to a real Better Auth server and to Kiavi; the whole answers are compared by
\`tests/conformance/answers.test.mjs\`. What may differ is in [differences.md](differences.md).

## Endpoints

${summary(rows)}

## Calls in an application's own code

Better Auth has these for the application that it is part of, and not on the network.

${table(['call', 'in Kiavi'], calls)}

## Groups

Each is a server of Better Auth with these settings, and a tenant of Kiavi with those.

${table(['group', 'lists of requests', 'requests', 'Better Auth has', 'Kiavi is set to'], groups)}

## Requests

A list is in \`tests/conformance/requests\`.

${details(rows)}
`;
}

/** The rows that a page says. */
export function read(page) {
  const rows = [];
  let route;
  for (const line of page.slice(page.indexOf('\n## Requests')).split('\n')) {
    if (line.startsWith('### ')) route = line.slice(4);
    const [, group, title, answer] = line.split('|').map((cell) => cell.trim());
    if (Object.hasOwn(GROUPS, group ?? '')) rows.push(new Row(route, group, title, answer));
  }
  return rows;
}

export const readPage = () => readFileSync(PAGE, 'utf8');
/** What the committed page says of one group. */
export const writtenRows = (name) => read(readPage()).filter(({ group }) => group === name);

async function askGroup([name, { requests, reference: options, hasCorp }]) {
  const provider = hasCorp && (await startCorp());
  const reference = await startReference({ ...withCorp(options, provider), slug: `with-${name}` });
  try {
    const rows = [];
    for (const [title, story] of storiesOf(requests)) {
      rows.push(rowOf(name, title, await askReference(reference, story, provider)));
    }
    return rows;
  } finally {
    await reference.stop();
    await (provider && provider.stop());
  }
}

async function writePage() {
  const rows = [];
  for (const group of Object.entries(GROUPS)) rows.push(...(await askGroup(group)));
  writeFileSync(PAGE, render(rows));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writePage();
