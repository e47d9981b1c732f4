// One request to the real Better Auth server and to Kiavi, and whether the answers are the same.

import assert from 'node:assert/strict';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { judge } from './differences.mjs';
import { answerShape, compareShapes } from './shape.mjs';

/** The shape of what `target` answers to a fresh visitor's story. */
export async function ask(target, story) {
  const email = freshEmail();
  const visitor = new Visitor(target.url, target.mailbox);
  const answer = await story({ visitor, email, sql: target.sql });
  return answerShape(answer, { email, origin: visitor.origin });
}

export const describeDifference = ({ field, reference, kiavi }) =>
  `${field}\n    Better Auth: ${JSON.stringify(reference)}\n    Kiavi:       ${JSON.stringify(kiavi)}`;

/** The shape of the reference server's answer, which must be what the story is about. */
export async function askReference(reference, story) {
  const shape = await ask(reference, story);
  const { expected = {} } = story;
  const found = Object.fromEntries(Object.keys(expected).map((field) => [field, shape[field]]));
  assert.deepEqual(found, expected, `the story went astray: ${JSON.stringify(shape, null, 2)}`);
  return shape;
}

/** Asks both; what differs must be listed. The entries of the list that were needed go into `used`. */
export async function compare({ reference, kiavi }, name, story, used) {
  const [theirs, ours] = await Promise.all([askReference(reference, story), ask(kiavi, story)]);
  const verdict = judge(name, compareShapes(theirs, ours), ours);
  verdict.used.forEach((entry) => used.add(entry));
  assert.deepEqual(verdict.open.map(describeDifference), []);
}

/** Every request of a list of groups: ["group / name", story]. */
export const storiesOf = (groups) =>
  Object.entries(groups).flatMap(([group, stories]) =>
    Object.entries(stories).map(([name, story]) => [`${group} / ${name}`, story]),
  );
