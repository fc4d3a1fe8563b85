// SPDX-License-Identifier: MIT
//
// Opening a peer in a page: its storage, its source, and its part among the tabs of the browser.
import { BOUNDS } from './bounds.js';
import { abandoned, claimSource } from './claim.js';
import { Peer } from './peer.js';
import { IndexedDBStorage, sourceRecord, sourceState } from './storage.js';
import { allowed, defaultTimers, nextTask, within } from './waiting.js';

/**
 * Opens a peer in a page: finds the storage and this tab's source, restores own actions, and goes online.
 * Options as for `Peer.create`; `url` defaults to `ws?batch=1` beside the page, `online: false` stays offline. It
 * resolves within a few seconds whatever the browser's storage and locks do: if need be without them, as a fresh
 * source. With `source` it writes as that one, unless what was written as it cannot be read: then as a fresh one too.
 * `headerWait` is how long `open` waits for the server's header while the first dial is made (1,000 ms in a page).
 * `tabs` says whether the tabs of this browser share one connection and one offline switch, `log` whether everybody's
 * actions are kept on the disk; both are on in a page, unless `WebSocket` or `storage` are played. With `tabs` a peer
 * that is opened with `online: false` leaves the switch as it is, and dials nobody until `goOnline`.
 * `development` defaults to whether the page comes from this machine (localhost, 127.…, ::1).
 */
export async function open(options) {
  const window = options.window ?? globalThis.window;
  const isPage = options.window === undefined && globalThis.window !== undefined;
  const timers = options.timers ?? defaultTimers;
  const name = options.name ?? 'scuttlebutt';
  const locks = options.locks ?? allowed(() => globalThis.navigator?.locks);
  const session = options.session ?? allowed(() => window?.sessionStorage);
  const storage = options.storage ?? new IndexedDBStorage(name, options.indexedDB);
  let storageFault;
  /** What `ask` gives, or null once the storage has failed. */
  const attempt = async (ask) => {
    if (storageFault) return null;
    try {
      return await within(BOUNDS.startWait, timers, 'the storage', ask);
    } catch (error) {
      storageFault = error;
      return null;
    }
  };
  const claim = (stored) => claimSource({ name, stored, session, locks, fill: options.fill, timers });
  const load = () => attempt(() => storage.load());
  let owner = { source: options.source, release: () => {} };
  if (owner.source === undefined) {
    const stored = await load();
    owner = await claim(stored);
    if (stored?.some(({ source }) => source === owner.source)) {
      const { confirmed } = sourceState(stored, owner.source);
      await attempt(() => storage.save([sourceRecord(owner.source, true, confirmed)]));
    }
  }
  // Loaded after the claim: until then another page may have been writing as this source.
  const records = await load();
  if (storageFault) {
    owner.release(false); // what was written as this source cannot be known
    owner = await claim(null);
  }
  const sources = [...new Set((records ?? []).map(({ source }) => source))];
  const others = new Set(await abandoned(sources, name, locks, timers));
  const stored = (records ?? []).filter(({ source }) => source === owner.source || others.has(source));
  // Beside the page and beside each other, as a proxy may serve all of them below a path.
  const url = options.url
    ?? new URL('ws?batch=1', window.document?.baseURI ?? window.location.href).href.replace(/^http/, 'ws');
  const statisticsUrl = options.statisticsUrl !== undefined ? options.statisticsUrl
    : new URL('statistics', url.replace(/^ws/, 'http')).href;
  // Where a page is developed, a reducer that changes what it is given is to be found.
  const development = options.development
    ?? /^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\])$/.test(window?.location?.hostname ?? '');
  const together = await shared(options, { isPage, name, url, timers, source: owner.source, records, storageFault });
  const peer = await Peer.create({
    ...options, development, name, locks, storage, stored, storageFault, url, statisticsUrl, together, ...owner,
  });
  if (window?.addEventListener) peer.listen(window);
  if (together) await peer.join();
  if (options.online !== false && !together?.hasTabs) peer.goOnline();
  // In a page, the first action waits for what the server has, while the first dial is being made.
  const headerWait = options.headerWait ?? (isPage ? BOUNDS.headerWait : 0);
  if (headerWait > 0) await peer.headerReceived(headerWait);
  return peer;
}

/** What makes one peer of the tabs of this browser; null if the page wants none, or has not the files for it. */
async function shared(options, { isPage, name, url, timers, source, records, storageFault }) {
  const tabs = options.tabs ?? (isPage && options.WebSocket === undefined);
  const log = options.log ?? (isPage && options.storage === undefined && options.indexedDB === undefined);
  if (!tabs && !log) return null;
  try {
    const { Together } = await import('./together.js');
    return new Together({
      // Peers of another server are others, although they have the same storage.
      name: `${name} ${url.split('?')[0]}`, source, records: records ?? [], tabs,
      log: storageFault ? false : log, // it has the same fault, and would be waited for again
      WebSocket: options.WebSocket, isHeld: options.online === false, timers,
      nextTask: options.nextTask ?? nextTask, report: (kind, text) => options.report?.(kind, text),
    });
  } catch (error) {
    options.report?.('tabs', `this tab stays by itself: ${error}`);
    return null;
  }
}
