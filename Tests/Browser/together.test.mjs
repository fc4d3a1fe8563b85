// SPDX-License-Identifier: MIT
//
// `open` with tabs and the stored log, in browsers that the test plays. One oracle: in the end everybody has the same,
// nothing is lost, one tab dials, and no badge claims what only holds between tabs.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { MemoryStorage, open } from '../../Web/peer.js';
import { compiled } from './module.mjs';
import { PlayedDatabases } from './played-database.mjs';
import { PlayedBrowser, numbers, settle } from './played-tabs.mjs';
import { seeded } from './played-world.mjs';
import '../../Web/together.js'; // which `open` loads, not while a test counts the time

const { BOUNDS } = createRequire(import.meta.url)('../../Web/tabs.js');
const HEALED = 3 * BOUNDS.beat + 3 * BOUNDS.answerWait + BOUNDS.lockWait + 20_000;
const sorted = (list) => [...list].sort((a, b) => a - b);

/** A browser whose tabs have peers of `open`; the disk outlives them. */
class World {
  static async start() {
    const world = new World();
    world.browser = await PlayedBrowser.start();
    world.disk = new PlayedDatabases(world.browser.clock);
    world.storage = new MemoryStorage(); // of all tabs
    world.storage.isDurable = true;
    return world;
  }

  async open(options = {}, channelOf = (Channel) => Channel) {
    const { browser, disk, storage } = this;
    const tab = browser.blank();
    const { locks, BroadcastChannel, storage: items, WebSocket, timers, now, random, fill, nextTask, window } = tab.played;
    const opening = open({
      module: compiled, reducer: numbers, source: `TAB${tab.number}`, url: 'ws://server/ws', statisticsUrl: null,
      WebSocket, timers, now, random, nextTask, window: {}, storage, locks: { query: async () => ({ held: [] }) },
      tabs: { locks, BroadcastChannel: channelOf(BroadcastChannel), storage: items, now, random, fill, nextTask, window },
      log: { indexedDB: disk, estimate: async () => ({}) },
      report: (kind, text) => tab.reports.push(`${kind}: ${text}`), ...options,
    }).then((peer) => { tab.peer = peer; });
    for (let waited = 0; !tab.peer && waited < 10_000; waited += 250) {
      for (let turn = 0; turn < 50 && !tab.peer; turn++) await settle(); // the module starts in its own time
      await browser.pass(250);
    }
    assert.ok(tab.peer, 'the page starts within ten seconds');
    await opening;
    await browser.pass(0);
    return tab;
  }

  pass(time) { return this.browser.pass(time); }

  /** Everybody is gone, and what is on the disk stays. */
  async closeAll() {
    for (const tab of this.browser.alive) { tab.peer.close(); }
    await this.pass(1_000);
    for (const tab of this.browser.alive) tab.kill();
  }

  agree(expected) {
    const { alive, server } = this.browser;
    for (const tab of alive) assert.deepEqual(sorted(tab.peer.getState()), sorted(expected), `tab ${tab.number}`);
    assert.deepEqual(sorted(server.core.state), sorted(expected), 'the server');
  }
}

const dispatch = (tab, n) => tab.peer.dispatch({ type: 'A', n });
const text = (tab) => tab.peer.status().text;

test('two tabs dial once, and each badge tells how the leader stands with the server', async () => {
  const world = await World.start();
  const [first, second] = [await world.open(), await world.open()];
  dispatch(first, 1);
  dispatch(second, 2);
  await world.pass(2_000);
  world.agree([1, 2]);
  assert.equal(world.browser.server.dialled, 1);
  assert.deepEqual([text(first), text(second)], ['in sync', 'in sync']);
  world.browser.server.stop();
  await world.pass(2_000);
  dispatch(second, 3);
  await world.pass(1_000);
  assert.deepEqual(first.peer.getState(), [1, 2, 3]);
  assert.match(text(second), /^offline · connecting .* · 1 to send$/);
  assert.deepEqual(second.peer.recent(3).map(({ isPending }) => isPending), [false, false, true]);
  dispatch(first, 4);
  await world.pass(1_000);
  assert.match(text(first), /^offline · connecting .* · 1 to send$/, 'the other tab does not count');
  assert.equal(first.peer.recent(1)[0].isPending, true);
  world.browser.server.isUp = true;
  await world.pass(20_000);
  world.agree([1, 2, 3, 4]);
  assert.deepEqual([text(first), text(second)], ['in sync', 'in sync']);
  assert.deepEqual([first.peer.status().pending, second.peer.status().pending], [0, 0]);
});

test('the switch of one tab is that of all, and of those to come', async () => {
  const world = await World.start();
  const [first, second] = [await world.open(), await world.open()];
  second.peer.goOffline();
  await world.pass(1_000);
  assert.equal(world.browser.server.sockets.size, 0);
  assert.deepEqual([first.peer.isOnline, second.peer.isOnline], [false, false]);
  dispatch(first, 1);
  await world.pass(1_000);
  assert.deepEqual(second.peer.getState(), [1]);
  assert.deepEqual([text(first), text(second)], ['offline · 1 to send', 'offline']);
  await world.closeAll();
  const third = await world.open();
  assert.deepEqual([third.peer.isOnline, third.peer.getState()], [false, [1]]);
  third.peer.goOnline();
  await world.pass(2_000);
  world.agree([1]);
});

test('with `online: false` a page dials nobody until it is told to, and leaves the switch as it is', async () => {
  const world = await World.start();
  const first = await world.open({ online: false });
  await world.pass(2_000);
  assert.deepEqual([world.browser.server.dialled, first.peer.isOnline], [0, false]);
  const second = await world.open();
  await world.pass(2_000);
  assert.equal(second.peer.isOnline, true);
  first.peer.goOnline();
  await world.pass(2_000);
  assert.deepEqual([text(first), text(second)], ['in sync', 'in sync']);
});

test('what others did is there without the server, and is nobody’s to send but the server’s', async () => {
  const world = await World.start();
  const { core } = world.browser.server;
  for (const n of [1, 2, 3]) core.dispatch({ type: 'A', n });
  await world.open();
  await world.pass(3_000);
  await world.closeAll();
  world.browser.server.stop();
  const page = await world.open();
  assert.deepEqual(page.peer.getState(), [1, 2, 3]);
  assert.equal(page.peer.status().pending, 0);
  assert.ok(page.peer.recent(3).every(({ isPending, isLate }) => !isPending && !isLate));
});

test('what was set aside does not come back with the stored log, dismissed or not', async () => {
  const world = await World.start();
  const page = await world.open();
  for (const n of [1, 2, 3]) dispatch(page, n);
  await world.pass(3_000);
  await world.closeAll();
  // As `dismissSetAside` and a refusal leave it.
  const source = page.peer.source;
  await world.storage.save([
    { source, timestamp: 1, line: JSON.stringify({ setAside: null }) },
    { source, timestamp: 2, line: JSON.stringify({ setAside: [{ type: 'A', n: 2 }, 2, source], reason: 'refused' }) },
  ]);
  world.browser.server.stop();
  const again = await world.open({ source });
  assert.deepEqual(again.peer.getState(), [3]);
  assert.deepEqual(again.peer.setAside().map(({ timestamp }) => timestamp), [2]);
  assert.equal(dispatch(again, 4).timestamp, 4, 'their stamps are used');
  const other = await world.open();
  assert.deepEqual(other.peer.getState().filter((n) => n < 3), [], 'nor in another tab');
});

for (const fault of ['hangs', 'throws', 'fails', 'is blocked']) {
  test(`a page starts and goes on if the disk of the log ${fault}`, async () => {
    const world = await World.start();
    world.disk.faultAt = () => fault;
    const page = await world.open();
    dispatch(page, 1);
    await world.pass(15_000);
    assert.match(page.peer.status().notes.join(), /not kept/);
    world.agree([1]);
    world.disk.faultAt = () => undefined;
    await world.pass(30_000);
    assert.deepEqual(page.peer.status().notes, []);
    await world.closeAll();
    world.browser.server.stop();
    assert.deepEqual((await world.open()).peer.getState(), [1]);
  });
}

test('a page that has no locks dials by itself and says so', async () => {
  const world = await World.start();
  world.browser.lockFault = 'throws';
  const [first, second] = [await world.open(), await world.open()];
  dispatch(first, 1);
  await world.pass(5_000);
  world.agree([1]);
  assert.equal(world.browser.server.dialled, 2);
  assert.match(second.peer.status().notes[0], /^this tab has a connection of its own: /);
});

test('connections between tabs that break at the same action again and again do not set it aside', async () => {
  const world = await World.start();
  const leader = await world.open();
  let lost = 0;
  let isLosing = true;
  /** A channel that loses one of the messages. */
  const losing = (Channel) => class extends Channel {
    postMessage(message) {
      if (isLosing && message.t === 'data' && message.text.includes('"n":99')) lost += 1;
      else super.postMessage(message);
    }
  };
  const follower = await world.open({}, losing);
  await world.pass(2_000);
  dispatch(follower, 99);
  for (let time = 0; time < 200 && lost < 8; time++) await world.pass(1_000);
  assert.ok(lost >= 8, 'more often than it takes to blame an action');
  assert.deepEqual([follower.peer.getState(), follower.peer.status().setAside], [[99], 0]);
  isLosing = false;
  await world.pass(HEALED);
  world.agree([99]);
  assert.equal(leader.peer.status().setAside, 0);
});

for (const seed of [1, 2, 3, 4, 5, 6, 7, 8]) {
  test(`whatever tabs and server do, nothing is lost and all agree (seed ${seed})`, async () => {
    const random = seeded(seed);
    const world = await World.start();
    const { browser } = world;
    const expected = [];
    await world.open();
    for (let step = 0; step < 40; step++) {
      const tab = browser.alive[Math.floor(random() * browser.alive.length)];
      const choice = random();
      if (choice < 0.4) { dispatch(tab, step); expected.push(step); }
      else if (choice < 0.5 && browser.alive.length < 5) await world.open();
      else if (choice < 0.6 && browser.alive.length > 1) {
        await world.pass(500); // what it did is saved, or sent
        tab.peer.close();
        await world.pass(100);
        tab.kill();
      } else if (choice < 0.7) { if (browser.server.isUp) browser.server.stop(); else browser.server.isUp = true; }
      else if (choice < 0.8) { if (tab.peer.isOnline) tab.peer.goOffline(); else tab.peer.goOnline(); }
      await world.pass(Math.floor(random() * 2_000));
    }
    browser.server.isUp = true;
    browser.alive[0].peer.goOnline();
    await world.pass(HEALED);
    world.agree(expected);
    assert.equal(browser.server.sockets.size, 1);
    for (const tab of browser.alive) assert.deepEqual([text(tab), tab.peer.status().pending], ['in sync', 0]);
    await world.closeAll();
    browser.server.stop();
    assert.deepEqual(sorted((await world.open()).peer.getState()), sorted(expected), 'without the server');
  });
}
