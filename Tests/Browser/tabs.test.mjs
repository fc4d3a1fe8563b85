// SPDX-License-Identifier: MIT
//
// The tabs of one browser, with peers over the core in them; channels, locks, storage, the server and time are the
// test's. One oracle: whatever happens, in the end everybody has the same, nothing is lost, and one tab dials.
//
// Over 600 lines because its cases share the played browser at its top.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { PlayedBrowser } from './played-tabs.mjs';
import { seeded } from './played-world.mjs';

const { BOUNDS, badge } = createRequire(import.meta.url)('../../Web/tabs.js');

const ID = '0123456789abcdef0123456789abcdef';
const sorted = (list) => [...list].sort((a, b) => a - b);

/** Everybody who is there, and the server, has exactly these numbers, in one order. */
function agree(browser, expected, tabs = browser.alive) {
  for (const tab of tabs) {
    assert.deepEqual(sorted(tab.peer.state), sorted(expected), `tab ${tab.number}`);
    assert.deepEqual(tab.peer.state, tabs[0].peer.state, `the order of tab ${tab.number}`);
  }
  if (browser.server.isUp) assert.deepEqual(browser.server.core.state, tabs[0].peer.state, 'the server');
}

function oneLeads(browser) {
  const roles = browser.roles();
  assert.equal(roles.filter((role) => role === 'leader').length, 1, roles.join(', '));
}

/** Time in which every fault of a leader has been noticed, and everybody has dialled again. */
const HEALED = 3 * BOUNDS.beat + 3 * BOUNDS.answerWait + BOUNDS.lockWait + 2_000;

test('One tab dials the server, and all tabs are in sync', async () => {
  const browser = await PlayedBrowser.start();
  const tabs = await browser.openMany(3);
  tabs.forEach((tab, n) => tab.peer.dispatch({ type: 'A', n }));
  await browser.pass(1_000);
  agree(browser, [0, 1, 2]);
  assert.equal(browser.server.dialled, 1);
  assert.deepEqual(browser.roles(), ['leader', 'follower', 'follower']);
  for (const tab of tabs) assert.equal(tab.tabs.status().tabs, 3);
});

test('Every tab is a peer with a source of its own', async () => {
  const browser = await PlayedBrowser.start();
  const tabs = await browser.openMany(3);
  const stamps = tabs.map((tab, n) => tab.peer.dispatch({ type: 'A', n }).source);
  assert.deepEqual(stamps, ['TAB0', 'TAB1', 'TAB2']);
});

test('Without the server, tabs agree with each other, and later with everybody', async () => {
  const browser = await PlayedBrowser.start();
  browser.server.stop();
  const tabs = await browser.openMany(3);
  tabs.forEach((tab, n) => tab.peer.dispatch({ type: 'A', n }));
  await browser.pass(1_000);
  agree(browser, [0, 1, 2]);
  browser.server.isUp = true;
  await browser.pass(2_000);
  agree(browser, [0, 1, 2]);
});

test('When the leader is closed another tab leads at once', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second, third] = await browser.openMany(3);
  first.peer.dispatch({ type: 'A', n: 1 });
  await browser.pass(500);
  first.fire('pagehide');
  first.kill();
  second.peer.dispatch({ type: 'A', n: 2 });
  third.peer.dispatch({ type: 'A', n: 3 });
  await browser.pass(2 * 500 + 500);
  oneLeads(browser);
  agree(browser, [1, 2, 3]);
});

test('When the process of the leader dies another tab leads', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second] = await browser.openMany(4);
  second.peer.dispatch({ type: 'A', n: 1 });
  first.kill();
  second.peer.dispatch({ type: 'A', n: 2 });
  await browser.pass(BOUNDS.claimWait + 2_000);
  oneLeads(browser);
  agree(browser, [1, 2]);
});

test('One leader after the other dies, and nothing is lost', async () => {
  const browser = await PlayedBrowser.start();
  await browser.openMany(5);
  const expected = [];
  for (let n = 0; browser.alive.length > 1; n++) {
    for (const tab of browser.alive) {
      const number = n * 10 + tab.number;
      tab.peer.dispatch({ type: 'A', n: number });
      expected.push(number);
    }
    await browser.pass(500);
    browser.leader.kill();
    await browser.pass(HEALED);
    oneLeads(browser);
    agree(browser, expected);
  }
});

// ---- a leader that freezes

test('A leader that is about to be frozen hands the lead on, and follows when it wakes', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second] = await browser.openMany(3);
  first.fire('freeze');
  first.freeze();
  second.peer.dispatch({ type: 'A', n: 1 });
  await browser.pass(1_500);
  assert.equal(browser.server.core.state.length, 1, 'nobody had to wait for the heartbeat');
  first.thaw();
  first.fire('resume');
  await browser.pass(2_000);
  oneLeads(browser);
  agree(browser, [1]);
});

test('A leader that is frozen without notice does not hold the others for ever', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second, third] = await browser.openMany(3);
  first.freeze();
  second.peer.dispatch({ type: 'A', n: 1 });
  await browser.pass(HEALED);
  assert.deepEqual(browser.server.core.state, [1]);
  assert.deepEqual(third.peer.state, [1]);
  first.thaw();
  await browser.pass(HEALED);
  oneLeads(browser);
  assert.notEqual(browser.leader, first);
  agree(browser, [1]);
  assert.equal(browser.server.sockets.size, 1, 'the one that woke has hung up');
});

test('A leader that slept with its own actions keeps them', async () => {
  const browser = await PlayedBrowser.start();
  const [first] = await browser.openMany(2);
  browser.server.stop();
  first.peer.dispatch({ type: 'A', n: 1 });
  first.freeze();
  await browser.pass(HEALED);
  browser.server.isUp = true;
  first.thaw();
  await browser.pass(HEALED);
  agree(browser, [1]);
});

test('A tab that slept itself does not take a leader for frozen', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second] = await browser.openMany(2);
  second.freeze();
  await browser.pass(10 * HEALED);
  second.thaw();
  await browser.pass(HEALED);
  assert.equal(browser.leader, first);
  assert.deepEqual(first.reports, []);
});

test('When all of the machine slept, the leader is asked once more', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second] = await browser.openMany(2);
  first.freeze();
  const before = browser.posted;
  while (browser.posted === before) await browser.pass(250); // until it asks
  browser.clock.sleep(3_600_000);
  await browser.pass(1);
  first.thaw();
  await browser.pass(BOUNDS.beat);
  assert.equal(browser.leader, first);
  assert.deepEqual(second.reports, []);
});

test('A message that is lost on the way is noticed by the next one', async () => {
  const browser = await PlayedBrowser.start();
  const [, second] = await browser.openMany(2);
  browser.isCutOff = (from) => from === second;
  second.peer.dispatch({ type: 'A', n: 1 });
  browser.isCutOff = () => false;
  second.peer.dispatch({ type: 'A', n: 2 });
  await browser.pass(1_000);
  agree(browser, [1, 2]);
});

for (const isNoticed of [false, true]) {
  const when = isNoticed ? 'by a tab that was closed' : 'by one that died';
  test(`A tab that slept while it was given the lock ${when}, and lost it again, does not lead`, async () => {
    const browser = await PlayedBrowser.start();
    const [first, second, third] = await browser.openMany(3);
    second.freeze();
    if (isNoticed) first.fire('pagehide');
    first.kill();
    await browser.pass(HEALED);
    assert.equal(browser.leader, third);
    browser.isCutOff = () => true;
    second.thaw();
    await browser.pass(1_000);
    assert.equal(second.tabs.status().role, 'follower');
  });
}

test('A follower that is gone without a word is forgotten', async () => {
  const browser = await PlayedBrowser.start();
  const [first, , third] = await browser.openMany(3);
  third.kill();
  await browser.pass(3 * BOUNDS.linkBeat);
  assert.equal(first.tabs.status().tabs, 2);
});

// ---- two that lead

test('Two tabs that both believe they lead both work, lose nothing, and end as one', async () => {
  const browser = await PlayedBrowser.start();
  browser.isCutOff = (from, to) => from && to && from.number % 2 !== to.number % 2;
  browser.lockFault = 'grants to all';
  const tabs = await browser.openMany(2);
  browser.lockFault = null;
  assert.deepEqual(browser.roles(), ['leader', 'leader']);
  tabs.forEach((tab, n) => tab.peer.dispatch({ type: 'A', n }));
  await browser.pass(1_000);
  agree(browser, [0, 1]);
  browser.isCutOff = () => false;
  tabs.forEach((tab, n) => tab.peer.dispatch({ type: 'A', n: 10 + n }));
  await browser.pass(HEALED);
  oneLeads(browser);
  agree(browser, [0, 1, 10, 11]);
  assert.equal(browser.server.sockets.size, 1);
});

test('Locks that are granted to everybody leave one leader all the same', async () => {
  const browser = await PlayedBrowser.start();
  browser.lockFault = 'grants to all';
  const tabs = await browser.openMany(4);
  tabs.forEach((tab, n) => tab.peer.dispatch({ type: 'A', n }));
  for (let round = 0; round < 5; round++) {
    await browser.pass(HEALED);
    oneLeads(browser);
  }
  agree(browser, [0, 1, 2, 3]);
});

test('Tabs that cannot hear the leader take the lead, and give it back when they hear each other', async () => {
  const browser = await PlayedBrowser.start();
  const tabs = await browser.openMany(4);
  browser.isCutOff = (from, to) => from && to && (from.number < 2) !== (to.number < 2);
  await browser.pass(HEALED);
  tabs.forEach((tab, n) => tab.peer.dispatch({ type: 'A', n }));
  await browser.pass(HEALED);
  agree(browser, [0, 1, 2, 3]);
  browser.isCutOff = () => false;
  await browser.pass(HEALED);
  oneLeads(browser);
  assert.equal(browser.server.sockets.size, 1);
});

for (let seed = 1; seed <= 20; seed++) {
  test(`Tabs that open, freeze, wake, die and are cut off agree in the end (seed ${seed})`, async () => {
    const browser = await PlayedBrowser.start();
    const random = seeded(seed);
    const pick = (list) => list[Math.floor(random() * list.length)];
    const expected = [];
    await browser.openMany(3);
    for (let step = 0; step < 30; step++) {
      const kind = Math.floor(random() * 8);
      const tab = pick(browser.alive);
      if (kind <= 2) {
        const awake = browser.alive.filter((one) => !one.isFrozen);
        if (awake.length > 0) {
          pick(awake).peer.dispatch({ type: 'A', n: step });
          expected.push(step);
        }
      } else if (kind === 3 && browser.alive.length < 6 && !browser.alive.some((one) => one.isFrozen)) {
        await browser.open();
      } else if (kind === 4) {
        tab.freeze();
      } else if (kind === 5) {
        tab.thaw();
      } else if (kind === 6) {
        const side = Math.floor(random() * 3);
        const isApart = (a, b) => a && b && (a.number % 3 === side) !== (b.number % 3 === side);
        browser.isCutOff = random() < 0.5 ? () => false : isApart;
      } else if (browser.alive.length > 2 && expected.every((n) => browser.server.core.state.includes(n))) {
        tab.kill(); // what it has written is at the server
      }
      if (random() < 0.2) { if (browser.server.isUp) browser.server.stop(); else browser.server.isUp = true; }
      await browser.pass(Math.floor(random() * 6_000));
    }
    browser.isCutOff = () => false;
    browser.server.isUp = true;
    for (const tab of browser.alive) tab.thaw();
    await browser.pass(3 * HEALED);
    oneLeads(browser);
    agree(browser, expected);
    assert.equal(browser.server.sockets.size, 1);
  });
}

// ---- what the browser denies

for (const fault of ['throws', 'fails', 'hangs', 'is late']) {
  test(`With locks of which each call ${fault}, each tab dials by itself and says so`, async () => {
    const browser = await PlayedBrowser.start();
    browser.lockFault = fault;
    const tabs = await browser.openMany(3);
    tabs.forEach((tab, n) => tab.peer.dispatch({ type: 'A', n }));
    await browser.pass(10_000);
    agree(browser, [0, 1, 2]);
    assert.deepEqual(browser.roles(), ['alone', 'alone', 'alone']);
    assert.equal(browser.server.sockets.size, 3);
    assert.match(tabs[0].tabs.status().text, /^a connection of its own: /);
    assert.match(tabs[0].reports[0], /dials by itself/);
    browser.lockFault = null;
    const other = await browser.open();
    assert.equal(other.tabs.status().role, 'leader', 'a lock that came late was let go');
  });
}

for (const [what, options] of Object.entries({
  'locks': { locks: undefined },
  'BroadcastChannel': { BroadcastChannel: undefined },
  'a BroadcastChannel that may be used': { BroadcastChannel: class { constructor() { throw new Error('denied'); } } },
})) {
  test(`Without ${what}, each tab dials by itself and says so`, async () => {
    const browser = await PlayedBrowser.start();
    const tabs = [await browser.open(options), await browser.open(options)];
    tabs.forEach((tab, n) => tab.peer.dispatch({ type: 'A', n }));
    await browser.pass(1_000);
    agree(browser, [0, 1]);
    assert.deepEqual(browser.roles(), ['alone', 'alone']);
    assert.match(tabs[0].tabs.status().text, /^a connection of its own: /);
  });
}

test('Locks that stop answering later leave a tab that dials by itself', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second] = await browser.openMany(2);
  browser.lockFault = 'hangs';
  first.freeze();
  second.peer.dispatch({ type: 'A', n: 1 });
  await browser.pass(HEALED);
  assert.equal(second.tabs.status().role, 'alone');
  assert.deepEqual(browser.server.core.state, [1]);
});

// ---- many tabs

test('Fifty tabs share one connection and agree', async () => {
  const browser = await PlayedBrowser.start();
  const tabs = await browser.openMany(50);
  tabs.forEach((tab, n) => tab.peer.dispatch({ type: 'A', n }));
  await browser.pass(2_000);
  agree(browser, tabs.map((tab, n) => n));
  assert.equal(browser.server.dialled, 1);
  browser.leader.kill();
  const before = browser.posted;
  await browser.pass(HEALED);
  oneLeads(browser);
  tabs[7].peer.dispatch({ type: 'A', n: 100 });
  await browser.pass(1_000);
  agree(browser, [...tabs.map((tab, n) => n), 100]);
  assert.equal(browser.server.sockets.size, 1);
  assert.ok(browser.posted - before < 50 * 60, `${browser.posted - before} messages`);
});

test('A tab for which the leader has no room dials by itself', async () => {
  const browser = await PlayedBrowser.start();
  const tabs = await browser.openMany(BOUNDS.links + 2);
  await browser.pass(2_000);
  const last = tabs.at(-1);
  assert.equal(last.tabs.status().role, 'alone');
  assert.match(last.tabs.status().text, /has 56 already/);
  last.peer.dispatch({ type: 'A', n: 1 });
  await browser.pass(1_000);
  agree(browser, [1]);
});

// ---- the switch, and what followers know of the server

test('The offline switch is the browser\'s: all tabs follow, and agree with each other', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second, third] = await browser.openMany(3);
  second.tabs.setOnline(false);
  await browser.pass(500);
  assert.equal(browser.server.sockets.size, 0);
  for (const tab of browser.alive) assert.equal(tab.tabs.isOnline, false);
  third.peer.dispatch({ type: 'A', n: 1 });
  await browser.pass(1_000);
  assert.deepEqual(first.peer.state, [1]);
  assert.deepEqual(second.peer.state, [1]);
  assert.deepEqual(browser.server.core.state, []);
  third.tabs.setOnline(true);
  await browser.pass(2_000);
  agree(browser, [1]);
});

test('It survives navigation and the end of the browser', async () => {
  const browser = await PlayedBrowser.start();
  const first = await browser.open();
  first.tabs.setOnline(false);
  await browser.pass(500);
  first.fire('pagehide');
  first.kill();
  const second = await browser.open();
  assert.equal(second.tabs.isOnline, false);
  assert.equal(browser.server.sockets.size, 0);
  second.tabs.setOnline(true);
  await browser.pass(1_000);
  assert.equal(browser.server.sockets.size, 1);
});

test('It is followed while the leader changes', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second] = await browser.openMany(3);
  first.freeze();
  second.tabs.setOnline(false);
  await browser.pass(HEALED);
  assert.equal(browser.leader.tabs.isOnline, false);
  first.thaw();
  await browser.pass(HEALED);
  assert.equal(first.tabs.isOnline, false);
  assert.equal(browser.server.sockets.size, 0);
});

test('Where storage is denied the switch works, and new tabs hear of it from the leader', async () => {
  const browser = await PlayedBrowser.start();
  browser.storageFault = true;
  const [first] = await browser.openMany(2);
  first.tabs.setOnline(false);
  await browser.pass(500);
  const third = await browser.open();
  await browser.pass(500);
  for (const tab of browser.alive) assert.equal(tab.tabs.isOnline, false);
  third.tabs.setOnline(true);
  await browser.pass(1_000);
  assert.equal(browser.server.sockets.size, 1);
});

test('Tabs that dial by themselves follow the switch through storage', async () => {
  const browser = await PlayedBrowser.start();
  const options = { BroadcastChannel: undefined };
  const tabs = [await browser.open(options), await browser.open(options)];
  tabs[0].tabs.setOnline(false);
  tabs[1].listeners.get('storage')({ key: 'n:switch' });
  await browser.pass(500);
  assert.equal(browser.server.sockets.size, 0);
});

test('Of two tabs that turn it at once, offline counts', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second] = await browser.openMany(2);
  first.tabs.setOnline(false);
  await browser.pass(500);
  browser.isCutOff = () => true;
  first.tabs.setOnline(true);
  first.tabs.setOnline(false);
  second.tabs.setOnline(true);
  browser.isCutOff = () => false;
  await browser.pass(HEALED);
  assert.deepEqual(browser.alive.map((tab) => tab.tabs.isOnline), [false, false]);
});

for (const text of ['', 'null', '{', '7', '{"isOnline":"no","count":1}', '{"isOnline":false,"count":-1}',
  '{"isOnline":false,"count":1e300}', `{"isOnline":false,"count":1,"x":"${'x'.repeat(200)}"}`]) {
  test(`A stored switch that is damaged counts as online: ${text.slice(0, 40)}`, async () => {
    const browser = await PlayedBrowser.start();
    browser.items.set('n:switch', text);
    const tab = await browser.open();
    assert.equal(tab.tabs.isOnline, true);
    tab.tabs.setOnline(false);
    const other = await browser.open();
    assert.equal(other.tabs.isOnline, false);
  });
}

test('A follower knows whether the leader reaches the server', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second] = await browser.openMany(2);
  const own = { phase: 'in-sync', pending: 0, received: 3, source: 'TAB1', last: 0, text: 'in sync' };
  const shown = () => badge(own, second.tabs.status());
  assert.equal(shown().text, 'in sync with 1 peer');
  browser.server.stop();
  await browser.pass(1_000);
  assert.equal(shown().phase, 'connecting');
  assert.match(shown().text, /^offline · connecting/);
  first.tabs.setOnline(false);
  await browser.pass(500);
  assert.equal(shown().text, 'offline');
  first.tabs.setOnline(true);
  browser.server.isUp = true;
  await browser.pass(2_000);
  assert.equal(shown().phase, 'in-sync');
  first.freeze();
  browser.lockFault = 'hangs';
  for (let waited = 0; second.tabs.status().server && waited < HEALED; waited += 250) await browser.pass(250);
  assert.equal(shown().phase, 'connecting', 'nobody knows');
});

test('A badge shows the worse of the two phases, and what the server lacks', () => {
  const own = { phase: 'in-sync', pending: 0, received: 3, source: 'A', last: 5, text: 'in sync' };
  const status = (server, isOnline = true) => ({ role: 'follower', isOnline, server });
  const server = { phase: 'in-sync', attempt: 0, peers: 2, expected: 9, confirmed: { A: 5 } };
  assert.equal(badge(own, status(server)).text, 'in sync with 2 peers');
  assert.equal(badge(own, status({ ...server, confirmed: { A: 4 } })).phase, 'sending');
  assert.equal(badge(own, status({ ...server, phase: 'catching-up' })).text, 'catching up 3 of 9');
  assert.equal(badge({ ...own, phase: 'connecting' }, status(server)).phase, 'connecting');
  assert.equal(badge({ ...own, pending: 2 }, status(server, false)).text, 'offline · 2 to send');
  assert.equal(badge(own, status(null)).phase, 'connecting');
  assert.equal(badge(own, { role: 'leader', isOnline: true, server: null }), own);
});

// ---- bad messages

const BAD = [
  null, 7, 'lead', [], {}, { v: 1 }, { v: 1, from: 'me', t: 'lead' }, { v: 1, from: ID, t: 'unknown' },
  { v: 1, from: ID, t: 'lead' }, { v: 1, from: ID, t: 'lead', term: -1, tabs: 1 },
  { v: 1, from: ID, t: 'lead', term: 1e300, tabs: 1 }, { v: 1, from: ID, t: 'lead', term: '9', tabs: 1 },
  { v: 1, from: ID, t: 'lead', term: NaN, tabs: 1 }, { v: 1, from: ID, t: 'lead', term: 2 ** 53, tabs: 1 },
  { v: 1, from: ID, t: 'lead', term: BOUNDS.jump * 2, tabs: 1 }, { v: 1, from: ID, t: 'lead', term: 5, tabs: 'many' },
  { v: 2, from: ID, t: 'lead', term: 5, tabs: 1 }, { v: 2, from: ID, t: 'bye' },
  { v: 1, from: ID, t: 'switch' }, { v: 1, from: ID, t: 'switch', switch: { isOnline: 0, count: 1 } },
  { v: 1, from: ID, t: 'switch', switch: { isOnline: false, count: 2 ** 52 } },
  { v: 1, from: ID, t: 'dial', link: 7 }, { v: 1, from: ID, t: 'dial', link: 'x'.repeat(100_000) },
  { v: 1, from: ID, t: 'refuse', link: null, isFull: true }, { v: 1, from: ID, t: 'bye' },
];

test('Broken messages, and those of another version, change nothing', async () => {
  const browser = await PlayedBrowser.start();
  await browser.openMany(3);
  for (const message of BAD) {
    browser.shout(message);
    await browser.pass(0);
    assert.deepEqual(browser.roles(), ['leader', 'follower', 'follower'], JSON.stringify(message));
  }
  for (const tab of browser.alive) {
    assert.equal(tab.tabs.isOnline, true);
    tab.peer.dispatch({ type: 'A', n: tab.number });
  }
  await browser.pass(1_000);
  agree(browser, [0, 1, 2]);
  assert.equal(browser.server.dialled, 1);
});

test('A page that claims to lead and answers nobody holds the others only for a while', async () => {
  const browser = await PlayedBrowser.start();
  const [, second] = await browser.openMany(3);
  browser.shout({ v: 1, from: ID, t: 'lead', term: 900, tabs: 1, server: { phase: 'in-sync' } });
  await browser.pass(HEALED);
  second.peer.dispatch({ type: 'A', n: 1 });
  await browser.pass(HEALED);
  oneLeads(browser);
  agree(browser, [1]);
});

test('What a leader says of the server is bounded, and no name of a source does harm', async () => {
  const browser = await PlayedBrowser.start();
  const [, second] = await browser.openMany(2);
  browser.isCutOff = (from) => from !== null;
  const many = Array.from({ length: 10_000 }, (_, n) => [`S${n}`, n + 1]);
  const say = (confirmed, more) => browser.shout({
    v: 1, from: ID, t: 'lead', term: 900, tabs: 1, server: { phase: 'in-sync', confirmed, ...more },
  });
  say(Object.fromEntries(many), { peers: '<script>', attempt: -1, expected: 1e300, text: 'x'.repeat(1_000) });
  await browser.pass(0);
  const { server } = second.tabs.status();
  assert.equal(Object.keys(server.confirmed).length, BOUNDS.confirmed);
  assert.deepEqual([server.peers, server.attempt, server.expected, server.text], [null, 0, null, undefined]);
  say(JSON.parse('{"__proto__":{"a":1},"constructor":"x","A":"5","B":-1,"C":7}'));
  await browser.pass(0);
  assert.deepEqual(Object.entries(second.tabs.status().server.confirmed), [['C', 7]]);
  const own = { phase: 'in-sync', pending: 0, received: 1, source: 'constructor', last: 5, text: '' };
  assert.equal(badge(own, second.tabs.status()).phase, 'sending');
});

test('A flood of questions is answered a few times', async () => {
  const browser = await PlayedBrowser.start();
  await browser.openMany(2);
  const before = browser.posted;
  for (let count = 0; count < 10_000; count++) browser.shout({ v: 1, from: ID, t: 'ask' });
  await browser.pass(1_000);
  assert.ok(browser.posted - before - 10_000 < 30);
});

test('A flood of calls takes no more room than the bound', async () => {
  const browser = await PlayedBrowser.start();
  const tab = await browser.open();
  const link = (number) => number.toString(16).padStart(32, '0');
  for (let number = 0; number < 1_000; number++) {
    browser.shout({ v: 1, from: ID, t: 'dial', to: tab.tabs.id, link: link(number) });
  }
  await browser.pass(0);
  assert.equal(tab.tabs.status().tabs, BOUNDS.links + 1);
  await browser.pass(3 * BOUNDS.linkBeat);
  assert.equal(tab.tabs.status().tabs, 1, 'who does not answer is forgotten');
  assert.equal(browser.channels.size, 1);
});

for (const [what, message] of Object.entries({
  'data that is no text': { v: 1, t: 'data', n: 1, text: { length: 3 } },
  'data that is too long': { v: 1, t: 'data', n: 1, text: 'x'.repeat(BOUNDS.message + 1) },
  'data with a wrong number': { v: 1, t: 'data', n: 900, text: 'x' },
  'data with no number': { v: 1, t: 'data', text: 'x' },
  'a receipt for what was never sent': { v: 1, t: 'taken', n: 1e15 },
  'a receipt that is no number': { v: 1, t: 'taken', n: 'all' },
})) {
  test(`A connection with ${what} ends, and the next one works`, async () => {
    const browser = await PlayedBrowser.start();
    const [first, second] = await browser.openMany(2);
    const { name } = [...browser.channels].find((channel) => channel.tab === second && channel.name !== 'n:tabs:1');
    browser.shout(message, name);
    await browser.pass(0);
    assert.equal(first.peer.sessions.size, 1, 'only the server is left');
    second.peer.dispatch({ type: 'A', n: 1 });
    await browser.pass(1_000);
    agree(browser, [1]);
  });
}

test('A connection whose other side takes nothing ends at its bound', async () => {
  const browser = await PlayedBrowser.start();
  const [first, second] = await browser.openMany(2);
  const [, link] = [...first.peer.sessions.keys()];
  second.freeze();
  const text = `"${'x'.repeat(BOUNDS.message / 2)}"`;
  let sent = 0;
  while (link.readyState === 1 && sent < 100) { link.send(text); sent += 1; }
  assert.equal(sent, Math.floor(BOUNDS.buffered / text.length) + 1);
});
