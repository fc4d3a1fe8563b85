// SPDX-License-Identifier: MIT
//
// Waiting for what the browser does, which may be late, fail, or never answer.

export const defaultTimers = {
  setTimeout: (body, delay) => globalThis.setTimeout(body, delay),
  clearTimeout: (timer) => globalThis.clearTimeout(timer),
};

/** Runs `body` in a task of its own, soon: unlike a timer this is not slowed down in a page that is not visible. */
export function nextTask(body) {
  if (typeof setImmediate === 'function') { setImmediate(body); return; }
  const { port1, port2 } = new MessageChannel();
  port1.onmessage = () => { port1.close(); body(); };
  port2.postMessage(null);
}

/**
 * What `ask` gives, or a failure when it throws, rejects, or does not answer in `limit` ms. Nothing of the
 * browser is awaited without it: storage and locks have been seen to do each of the three.
 */
export function within(limit, timers, what, ask) {
  return new Promise((resolve, reject) => {
    // After sleep the timer may come before an answer that is there already.
    const giveUp = () => reject(new Error(`${what} did not answer in ${limit} ms`));
    const timer = timers.setTimeout(() => nextTask(giveUp), limit);
    const end = (settle) => (value) => { timers.clearTimeout(timer); settle(value); };
    new Promise((answer) => answer(ask())).then(end(resolve), end(reject));
  });
}

/** What `read` gives, or undefined where the browser denies the very access. */
export function allowed(read) {
  try { return read() ?? undefined; } catch { return undefined; }
}
