// SPDX-License-Identifier: MIT
//
// One source for each tab.
import { BOUNDS } from './bounds.js';
import { sourceState } from './storage.js';
import { allowed, defaultTimers, within } from './waiting.js';

/** A fresh id: 39 upper-case hexadecimal digits from a cryptographic source. */
export function freshSource(fill) {
  const bytes = new Uint8Array(20);
  (fill ?? ((array) => globalThis.crypto.getRandomValues(array)))(bytes);
  return [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join('').slice(0, 39).toUpperCase();
}

/** Whether `source` may name a peer; the core has the last word. */
export function isSource(source) {
  return typeof source === 'string' && source !== '' && source.length <= BOUNDS.maximumSource
    && !(source in Object.prototype) && source.isWellFormed();
}

/**
 * Finds the source of this tab. Two tabs that live at the same time never share one.
 *
 * The id stands in sessionStorage only while no page of the tab is alive: a page takes it out, and puts it back
 * when it goes. So a reload keeps the id, and a duplicated tab, which copies sessionStorage, finds none. Where
 * Web Locks exist (https and localhost) a lock guards the id as well, and a new tab adopts the source of
 * a closed one, which keeps clocks short. `stored` null says that the storage cannot be read: then, and when
 * locks fail or do not answer, the source is a fresh one, which is always sound. Returns the id and a function
 * that gives it up: `release(isClean, last)` with the newest own timestamp. If it is not clean, the next page
 * does not write as this source.
 */
export async function claimSource({ name, stored, session, locks, fill, timers = defaultTimers }) {
  const key = `${name}:source`;
  const lockName = (source) => `${name}:${source}`;
  let candidates = [];
  try {
    const own = session?.getItem(key);
    // Not if the browser has taken away what was written as it.
    const last = Number(session?.getItem(`${key}:last`) ?? 0);
    const isComplete = last === 0 || stored?.some(({ source, timestamp }) => source === own && timestamp >= last);
    session?.removeItem(key);
    if (own && stored && isComplete) candidates.push(own); // only once no duplicate of this tab can find it
  } catch {
    session = undefined; // storage forbidden: a fresh id per page is sound too
  }
  const counts = new Map();
  for (const { source } of stored ?? []) counts.set(source, (counts.get(source) ?? 0) + 1);
  if (locks && stored) candidates.push(...[...counts.keys()].filter((source) => !sourceState(stored, source).isOpen));
  candidates = candidates.filter((source) => (counts.get(source) ?? 0) < BOUNDS.retireAfter && isSource(source));
  const fresh = freshSource(fill);
  for (const source of [...candidates, fresh]) {
    const lock = locks ? await holdLock(locks, lockName(source), timers) : { isHeld: true, letGo: () => {} };
    if (source !== fresh && !lock.isHeld) {
      lock.letGo();
      if (!lock.isAnswered) locks = undefined; // not asked again; the locks may come back for the next page
      if (locks) continue;
      return { source: fresh, release: releaseOf(session, key, fresh, () => {}) };
    }
    if (lock.isAnswered && !lock.isHeld) throw new Error('no source could be claimed');
    return { source, release: releaseOf(session, key, source, lock.letGo) };
  }
  throw new Error('no source could be claimed');
}

function releaseOf(session, key, source, letGo) {
  return (isClean = true, last = 0) => {
    if (isClean) { // else the next page takes another id
      allowed(() => {
        session?.setItem(`${key}:last`, String(last));
        session?.setItem(key, source);
      });
    }
    letGo();
  };
}

/**
 * Asks for a Web Lock: `isHeld`, `isAnswered` (false when the browser failed or took too long), and `letGo`,
 * which gives it up, also when it comes only later.
 */
async function holdLock(locks, name, timers) {
  let letGo;
  const released = new Promise((resolve) => { letGo = resolve; });
  try {
    const isHeld = await within(BOUNDS.lockWait, timers, 'the lock', () => new Promise((resolve, reject) => {
      locks.request(name, { ifAvailable: true }, (lock) => {
        resolve(Boolean(lock));
        return lock ? released : undefined;
      }).catch(reject);
    }));
    return { isHeld, isAnswered: true, letGo };
  } catch {
    return { isHeld: false, isAnswered: false, letGo };
  }
}

/** Which of `sources` belong to no tab that is alive. Where locks do not answer nobody can tell: all of them. */
export async function abandoned(sources, name, locks, timers) {
  try {
    if (!locks?.query || sources.length === 0) return sources;
    const answer = await within(BOUNDS.lockWait, timers, 'the list of locks', () => locks.query());
    const held = new Set(answer.held.map((lock) => lock.name));
    return sources.filter((source) => !held.has(`${name}:${source}`));
  } catch {
    return sources; // passed on by two tabs, which is harmless
  }
}
