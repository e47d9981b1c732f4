// The pages' own English words, so that a test names what it looks for and not how it is worded.

import { readFileSync } from 'node:fs';

const SOURCE = new URL('../../crates/pages/locales/en.ftl', import.meta.url);
const messages = new Map(
  [...readFileSync(SOURCE, 'utf8').matchAll(/^([a-z][a-z0-9-]*) = (.+)$/gm)].map(([, key, text]) => [key, text]),
);

/** The English text of a one-line message, with its variables filled in. */
export function words(key, variables = {}) {
  const text = messages.get(key);
  if (text === undefined) throw new Error(`no message ${key} in en.ftl`);
  return text.replace(/\{ \$([a-z]+) \}/gi, (_, name) => {
    if (!(name in variables)) throw new Error(`message ${key} needs ${name}`);
    return variables[name];
  });
}
