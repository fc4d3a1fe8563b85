// SPDX-License-Identifier: MIT
//
// What users of other programs have reported of browsers, tried on our pages: docs/field-reports.md
// has the sources. A test that is marked `todo` describes what is right and fails today; whoever
// mends it removes the mark.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually } from './eventually.mjs';
import { connected, settle } from './played-world.mjs';
import { Server } from './server.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

test('however often it fails, a page dials again within the longest pause, and not at once', async () => {
  const world = await connected({ dial: false });
  world.peer.goOnline();
  const pauses = [];
  for (let loss = 0; loss < 3_000; loss += 1) {
    await settle();
    world.socket.fail();
    const next = Math.min(...world.clock.waiting.map(({ at }) => at)) - world.clock.now;
    pauses.push(next);
    world.clock.advance(next);
  }
  const late = pauses.slice(10);
  assert.ok(Math.min(...late) >= 7_500 && Math.max(...late) <= 15_000, `${Math.min(...late)} to ${Math.max(...late)} ms`);
});

test('a member called __proto__ is a member like any other', async () => {
  const seen = [];
  const reducer = (state = null, { payload }) => { if (payload) seen.push(Object.keys(payload)); return state; };
  const { peer, socket, reports } = await connected({ reducer });
  const line = '[{"type":"A","payload":{"__proto__":{"x":1},"constructor":2}},1,"other"]';
  socket.say(line, line); // the second time it is compared with the first
  peer.dispatch(JSON.parse('{"type":"A","payload":{"__proto__":3}}'));
  await settle();
  assert.deepEqual(seen, [['__proto__', 'constructor'], ['__proto__']]);
  assert.deepEqual(reports, []);
  assert.ok(socket.sent.includes('[{"type":"A","payload":{"__proto__":3}},2,"ME"]'));
  assert.equal({}.x, undefined);
});

describe('pages in a browser', { skip: obstacle() ?? false }, () => {
  let driver;
  before(async () => { driver = await Driver.start(); });
  after(() => endEverything(driver));

  const untilInSync = (page) => eventually('the badge', () => page.text('badge'), (text) => /^in sync/.test(text));
  const hasActions = (server, count) => eventually(
    `${count} actions`, async () => (await server.statistics()).actions, (actions) => actions === count);
  const source = (page) => page.run('return peer.source');
  const counter = async (page) => Number(await page.text('counter'));
  const shows = (page, count) => eventually('the counter', () => counter(page), (number) => number === count);

  async function press(page, times) {
    for (let time = 0; time < times; time += 1) await page.click('increment');
    await page.run('return peer.flush().then(() => true)');
  }

  /** A browser with the counter of a server, or what else `path` and `host` say. */
  async function page(t, { path = 'counter', host = '127.0.0.1', options } = {}) {
    const server = await Server.during(t);
    const browser = await driver.open({ options });
    t.after(() => browser.close());
    const address = `${server.url.replace('127.0.0.1', host)}/${path}`;
    await browser.window.visit(address);
    await untilInSync(browser.window);
    return { server, browser, window: browser.window, address };
  }

  test('a page over plain HTTP from another host keeps its source, and two tabs have two', async (t) => {
    // The name is not localhost, so the browser withholds Web Locks and part of `crypto`.
    const options = ['--host-resolver-rules=MAP another.test 127.0.0.1'];
    const { server, window, address } = await page(t, { host: 'another.test', options });
    assert.deepEqual(await window.run('return [isSecureContext, typeof navigator.locks, typeof crypto.randomUUID]'),
      [false, 'undefined', 'undefined']);
    await press(window, 1);
    await window.click('offline');
    await press(window, 2);
    const before = await source(window);
    await window.reload();
    await window.click('offline'); // the switch outlives the reload
    await untilInSync(window);
    await hasActions(server, 3);
    assert.equal(await source(window), before);
    const beside = await (await window.beside()).visit(address);
    await press(beside, 1);
    await press(window, 1);
    for (const one of [window, beside]) await shows(one, 5);
    assert.notEqual(await source(beside), before);
  });

  test('a page that comes back by the back button has a live connection', async (t) => {
    const { server, window } = await page(t);
    const until = async (name) => {
      await eventually(name, () => window.run('return document.body?.dataset.page'), (shown) => shown === name);
      await window.untilReady();
    };
    await press(window, 1);
    await window.run("location.href = 'chat'");
    await until('chat');
    await window.run('history.back()');
    await until('counter');
    await untilInSync(window);
    await press(window, 1);
    await hasActions(server, 2);
    await shows(window, 2);
  });

  test('peers that are opened twice at once, or closed and opened again, lose and double nothing', async (t) => {
    const { server, window } = await page(t);
    // What React does in its strict mode.
    const [areTwo, isKept, count, reports] = await window.run(`
      const options = { reducer: Reducers.counter, name: 'twice' };
      const act = (peer) => { peer.dispatch({ type: 'INCREMENT' }); return peer.flush(); };
      const [first, second] = await Promise.all([Scuttlebutt.open(options), Scuttlebutt.open(options)]);
      await act(first);
      await act(second);
      first.close();
      const third = await Scuttlebutt.open(options);
      await act(third);
      second.close();
      third.close();
      const last = await Scuttlebutt.open(options);
      await act(last);
      await last.synced();
      window.last = last;
      return [first.source !== second.source, third.source === first.source, last.getState().counter,
        [first, second, third, last].flatMap((peer) => peer.reports)];`);
    assert.deepEqual([areTwo, isKept, count, reports], [true, true, 4, []]);
    await hasActions(server, 4);
    await shows(window, 4);
  });

  test('a page whose database was deleted loses nothing, and shows what the server has', async (t) => {
    const { server, window } = await page(t);
    await press(window, 2);
    await hasActions(server, 2);
    await window.click('offline');
    await press(window, 2);
    // What another tab, a person who clears the site's data, or the browser itself may do.
    assert.equal(await window.run(`return await new Promise((resolve) => {
      const request = indexedDB.deleteDatabase('scuttlebutt');
      request.onsuccess = () => resolve('deleted');
      request.onblocked = () => resolve('blocked');
    })`), 'deleted');
    await press(window, 1);
    await window.reload();
    await window.click('offline'); // the switch outlives the reload
    await untilInSync(window);
    await window.run('return peer.synced().then(() => true)');
    assert.deepEqual([await counter(window), (await server.statistics()).actions], [5, 5]);
  });

  test('a page that finds its database gone writes as another source, so that nothing is stamped twice', async (t) => {
    const { server, window } = await page(t);
    await press(window, 2);
    await hasActions(server, 2);
    const [isAnother, reports] = await window.run(`
      peer.close(); // which leaves its source to the next page of this tab
      await new Promise((resolve) => { indexedDB.deleteDatabase('scuttlebutt').onsuccess = resolve; });
      const next = window.next = await Scuttlebutt.open({ reducer: Reducers.counter, online: false });
      next.dispatch({ type: 'INCREMENT' }); // before anybody could tell it what was written
      next.goOnline();
      await next.synced();
      return [next.source !== peer.source, next.reports];`);
    assert.deepEqual([isAnother, reports], [true, []]);
    await hasActions(server, 3);
    assert.equal(await window.run('return next.getState().counter'), 3);
  });

  test('a page at its quota says that something waits, and sends it once there is room', async (t) => {
    const server = await Server.during(t);
    const browser = await driver.open();
    t.after(() => browser.close());
    const { window } = browser;
    const quota = (quotaSize) => browser.devtools('Storage.overrideQuotaForOrigin', { origin: server.url, quotaSize });
    // Before the page: from its first use of the disk on, the browser remembers for a while how much room there is.
    await quota(200_000);
    await window.visit(`${server.url}/chat`);
    await untilInSync(window);
    await window.run(`for (let n = 0; n < 20; n++) peer.dispatch({ type: 'ADD_MESSAGE', payload: n + 'x'.repeat(20_000) });`);
    await eventually('a failure', () => window.run("return peer.reports.some(({ kind }) => kind === 'storage')"));
    const { pending } = await window.run('return peer.status()');
    const badge = await window.text('badge');
    await quota(undefined);
    await hasActions(server, 20);
    assert.ok(pending > 0);
    assert.doesNotMatch(badge, /^in sync/);
  });
});
