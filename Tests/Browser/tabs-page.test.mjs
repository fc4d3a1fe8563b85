// SPDX-License-Identifier: MIT
//
// Real tabs in Chromium: one connection, one log on the disk, one offline switch, over the real server.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { eventually, reaches } from './eventually.mjs';
import { moduleBytes } from './module.mjs';
import { Server } from './server.mjs';
import { Site } from './site.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

const file = (name) => readFileSync(new URL(name, import.meta.url));
const sorted = (list) => [...list].sort((a, b) => a - b);

describe('tabs of a browser', { skip: obstacle() ?? false }, () => {
  let driver;
  let first;

  before(async () => {
    driver = await Driver.start();
    first = (await driver.open()).window;
  });
  after(() => endEverything(driver));

  /** The page of the tests, over a real server. */
  async function site(t) {
    const server = await Server.during(t);
    const made = await Site.during(t, { backend: server.url, module: moduleBytes() });
    made.put('tabs-page', file('tabs-page.html'), 'html');
    made.put('tabs-page.js', file('tabs-page.mjs'), 'js');
    made.put('tab-peer.js', file('tab-peer.mjs'), 'js');
    return Object.assign(made, { server, page: `${made.url}tabs-page` });
  }

  /** Tabs of the browser with the page in each; those that the test leaves are closed. */
  async function openTabs(t, { page }, count) {
    const tabs = [await first.visit(page)];
    t.after(() => first.go('about:blank'));
    while (tabs.length < count) tabs.push(await openTab(t, page));
    await eventually('one leads', () => roles(tabs), (list) => list.filter((role) => role === 'leader').length === 1);
    return tabs;
  }

  async function openTab(t, page) {
    const tab = await first.beside();
    t.after(() => tab.close().catch(() => {}));
    return tab.visit(page);
  }

  /** One after the other: the driver has a current window. */
  async function roles(tabs) {
    const list = [];
    for (const tab of tabs) list.push(await tab.run('return tabs.status().role'));
    return list;
  }

  const dispatch = (tab, n) => tab.run("peer.dispatch({ type: 'A', n: arguments[0] })", n);
  const state = (tab) => tab.run('return peer.state');
  const connected = ({ server }) => server.statistics().then((statistics) => statistics.connected);

  async function allShow(tabs, expected) {
    for (const tab of tabs) await reaches(expected, async () => sorted(await state(tab)), 'a tab');
  }

  async function leaderOf(tabs) {
    const list = await eventually('one leads', () => roles(tabs), (all) => all.includes('leader'));
    return tabs[list.indexOf('leader')];
  }

  test('they share one connection, and agree with each other without the server', async (t) => {
    const world = await site(t);
    const tabs = await openTabs(t, world, 4);
    for (const [n, tab] of tabs.entries()) await dispatch(tab, n);
    await allShow(tabs, [0, 1, 2, 3]);
    await reaches(1, () => connected(world), 'the connections of the server');
    await world.stop();
    for (const [n, tab] of tabs.entries()) await dispatch(tab, 10 + n);
    await allShow(tabs, [0, 1, 2, 3, 10, 11, 12, 13]);
    const phase = () => tabs[3].run('return tabs.status().server?.phase');
    await eventually('a follower knows', phase, (text) => text !== 'in-sync');
    await world.start();
    await reaches(8, () => world.server.statistics().then(({ actions }) => actions), 'the actions of the server');
    assert.equal(await connected(world), 1);
  });

  test('when the tab that leads is closed, or goes elsewhere, another one takes over', async (t) => {
    const world = await site(t);
    const [, second, third, fourth] = await openTabs(t, world, 4);
    assert.equal((await roles([first]))[0], 'leader');
    await first.go('about:blank');
    const next = await leaderOf([second, third, fourth]);
    const left = [second, third, fourth].filter((tab) => tab !== next);
    await dispatch(left[0], 1);
    await allShow([second, third, fourth], [1]);
    await next.close();
    await leaderOf(left);
    await dispatch(left[1], 2);
    await allShow(left, [1, 2]);
    await reaches(2, () => world.server.statistics().then(({ actions }) => actions), 'the actions of the server');
    await reaches(1, () => connected(world), 'the connections of the server');
  });

  test('a leader that the browser freezes hands the lead on', async (t) => {
    const world = await site(t);
    const [, second, third] = await openTabs(t, world, 3);
    await first.devtools('Page.enable');
    await first.devtools('Page.setWebLifecycleState', { state: 'frozen' });
    await leaderOf([second, third]);
    await dispatch(second, 1);
    await allShow([second, third], [1]);
    await first.devtools('Page.setWebLifecycleState', { state: 'active' });
    await allShow([first], [1]);
    await reaches(1, () => connected(world), 'the connections of the server');
  });

  test('a leader that is stuck does not hold the others', async (t) => {
    const world = await site(t);
    const [, second, third] = await openTabs(t, world, 3);
    const busy = 20_000;
    await first.run('setTimeout(() => { const end = Date.now() + arguments[0]; while (Date.now() < end); })', busy);
    const start = Date.now();
    await dispatch(second, 1);
    await leaderOf([second, third]);
    await allShow([second, third], [1]);
    await reaches(1, () => world.server.statistics().then(({ actions }) => actions), 'the actions of the server');
    assert.ok(Date.now() - start < busy, 'before it has come back');
    await allShow([first], [1]);
    const leaders = async () => (await roles([first, second, third])).filter((role) => role === 'leader').length;
    await reaches(1, leaders, 'those that lead');
    await reaches(1, () => connected(world), 'the connections of the server');
  });

  test('the offline switch is for all tabs, and outlives them', async (t) => {
    const world = await site(t);
    const [, second] = await openTabs(t, world, 2);
    await reaches(1, () => connected(world), 'the connections of the server');
    await second.run('tabs.setOnline(false)');
    await reaches(0, () => connected(world), 'the connections of the server');
    await dispatch(second, 1);
    await allShow([first, second], [1]);
    await first.reload();
    assert.equal(await first.run('return tabs.isOnline'), false);
    await second.close();
    await first.go('about:blank');
    await first.visit(world.page);
    assert.equal(await first.run('return tabs.isOnline'), false);
    assert.equal(await connected(world), 0);
    await first.run('tabs.setOnline(true)');
    await reaches(1, () => connected(world), 'the connections of the server');
  });

  test('a page that is opened without the server shows what everybody did', async (t) => {
    const world = await site(t);
    const other = (await driver.open()).window;
    await other.visit(world.page);
    for (const n of [1, 2, 3]) await dispatch(other, n);
    const [, second] = await openTabs(t, world, 2);
    await dispatch(second, 4);
    await allShow([first, second], [1, 2, 3, 4]);
    await reaches('ready', () => first.run('return document.documentElement.dataset.offline'), 'the worker');
    await (await leaderOf([first, second])).run('return log.flush()');
    await second.close();
    await first.go('about:blank');
    await other.go('about:blank');
    await world.stop();
    await first.visit(world.page);
    assert.deepEqual(sorted(await state(first)), [1, 2, 3, 4]);
    await dispatch(first, 5);
    await first.run('return log.flush()');
    await first.reload();
    assert.deepEqual(sorted(await state(first)), [1, 2, 3, 4, 5]);
    await world.start();
    await reaches(5, () => world.server.statistics().then(({ actions }) => actions), 'the actions of the server');
  });

  test('a checkpoint and a long log come back from the disk', async (t) => {
    const world = await site(t);
    await first.visit(world.page);
    t.after(() => first.go('about:blank'));
    const count = 20_000;
    const kept = await first.run(`
      return (async () => {
        for (let n = 0; n < arguments[0]; n++) peer.dispatch({ type: 'A', n });
        await log.flush();
        const state = JSON.stringify(peer.state);
        await log.saveCheckpoint({ key: 'list 1', state, header: peer.header(), count: arguments[0] });
        return log.status();
      })()`, count);
    assert.deepEqual([kept.state, kept.text], ['kept', '']);
    const [batches, lines, time, checkpoint] = await first.run(`
      return (async () => {
        const reader = ScuttlebuttLog.open();
        const start = performance.now();
        let lines = 0;
        let batches = 0;
        for await (const batch of reader.load()) { lines += batch.length; batches += 1; }
        const time = performance.now() - start;
        const { state, count } = await reader.checkpoint('list 1');
        return [batches, lines, time, [JSON.parse(state).length, count, await reader.checkpoint('list 2')]];
      })()`);
    assert.deepEqual([lines, checkpoint], [count, [count, count, null]]);
    assert.ok(batches > 1);
    t.diagnostic(`${count} actions were read in ${time.toFixed(0)} ms`);
  });
});
