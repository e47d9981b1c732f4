// Waiting for something to become true, with a deadline. Nothing here sleeps for a guessed time.

import { setTimeout as pause } from 'node:timers/promises';

/**
 * Polls `condition` until it gives a truthy value and returns that value.
 * An exception of the condition counts as "not yet"; the last one is the cause of the final error.
 */
export async function until(what, condition, { within = 10_000, every = 20 } = {}) {
  const deadline = Date.now() + within;
  let lastError;
  for (;;) {
    try {
      const value = await condition();
      if (value) return value;
      lastError = undefined;
    } catch (error) {
      lastError = error;
    }
    if (Date.now() > deadline) {
      throw new Error(`waited ${within} ms in vain until ${what}`, { cause: lastError });
    }
    await pause(every);
  }
}
