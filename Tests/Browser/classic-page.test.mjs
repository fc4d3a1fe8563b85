// SPDX-License-Identifier: MIT
//
// A page that speaks as redux-scuttlebutt's client does, in Chromium, over our `/primus/primus.js` and our server.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClassicSite } from './classic-site.mjs';
import { eventually, reaches } from './eventually.mjs';
import { Server, TerminalPeer } from './server.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

const INCREMENT = { type: 'INCREMENT' };

describe('a page of redux-scuttlebutt', { skip: obstacle() ?? false }, () => {
  let driver;
  let window;

  before(async () => {
    driver = await Driver.start();
    window = (await driver.open()).window;
  });
  after(() => endEverything(driver));

  const increment = (count = 1) => window.run("for (let n = 0; n < arguments[0]; n++) dispatch({ type: 'INCREMENT' })", count);
  const shows = (count) => reaches(String(count), () => window.text('counter'), 'the counter of the page');
  const has = (terminal, count) => reaches({ counter: count }, () => terminal.state(), 'the counter of the terminal');
  const events = () => window.run('return events');
  const opened = (times) => eventually('open', events, (list) => list.filter((event) => event === 'open').length === times);

  async function visit(site, server, how) {
    await window.go(site.page({ library: `${server.url}/primus/primus.js`, target: server.url, how }));
    await opened(1);
  }

  for (const how of ['connect', 'new']) {
    test(`exchanges actions with a terminal (${how})`, async (t) => {
      const server = await Server.during(t);
      const site = await ClassicSite.during(t);
      const terminal = await TerminalPeer.during(t, server.url, 'counter');
      await terminal.dispatch(INCREMENT);
      await has(terminal, 1);
      await visit(site, server, how);
      await shows(1);
      await increment(3);
      await has(terminal, 4);
      await terminal.dispatch({ type: 'INCREMENT_ODD' });
      await terminal.dispatch({ type: 'INCREMENT', payload: 'ü \u2028 😀' });
      await shows(5);
      const order = (list) => list.map(([action, timestamp, source]) => [action.type, timestamp, source]);
      await reaches(order(await terminal.history()), async () => order(await window.run(
        'return updates.slice().sort((a, b) => a[1] - b[1] || (a[2] < b[2] ? -1 : 1))')), 'the history of the page');
      const page = await window.run('return id');
      const stamps = (await terminal.history()).filter(([, , source]) => source === page).map(([, timestamp]) => timestamp);
      assert.deepEqual(stamps, [stamps[0], stamps[0] + 2, stamps[0] + 4], 'its stamps go in steps of two');
      assert.equal(await window.run("return updates.find(([{ payload }]) => payload)[0].payload"), 'ü \u2028 😀');
    });
  }

  test('comes back after the server was ended, and after kill -9, with what it did meanwhile', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'scuttlebutt-store-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const store = join(folder, 'log.sqlite');
    const site = await ClassicSite.during(t);
    const first = await Server.start({ store });
    t.after(() => first.program.end('SIGKILL')); // where the test did not come so far
    await visit(site, first);
    await increment(2);
    await reaches(2, async () => (await first.statistics()).actions, 'the log of the server');
    assert.equal(await first.program.end(), 0);
    await eventually('close', events, (list) => list.includes('close'));
    await increment(3);

    const second = await Server.start({ store, port: first.port });
    t.after(() => second.program.end('SIGKILL'));
    await opened(2);
    await reaches(5, async () => (await second.statistics()).actions, 'the log of the server');
    await second.kill();
    await increment();

    const third = await Server.during(t, { store, port: first.port });
    await opened(3);
    const terminal = await TerminalPeer.during(t, third.url, 'counter');
    await has(terminal, 6);
    await terminal.dispatch(INCREMENT);
    await shows(7);
    assert.equal((await events()).includes('end'), false);
  });

  test('does not come back after primus::server::close', async (t) => {
    const server = await Server.during(t);
    const site = await ClassicSite.during(t);
    await window.go(site.page({ library: `${server.url}/primus/primus.js`, target: `${site.url}/?for-good` }));
    await eventually('end', events, (list) => list.includes('end'));
    assert.deepEqual(await events(), ['open', 'close', 'end']);
    assert.equal(await window.run('return primus.readyState === Primus.CLOSED'), true);
    assert.equal(site.connections, 1);
  });

  test('comes back after a close without it', async (t) => {
    const server = await Server.during(t);
    const site = await ClassicSite.during(t);
    await window.go(site.page({ library: `${server.url}/primus/primus.js`, target: site.url }));
    await opened(2);
    assert.deepEqual(await events(), ['open', 'close', 'reconnect scheduled', 'reconnect', 'open']);
    assert.equal(site.connections, 2);
  });
});
