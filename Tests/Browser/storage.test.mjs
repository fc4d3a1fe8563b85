// SPDX-License-Identifier: MIT
//
// The page when the browser's storage or locks fail, hang, are denied, or are taken away later: each fault at each
// call in turn. One oracle: nothing that was said to be kept is lost, no stamp is used twice, every action arrives,
// the page starts and works, and its status is true.
import test from 'node:test';
import assert from 'node:assert/strict';
import { BOUNDS, open } from '../../Web/peer.js';
import { compiled } from './module.mjs';
import { Clock, connected, fakeWebSocket, log, settle } from './played-world.mjs';
import { FAULTS, PlayedDisk, PlayedLocks, playedSession } from './played-storage.mjs';


globalThis.IDBKeyRange ??= { bound: ([source]) => ({ source }) };

/** A browser with one tab and a server, which notices a stamp that means two things. */
class World {
  clock = new Clock();
  disk = new PlayedDisk(this.clock);
  locks = new PlayedLocks(this.clock);
  session = playedSession();
  log = new Map(); // of the server: stamp → line
  isServerUp = true;
  reports = [];

  /** Opens a page, and fails if it does not start in time. */
  async open(options = {}) {
    const WebSocket = fakeWebSocket();
    const world = this;
    const page = this.page = { isAlive: true };
    class Socket extends WebSocket {
      constructor(url) {
        super(url);
        queueMicrotask(() => {
          if (!page.isAlive) return;
          if (!world.isServerUp) { this.fail(); return; }
          this.open();
          const clock = {};
          for (const [, timestamp, source] of world.updates()) clock[source] = Math.max(clock[source] ?? 0, timestamp);
          this.say({ id: 'S', clock }, ...world.updates(), '"SYNC"');
        });
      }

      send(text) {
        super.send(text);
        const value = JSON.parse(text);
        if (Array.isArray(value)) world.hear(value, text);
      }
    }
    const timers = {
      setTimeout: (body, delay) => this.clock.setTimeout(() => { if (page.isAlive) body(); }, delay),
      clearTimeout: this.clock.clearTimeout,
    };
    let peer;
    const opening = open({
      module: compiled,
      reducer: log, name: 'n', url: 'ws://server/ws', statisticsUrl: null, WebSocket: Socket, timers,
      now: () => this.clock.now, random: () => 0.5, indexedDB: this.disk, locks: this.locks, session: this.session,
      window: {}, report: (kind, text) => this.reports.push(`${kind}: ${text}`), ...options,
    }).then((opened) => { peer = opened; });
    const start = this.clock.now;
    await settle();
    while (!peer && this.clock.now - start < 8_000) await this.clock.pass(250);
    assert.ok(peer, 'the page starts');
    await opening;
    return peer;
  }

  updates() {
    return [...this.log.values()].map((line) => JSON.parse(line)).sort((a, b) => a[1] - b[1]);
  }

  hear([action, timestamp, source], line) {
    const stamp = `${timestamp}@${source}`;
    assert.equal(this.log.get(stamp) ?? line, line, 'no stamp means two things');
    const newest = Math.max(0, ...this.updates().filter((update) => update[2] === source).map((update) => update[1]));
    if (timestamp > newest) this.log.set(stamp, line);
    else assert.ok(this.log.has(stamp), `${stamp} comes after ${newest}`);
  }

  /** The page goes without a word: the browser frees its locks, and nothing of it runs any longer. */
  crash() {
    this.page.isAlive = false;
    this.disk.loseConnections();
    this.locks.held.clear();
  }

  heal() {
    this.disk.faultAt = this.locks.faultAt = () => undefined;
  }
}

/** Three pages, one after the other; the second has the fault. Returns how many calls it made. */
async function run({ target, fault, call, isLasting, isServerUp, end, heals }) {
  const world = new World();
  const first = await world.open();
  first.dispatch({ type: 'A', n: 1 });
  await first.flush();
  await world.clock.pass(250); // it arrives, so that no eviction takes it from everybody
  first.close();
  await settle();

  const calls = () => world[target].calls;
  const start = calls();
  world[target].faultAt = (number) => (
    number - start === call || (isLasting && number - start > call) ? fault : undefined
  );
  world.isServerUp = isServerUp;
  const kept = [];
  const page = await world.open();
  const say = async (n) => {
    page.dispatch({ type: 'A', n });
    assert.ok(page.getState().includes(n), 'what is dispatched is seen at once');
    page.flush().then(() => kept.push(n));
    await world.clock.pass(BOUNDS.storageWait + BOUNDS.unsavedWait + 500);
    assert.equal(kept.includes(n) || !page.status().isDurable, true, 'the status does not say kept of what is not');
    if (isServerUp) {
      assert.ok(world.updates().some(([action]) => action.n === n), 'it is sent, kept or not');
      assert.equal(page.status().pending, 0);
    }
    assert.equal(page.status().text.endsWith(' · not kept'), !page.status().isDurable, 'the badge says so');
  };
  await say(2);
  await say(3);
  const used = calls() - start;
  if (heals) {
    world.heal();
    await world.clock.pass(4 * BOUNDS.backOffLast);
    assert.equal(page.status().isDurable, true, 'the page comes back with the storage');
    await say(4);
    assert.deepEqual(kept.sort(), [2, 3, 4], 'everything is saved in the end');
    if (world.reports.some((text) => /not kept for now/.test(text))) {
      assert.match(world.reports.filter((text) => text.startsWith('storage')).at(-1), /kept again/);
    }
  }
  const acknowledged = [...kept];
  if (end === 'close') page.close();
  else world.crash();
  await settle();

  world.heal();
  world.isServerUp = true;
  const last = await world.open({ online: false });
  last.dispatch({ type: 'A', n: 5 }); // before it can learn from the server which stamps were used
  last.goOnline();
  await world.clock.pass(2 * BOUNDS.backOffLast);
  const everything = world.updates().map(([action]) => action.n).sort();
  // What the browser took away from a page that was cut off and then closed, nobody can have.
  const isTaken = fault === 'is emptied' && !heals;
  const expected = new Set([1, 5, ...(isTaken ? [] : acknowledged), ...(isServerUp ? [2, 3] : [])]);
  for (const n of expected) assert.ok(everything.includes(n), `nothing that was kept is lost: ${n} of ${everything}`);
  assert.deepEqual(last.getState().slice().sort(), everything);
  assert.equal(last.status().phase, 'in-sync');
  last.close();
  return used;
}

for (const target of ['disk', 'locks']) {
  const faults = target === 'disk' ? FAULTS : ['throws', 'fails', 'hangs', 'is late'];
  for (const fault of faults) {
    for (const isLasting of [false, true]) {
      test(`${target}: a call ${fault}, ${isLasting ? 'and all later ones' : 'once'}`, { timeout: 120_000 }, async () => {
        let count = 1;
        for (let call = 0; call < count; call++) {
          for (const isServerUp of [true, false]) {
            for (const [end, heals] of [['close', true], ['crash', true], ['close', false], ['crash', false]]) {
              const scenario = { target, fault, call, isLasting, isServerUp, end, heals };
              try {
                count = Math.max(count, await run(scenario));
              } catch (error) {
                error.message = `${JSON.stringify(scenario)}: ${error.message}`;
                throw error;
              }
            }
          }
        }
        assert.ok(count >= 2, `${count} calls were tried`);
      });
    }
  }
}

test('the first request to open the storage is forgotten by the browser, a later one is answered', async () => {
  const world = new World();
  world.disk.faultAt = (number) => (number === 0 ? 'hangs' : undefined);
  const page = await world.open();
  assert.ok(world.clock.now <= BOUNDS.startWait + 1_000, 'it starts after a short while');
  page.dispatch({ type: 'A', n: 1 });
  assert.match(page.status().text, / · not kept$/);
  assert.equal(page.status().isDurable, false);
  await world.clock.pass(2_000);
  assert.equal(page.status().text, 'in sync');
  assert.equal(page.status().isDurable, true);
  assert.deepEqual(world.reports.map((text) => /kept again|not kept/.exec(text)?.[0]), ['not kept', 'kept again']);
  assert.equal(world.disk.disk.size, 2, 'the action, and that the source is in use');
});

test('a page that is denied everything works, and says that it keeps nothing', async () => {
  const world = new World();
  const denied = () => { throw Object.assign(new Error('sandboxed'), { name: 'SecurityError' }); };
  const window = {};
  for (const name of ['sessionStorage', 'indexedDB']) Object.defineProperty(window, name, { get: denied });
  const navigator = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  Object.defineProperty(globalThis, 'navigator', { get: denied, configurable: true });
  Object.defineProperty(globalThis, 'indexedDB', { get: denied, configurable: true });
  try {
    const page = await world.open({ window, indexedDB: undefined, locks: undefined, session: undefined });
    page.dispatch({ type: 'A', n: 1 });
    await world.clock.pass(250);
    assert.equal(page.status().text, 'in sync · not kept');
    assert.equal(world.log.size, 1);
  } finally {
    if (navigator) Object.defineProperty(globalThis, 'navigator', navigator);
    else delete globalThis.navigator;
    delete globalThis.indexedDB;
  }
});

test('a page whose storage was taken away saves again what it has', async () => {
  const world = new World();
  world.isServerUp = false;
  const page = await world.open();
  for (const n of [1, 2, 3]) page.dispatch({ type: 'A', n });
  await page.flush();
  world.disk.evict();
  assert.equal(page.status().isDurable, false);
  await world.clock.pass(2_000);
  assert.equal(page.status().isDurable, true);
  world.crash();
  const next = await world.open();
  assert.deepEqual(next.getState(), [1, 2, 3]);
});

test('a page whose database comes back new and empty saves everything of its own again', async () => {
  const world = new World();
  world.isServerUp = false;
  const page = await world.open();
  for (const n of [1, 2]) page.dispatch({ type: 'A', n });
  await page.flush();
  world.disk.evictSilently();
  page.dispatch({ type: 'A', n: 3 }); // the first use of the dead connection
  await world.clock.pass(4_000);
  assert.deepEqual([page.status().isDurable, page.status().pending], [true, 3]);
  world.crash();
  const next = await world.open();
  assert.deepEqual(next.getState(), [1, 2, 3]);
});

for (const broken of ['getItem', 'setItem', 'removeItem']) {
  test(`a page whose sessionStorage throws at ${broken} works, and no two pages write as one source`, async () => {
    const world = new World();
    const before = await world.open();
    before.dispatch({ type: 'A', n: 1 });
    await before.flush();
    before.close();
    await settle();
    const { items } = world.session;
    world.session = { ...world.session, [broken]: () => { throw new Error('denied'); } };
    const first = await world.open({ locks: null });
    const duplicate = await world.open({ locks: null, session: playedSession(new Map(items)) });
    assert.notEqual(first.source, duplicate.source);
    for (const page of [first, duplicate]) page.dispatch({ type: 'A', n: 2 });
    await world.clock.pass(1_000);
    assert.equal(world.log.size, 3);
    first.close();
    duplicate.close();
  });
}

/** A storage whose saves end when the test says so. */
function gatedStorage() {
  const records = new Map();
  const waiting = [];
  return {
    records, waiting, isDurable: true,
    load: async () => [...records.values()],
    save: (group) => new Promise((resolve) => {
      waiting.push(() => {
        for (const record of group) records.set(`${record.timestamp}@${record.source}`, record);
        resolve();
      });
    }),
    remove: async () => {},
  };
}

test('a storage that is taken away under a save, which then ends well, is come back to', async () => {
  const storage = gatedStorage();
  const { peer, clock } = await connected({ storage });
  peer.dispatch({ type: 'A', n: 1 });
  await settle();
  storage.onlost();
  await clock.pass(2_000);
  assert.equal(peer.status().isDurable, false);
  storage.waiting.shift()();
  await clock.pass(2_000);
  while (storage.waiting.length > 0) { storage.waiting.shift()(); await settle(); }
  assert.equal(peer.status().isDurable, true);
});

test('an action that is set aside while it is being saved is kept as such, and the others as they are', async () => {
  const storage = gatedStorage();
  const { peer, sockets, clock } = await connected({ storage, storageFault: new Error('full'), answersProbes: false });
  peer.dispatch({ type: 'A', n: 1, text: 'x'.repeat(1_000) });
  peer.dispatch({ type: 'A', n: 2 });
  await clock.pass(1_000);
  assert.equal(storage.waiting.length, 1, 'both are being saved');
  sockets.at(-1).onclose({ code: 1009 });
  peer.dispatch({ type: 'A', n: 3 });
  while (storage.waiting.length > 0) { storage.waiting.shift()(); await settle(); }
  await peer.flush();
  const lines = [...storage.records.values()].filter(({ timestamp }) => timestamp > 0).map(({ line }) => JSON.parse(line));
  assert.deepEqual(lines.map((line) => line.setAside?.[1] ?? line[0].n), [1, 2, 3]);
  assert.equal(lines[0].setAside[0].text.length, 1_000);
  assert.deepEqual(peer.getState(), [2, 3]);
});

test('a source that is asked for is not used if what was written as it cannot be read', async () => {
  const world = new World();
  world.disk.faultAt = () => 'throws';
  const page = await world.open({ source: 'ME' });
  assert.match(page.source, /^[0-9A-F]{39}$/);
  world.heal();
  const other = await world.open({ source: 'ME' });
  assert.equal(other.source, 'ME');
});
