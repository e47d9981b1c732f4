// The pages' own words, so that a test names what it looks for and not how it is worded.

import { readFileSync } from 'node:fs';

const messages = new Map();

function messagesOf(locale) {
  if (!messages.has(locale)) {
    const source = readFileSync(new URL(`../../crates/pages/locales/${locale}.ftl`, import.meta.url), 'utf8');
    const lines = source.matchAll(/^([a-z][a-z0-9-]*) = (.+)$/gm);
    messages.set(locale, new Map([...lines].map(([, key, text]) => [key, text])));
  }
  return messages.get(locale);
}

/** The text of a one-line message (English, if nothing else is asked for), with its variables filled in. */
export function words(key, variables = {}, locale = 'en') {
  const text = messagesOf(locale).get(key);
  if (text === undefined) throw new Error(`no message ${key} in ${locale}.ftl`);
  return text.replace(/\{ \$([a-z]+) \}/gi, (_, name) => {
    if (!(name in variables)) throw new Error(`message ${key} needs ${name}`);
    return variables[name];
  });
}
