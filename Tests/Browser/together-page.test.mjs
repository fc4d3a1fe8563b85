// SPDX-License-Identifier: MIT
//
// Our pages in real tabs of Chromium, over a server that comes and goes: one connection, one offline switch, and
// everybody's log, as `Scuttlebutt.open` has them by itself.
import { after, afterEach, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, reaches } from './eventually.mjs';
import { moduleBytes } from './module.mjs';
import { Server } from './server.mjs';
import { Site } from './site.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

describe('the tabs of a browser with our pages', { skip: obstacle() ?? false }, () => {
  let driver;
  let first;
  let other;

  before(async () => {
    driver = await Driver.start();
    first = (await driver.open()).window;
    other = (await driver.open()).window;
  });
  after(() => endEverything(driver));
  afterEach(async () => {
    for (const window of [first, other]) {
      await window.go('about:blank');
      assert.deepEqual((await window.complaints()).filter((text) => !/net::ERR_|WebSocket connection to/.test(text)), []);
    }
  });

  async function site(t) {
    const server = await Server.during(t);
    const made = await Site.during(t, { backend: server.url, module: moduleBytes() });
    return Object.assign(made, { server, page: `${made.url}counter` });
  }

  async function openTab(t, page) {
    const tab = await first.beside();
    t.after(() => tab.close().catch(() => {}));
    return tab.visit(page);
  }

  const connected = ({ server }) => server.statistics().then((statistics) => statistics.connected);
  const actions = ({ server }) => server.statistics().then((statistics) => statistics.actions);
  const counter = (tab) => tab.text('counter').then(Number);
  const badge = (tab) => tab.text('badge');
  const kept = (tab) => tab.run(
    "return document.documentElement.dataset.offline === 'ready' && peer.flush().then(() => true)");

  /** One after the other: the driver has a current window. */
  async function inSync(...tabs) {
    for (const tab of tabs) await eventually('in sync', () => badge(tab), (text) => /^in sync/.test(text));
  }

  async function allCount(expected, ...tabs) {
    for (const tab of tabs) await reaches(expected, () => counter(tab), 'a tab');
  }

  test('two tabs share one connection, and agree while the server is away and when it is back', async (t) => {
    const world = await site(t);
    await first.visit(world.page);
    const second = await openTab(t, world.page);
    await inSync(first, second);
    await reaches(1, () => connected(world), 'the connections of the server');
    await first.click('increment');
    await second.click('increment');
    await allCount(2, first, second);
    await inSync(first, second);
    await world.stop();
    for (const tab of [first, second]) {
      await eventually('a badge', () => badge(tab), (text) => /^offline · connecting/.test(text));
    }
    await second.click('increment');
    await first.click('increment');
    await allCount(4, first, second);
    // Each has the action of the other, and neither takes that for the server's.
    for (const tab of [first, second]) {
      await eventually('a badge', () => badge(tab), (text) => /^offline · connecting .* · 1 to send$/.test(text));
      assert.equal(await tab.run('return peer.recent(9).filter(({ isPending }) => isPending).length'), 1);
    }
    await other.go('about:blank');
    await world.start();
    await reaches(4, () => actions(world), 'the actions of the server');
    await inSync(first, second);
    assert.equal(await connected(world), 1);
    assert.equal(await second.run('return peer.status().pending'), 0);
  });

  test('a page that is opened without the server shows everything, takes actions, and sends them later', async (t) => {
    const world = await site(t);
    await other.visit(world.page);
    for (let n = 0; n < 3; n++) await other.click('increment');
    await first.visit(world.page);
    await first.click('increment');
    await allCount(4, first, other);
    await inSync(first, other);
    await eventually('the files and the log are kept', () => kept(first));
    await world.stop();
    await first.reload();
    await allCount(4, first);
    await first.click('increment');
    await allCount(5, first);
    await first.run('return peer.flush()');
    await first.go('about:blank');
    await first.visit(world.page);
    await allCount(5, first);
    await eventually('the badge', () => badge(first), (text) => /1 to send/.test(text));
    assert.deepEqual(await first.run('return peer.recent(9).map(({ isPending }) => isPending)'),
      [false, false, false, false, true]);
    await other.click('increment');
    await world.start();
    await allCount(6, first, other);
    await reaches(6, () => actions(world), 'the actions of the server');
    await inSync(first, other);
  });

  test('when the tab that leads is closed, the other takes over with what was not sent', async (t) => {
    const world = await site(t);
    await other.visit(world.page);
    await first.visit(world.page);
    const second = await openTab(t, world.page);
    await inSync(first, second, other);
    await world.stop();
    await first.click('increment');
    await second.click('increment');
    await allCount(2, first, second);
    await other.click('increment');
    await first.go('about:blank');
    await world.start();
    await allCount(3, second, other);
    await reaches(3, () => actions(world), 'the actions of the server');
    await inSync(second, other);
    await reaches(2, () => connected(world), 'the connections of the server');
    await first.visit(world.page);
    await allCount(3, first);
    await inSync(first);
    assert.equal(await connected(world), 2, 'the one that came back follows');
  });

  test('the offline switch is for all tabs, and outlives reloads', async (t) => {
    const world = await site(t);
    await first.visit(world.page);
    const second = await openTab(t, world.page);
    await inSync(first, second);
    await second.click('offline');
    for (const tab of [first, second]) {
      await reaches('Go online', () => tab.text('offline'), 'the switch');
      await reaches('offline', () => badge(tab), 'the badge');
    }
    await reaches(0, () => connected(world), 'the connections of the server');
    await first.click('increment');
    await allCount(1, first, second);
    await reaches('offline · 1 to send', () => badge(first), 'the badge');
    await second.reload();
    await first.reload();
    for (const tab of [first, second]) {
      assert.equal(await tab.run('return peer.isOnline'), false);
      await allCount(1, tab);
    }
    assert.deepEqual([await connected(world), await actions(world)], [0, 0]);
    await first.click('offline');
    await inSync(first, second);
    await reaches(1, () => actions(world), 'the actions of the server');
    await second.run('return peer.goOffline()');
    await reaches('Go online', () => first.text('offline'), 'the switch');
    await first.click('offline');
    await inSync(first, second);
  });

  test('a page below another path, or of another server, has nothing to do with it', async (t) => {
    const world = await site(t);
    await first.visit(world.page);
    await first.click('increment');
    await inSync(first);
    const elsewhere = await first.run(`
      return (async () => {
        const reducer = (state = 0) => state + 1;
        const peer = await Scuttlebutt.open({ reducer, url: document.baseURI.replace(/^http/, 'ws') + 'nowhere', source: 'apart' });
        await new Promise((resolve) => setTimeout(resolve));
        const { phase, received } = peer.status();
        peer.close();
        return [phase, received];
      })()`);
    assert.deepEqual(elsewhere, ['connecting', 0]);
  });
});
