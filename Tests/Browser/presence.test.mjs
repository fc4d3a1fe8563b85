// SPDX-License-Identifier: MIT
//
// `peer.presence`, with a played server: what this page says of itself, and what it hears of others.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Clock, connected } from './played-world.mjs';

const require = createRequire(import.meta.url);
const Present = require('../../Web/present.js');
const People = require('../../Web/people.js');

const here = (source, value, sequence = 1, seconds = 30) =>
  JSON.stringify(`HERE ${sequence} ${seconds} ${JSON.stringify(value)} ${source}`);
const news = (socket) => socket.sent.flatMap((text) => text.split('\n')).filter((line) => /^"(HERE|GONE) /.test(line));
const valueOf = (line) => JSON.parse(/\{.*\}/.exec(JSON.parse(line))[0]);

/** A peer whose server has shown that it takes presence. */
async function joined(options) {
  const world = await connected(options);
  world.socket.say(here('S', { name: 'server' }));
  world.clock.advance(100);
  return world;
}

test('what a page says of itself goes to the server, and is not in the log', async () => {
  const { peer, socket } = await joined();
  peer.presence.set({ name: 'Ada' });
  assert.deepEqual(news(socket).map(valueOf), [{ name: 'Ada' }]);
  assert.deepEqual(peer.presence.own, { name: 'Ada' });
  assert.deepEqual([peer.history(), peer.status().actions, peer.status().pending], [[], 0, 0]);
});

test('what others say is told once for what came together', async () => {
  const { peer, socket } = await joined();
  let told = 0;
  const end = peer.presence.subscribe(() => { told += 1; });
  socket.say(`${here('B', { name: 'Bob' })}\n${here('A', { name: 'Ann' })}`);
  assert.equal(told, 1);
  assert.deepEqual(peer.presence.others().map(({ source, value }) => [source, value.name]),
    [['A', 'Ann'], ['B', 'Bob'], ['S', 'server']]);
  assert.equal(peer.presence.others(), peer.presence.others(), 'the same array until it changes');
  socket.say('"GONE 2 30 B"');
  assert.deepEqual([told, peer.presence.others().length], [2, 2]);
  end();
  socket.say('"GONE 2 30 A"');
  assert.equal(told, 2);
});

test('methods work without their peer before the dot, and a subscriber that fails keeps nobody from hearing', async () => {
  const { peer, socket, reports } = await joined();
  const { set, others, subscribe } = peer.presence;
  let told = 0;
  subscribe(() => { throw new Error('no'); });
  subscribe(() => { told += 1; });
  set({ a: 1 });
  socket.say(here('B', {}));
  assert.deepEqual([told, others().length, reports], [1, 2, ['subscriber']]);
});

test('a cursor that moves all the time is told ten times a second, the last place too', async () => {
  const { peer, socket, clock } = await joined();
  for (let ms = 0; ms < 1_000; ms += 10) {
    peer.presence.set({ x: ms });
    clock.advance(10);
  }
  clock.advance(200);
  const lines = news(socket);
  assert.ok(lines.length <= 12, `${lines.length} lines`);
  assert.deepEqual(valueOf(lines.at(-1)), { x: 990 });
});

test('a value that peers would refuse is an error, and the one of before holds', async () => {
  const { peer } = await joined();
  peer.presence.set({ n: 1 });
  for (const value of [undefined, 5, [], 'text', { a: 'x'.repeat(1_100) }]) {
    assert.throws(() => peer.presence.set(value), TypeError, String(value));
  }
  assert.throws(() => peer.presence.set({ n: 2 }, { lifetime: 1 }), TypeError);
  assert.deepEqual(peer.presence.own, { n: 1 });
});

test('a peer that closes says that it has gone, and nothing after that', async () => {
  const { peer, socket, clock } = await joined();
  peer.presence.set({ name: 'Ada' });
  clock.advance(100);
  peer.close();
  assert.match(news(socket).at(-1), /^"GONE \d+ \d+ ME"$/);
  assert.equal(socket.isClosed, true);
  assert.throws(() => peer.presence.set({ n: 1 }), /closed/);
  assert.deepEqual(peer.presence.others(), []);
});

test('a page that is shown again says it again, with the lifetime that it had', async () => {
  const { peer, socket, clock } = await joined();
  const document = Object.assign(new EventTarget(), { visibilityState: 'visible' });
  peer.listen(Object.assign(new EventTarget(), { document }));
  peer.presence.set({ name: 'Ada' }, { lifetime: 60 });
  clock.advance(1_100);
  const before = news(socket).length;
  document.dispatchEvent(new Event('visibilitychange'));
  clock.advance(100);
  assert.equal(news(socket).length, before + 1);
  assert.match(news(socket).at(-1), /^"HERE \d+ 60 /);
});

test('what is said without a connection is told with the next one', async () => {
  const { peer, sockets } = await connected({ dial: false });
  peer.presence.set({ name: 'Ada' });
  peer.goOnline();
  await new Promise((resolve) => setImmediate(resolve));
  sockets[0].open();
  sockets[0].say({ id: 'S', start: 0, clock: {} }, here('S', {}), '"SYNC"');
  assert.deepEqual(news(sockets[0]).map(valueOf), [{ name: 'Ada' }]);
});

// ---- what a page makes of it

const played = (others = []) => {
  const listeners = [];
  const said = [];
  const presence = { others: () => others, subscribe: (listener) => listeners.push(listener), set: (value) => said.push(value) };
  const names = new People.Names('ME');
  const timers = new Clock();
  const page = new Present.Here({ peer: { presence }, names, page: 'board', timers });
  return { page, names, timers, said, tell: () => { for (const listener of listeners) listener(); } };
};

test('a page says its name, its place and what it does, and no more than five times a second', () => {
  const { page, names, timers, said } = played();
  for (let step = 0; step < 100; step++) {
    page.say({ at: [step, step] });
    timers.advance(10);
  }
  names.choose('Ada');
  timers.advance(1_000);
  assert.ok(said.length <= 8, `${said.length} values`);
  assert.deepEqual(said[0], { page: 'board' });
  assert.deepEqual(said.at(-1), { name: 'Ada', page: 'board', at: [99, 99] });
  page.say({ at: undefined });
  timers.advance(200);
  assert.deepEqual(JSON.parse(JSON.stringify(said.at(-1))), { name: 'Ada', page: 'board' });
});

test('hostile values are nothing that a page acts on, and its listeners are called four times a second', () => {
  const values = [
    { name: '<img src=x onerror=alert(1)>', page: 'x'.repeat(500), typing: 'yes', at: [1, Infinity] },
    { name: 'y'.repeat(1_000), at: [1e9, 0], typing: true }, { name: { toString: 1 }, at: 'here' }, { at: [1, 2, 3] },
    { name: 'you', at: [3, 4] }, { name: '\u202egro.live' },
  ];
  const { page, names, timers, tell } = played(values.map((value, index) => ({ source: `evil ${index}`, value })));
  let told = 0;
  page.subscribe(() => { told += 1; });
  for (let call = 0; call < 10_000; call++) { tell(); timers.advance(0.1); }
  assert.ok(told <= 5, `told ${told} times in a second`);
  const { people } = page;
  assert.deepEqual(people.map(({ at }) => at), [null, null, null, null, [3, 4], null]);
  assert.deepEqual(people.map(({ isTyping }) => isTyping), [false, true, false, false, false, false]);
  assert.ok(people.every(({ name, page: place }) => name.length <= 33 && place.length <= 17));
  assert.equal(people[5].name, 'gro.live');
  assert.equal(names.of('evil 4', people[4].name), 'you (peer evil…)', 'nobody is taken for the reader');
});

test('the words name twenty and count the others', () => {
  const people = Array.from({ length: 1_024 }, (_, index) => ({ source: `s${index}`, name: `n${index}` }));
  const names = new People.Names('ME');
  assert.equal(Present.words(people.slice(0, 1), names), 'n0 is here');
  assert.equal(Present.words(people.slice(0, 2), names), 'n0 and n1 are here');
  assert.match(Present.words(people, names), / n19 and 1,004 others are here$/);
  assert.ok(Present.words(people, names).length < 2_000);
});
