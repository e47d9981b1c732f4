// One request to the real Better Auth server and to Kiavi, and whether the answers are the same.

import assert from 'node:assert/strict';
import { Visitor, freshEmail } from '../lib/visitor.mjs';
import { judge } from './differences.mjs';
import { answerShape, compareShapes } from './shape.mjs';

/**
 * What `target` answers to a fresh visitor's story: the shape of the answer, and which request it `asked` for it.
 * `provider` is the one that the target knows, if any.
 */
export async function ask(target, story, provider) {
  const email = freshEmail();
  const visitor = new Visitor(target.url, target.mailbox);
  const answer = await story({ visitor, email, provider, sql: target.sql });
  return { shape: answerShape(answer, { email, origin: visitor.origin }), asked: answer.asked };
}

export const describeDifference = ({ field, reference, kiavi }) =>
  `${field}\n    Better Auth: ${JSON.stringify(reference)}\n    Kiavi:       ${JSON.stringify(kiavi)}`;

/** The reference server's answer, which must be what the story is about. */
export async function askReference(reference, story, provider) {
  const theirs = await ask(reference, story, provider);
  const { expected } = story;
  const found = Object.fromEntries(Object.keys(expected).map((field) => [field, theirs.shape[field]]));
  assert.deepEqual(found, expected, `the story went astray: ${JSON.stringify(theirs.shape, null, 2)}`);
  return theirs;
}

/**
 * Asks both; what differs must be listed. The entries of the list that were needed go into `used`. Gives the
 * reference server's answer.
 */
export async function compare({ reference, kiavi, provider }, name, story, used) {
  const both = [askReference(reference, story, provider), ask(kiavi, story, provider)];
  const [theirs, ours] = await Promise.all(both);
  const verdict = judge(name, compareShapes(theirs.shape, ours.shape), ours.shape);
  verdict.used.forEach((entry) => used.add(entry));
  assert.deepEqual(verdict.open.map(describeDifference), []);
  return theirs;
}

/** Every request of the lists of a group: ["list / name", story]. */
export const storiesOf = (lists) =>
  Object.entries(lists).flatMap(([list, stories]) =>
    Object.entries(stories).map(([name, story]) => [`${list} / ${name}`, story]),
  );
