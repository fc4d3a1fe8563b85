// SPDX-License-Identifier: MIT
//
// The Primus client without a browser: sockets, timers and random numbers are played by the test.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { EventEmitter } from 'node:events';
import { Readable, Stream } from 'node:stream';
import { runInNewContext } from 'node:vm';
import { fileURLToPath } from 'node:url';
import { fakeWebSocket, settle, Clock } from './played-world.mjs';

const library = new URL('../../Web/primus.js', import.meta.url);
const Primus = createRequire(import.meta.url)(fileURLToPath(library));

/** A Primus client with a played server. `spec` is what `/primus/spec` answers; its clock stands still unless it ticks. */
function primusWorld({ isTicking = false, ...options } = {}, spec = null) {
  const clock = new Clock();
  const WebSocket = fakeWebSocket();
  const asked = [];
  const fetch = async (url) => {
    asked.push(url);
    if (!spec) throw new Error('none');
    return { ok: true, json: async () => spec };
  };
  const primus = Primus.connect('http://server:3000/?room=a%20b', {
    WebSocket, fetch, timers: clock, random: () => 0.5, now: () => 1795234766665 + (isTicking ? clock.now : 0), ...options,
  });
  const events = [];
  for (const event of ['open', 'data', 'end', 'close', 'error', 'reconnect', 'reconnect scheduled', 'reconnected', 'offline']) {
    primus.on(event, (value) => events.push(value === undefined || event === 'error' ? event : [event, value]));
  }
  clock.advance(0);
  return { clock, primus, events, asked, sockets: WebSocket.sockets, get socket() { return WebSocket.sockets.at(-1); } };
}

test('Primus connects to /primus with the query kept and a cache buster behind', async () => {
  const { socket, asked } = primusWorld();
  assert.equal(socket.url, 'ws://server:3000/primus?room=a%20b&_primuscb=Q7yL9z9');
  socket.open();
  assert.deepEqual(asked, ['http://server:3000/primus/spec?room=a%20b']);
  const plain = new Primus('https://server', { manual: true, now: () => 64 });
  assert.equal(plain.uri(), 'wss://server/primus?_primuscb=10');
  assert.ok(plain instanceof Primus);
  assert.ok(Primus('ws://server', { manual: true }) instanceof Primus);
});

test('Primus is dialled below the path of its address, or where its script came from', () => {
  const uri = (address, options, scope = Primus) => (
    new scope(address, { manual: true, now: () => 64, ...options }).uri().replace('?_primuscb=10', ''));
  assert.equal(uri('http://server/sb'), 'ws://server/sb/primus');
  assert.equal(uri('https://server/sb/'), 'wss://server/sb/primus');
  assert.equal(uri('http://server/sb/primus'), 'ws://server/sb/primus');
  assert.equal(uri('http://server/primus/'), 'ws://server/primus');
  assert.equal(uri('http://server/sb', { pathname: '/other' }), 'ws://server/other');
  // As a page runs it that was served at /sb/chat, beside the script at /sb/primus/primus.js.
  const served = (src) => {
    const window = {
      URL, setTimeout, clearTimeout, document: { currentScript: { src } },
      location: { href: 'https://server/sb/chat?page=1#x' },
    };
    window.globalThis = window;
    runInNewContext(readFileSync(library, 'utf8'), window);
    return window.Primus;
  };
  const beside = served('https://server/sb/primus/primus.js?v=1');
  assert.equal(uri(undefined, {}, beside), 'wss://server/sb/primus');
  assert.equal(uri('https://server', {}, beside), 'wss://server/sb/primus');
  assert.equal(uri('https://other', {}, beside), 'wss://other/primus');
  assert.equal(uri('https://server/app', {}, beside), 'wss://server/app/primus');
  for (const src of ['https://elsewhere/sb/primus/primus.js', 'https://server/bundle.js', '']) {
    assert.equal(uri(undefined, {}, served(src)), 'wss://server/primus', src);
  }
});

test('Primus frames are JSON of the item, with line separators escaped', () => {
  const { primus, socket, events } = primusWorld();
  primus.write('early\n');
  socket.open();
  primus.write('"SYNC"\n');
  primus.write('\u2028é\u2029');
  assert.deepEqual(socket.sent, ['"early\\n"', '"\\"SYNC\\"\\n"', '"\\u2028é\\u2029"']);
  socket.say('"\\"SYNC\\"\\n"', '{', '"primus::unknown"', '"primus::pong::1"');
  socket.onmessage({ data: new ArrayBuffer(2) });
  assert.deepEqual(events, ['open', ['data', '"SYNC"\n']]);
});

test('Primus answers any ping and asks for its id', () => {
  const { primus, socket, events } = primusWorld();
  socket.open();
  let id;
  primus.id((value) => { id = value; });
  socket.say('"primus::ping::17"', '"primus::id::abc"');
  assert.deepEqual(socket.sent, ['"primus::id::"', '"primus::pong::17"']);
  assert.equal(id, 'abc');
  assert.deepEqual(events, ['open']);
});

test('Primus pings a Primus 6 server 25 s after opening and after each pong, and reconnects without one', async () => {
  const { socket, sockets, clock, events } = primusWorld({}, { timeout: 35_000, version: '6.1.0' });
  socket.open();
  await settle();
  clock.advance(24_999);
  assert.deepEqual(socket.sent, []);
  clock.advance(1);
  assert.deepEqual(socket.sent, ['"primus::ping::1795234766665"']);
  socket.say('"primus::pong::1795234766665"');
  clock.advance(25_000);
  assert.equal(socket.sent.length, 2);
  clock.advance(10_000);
  assert.deepEqual(events, ['open', 'offline', 'close', ['reconnect scheduled', { attempt: 1, scheduled: 750, retries: 10 }]]);
  clock.advance(750);
  assert.equal(sockets.length, 2);
});

test('Primus waits for the pings of a Primus 8 server and gives up 45 s after the last', async () => {
  const { socket, clock, events } = primusWorld({}, { pingInterval: 30_000 });
  socket.open();
  await settle();
  clock.advance(30_000);
  socket.say('"primus::ping::1"');
  clock.advance(44_999);
  assert.deepEqual([socket.sent, events], [['"primus::pong::1"'], ['open']]);
  clock.advance(1);
  assert.ok(events.includes('offline'));
});

test('Primus without a spec sends no ping for 32 s, and none after a ping of the server', async () => {
  const six = primusWorld();
  six.socket.open();
  await settle();
  six.clock.advance(31_999);
  assert.deepEqual(six.socket.sent, []);
  six.clock.advance(1);
  assert.deepEqual(six.socket.sent, ['"primus::ping::1795234766665"']);
  const eight = primusWorld();
  eight.socket.open();
  await settle();
  eight.clock.advance(29_000);
  eight.socket.say('"primus::ping::5"');
  eight.clock.advance(40_000);
  assert.deepEqual(eight.socket.sent, ['"primus::pong::5"']);
});

test('Primus does not come back after primus::server::close, nor after end', () => {
  const { socket, sockets, clock, events } = primusWorld();
  socket.open();
  socket.say('"primus::server::close"');
  socket.fail();
  clock.advance(1e6);
  assert.deepEqual([events, sockets.length, socket.isClosed], [['open', 'close', 'end'], 1, true]);
  const other = primusWorld();
  other.socket.open();
  other.primus.end('bye');
  other.primus.end();
  other.primus.write('late');
  other.clock.advance(1e6);
  assert.deepEqual([other.events, other.socket.sent, other.sockets.length], [['open', 'close', 'end'], ['"bye"'], 1]);
});

test('Primus end with reconnect closes and connects anew', () => {
  const { primus, socket, sockets, clock, events } = primusWorld();
  socket.open();
  primus.end(undefined, { reconnect: true });
  assert.equal(socket.isClosed, true);
  clock.advance(750);
  sockets[1].open();
  assert.deepEqual(events, [
    'open', 'close', ['reconnect scheduled', { attempt: 1, scheduled: 750, retries: 10 }], ['reconnect', { attempt: 1 }],
    ['reconnected', {}], 'open',
  ]);
});

test('Primus delays are round((random + 1) × 500 × 2^(attempt − 1)), bounded after ten attempts', () => {
  const { sockets, clock, events } = primusWorld({ random: () => 0.25 });
  const delays = () => events.filter(([event]) => event === 'reconnect scheduled').map(([, value]) => value.scheduled);
  for (let attempt = 1; attempt <= 12; attempt++) {
    sockets.at(-1).fail();
    assert.equal(delays().length, attempt);
    clock.advance(delays().at(-1));
    assert.equal(sockets.length, attempt + 1);
  }
  assert.deepEqual(delays(), [
    ...Array.from({ length: 10 }, (_, n) => 625 * 2 ** n), 37_500, 37_500,
  ]);
});

test('Primus is a target of pipe for old and new node streams, and a source', async () => {
  const modern = primusWorld();
  modern.socket.open();
  Readable.from(['one\n', 'two\n']).pipe(modern.primus);
  await settle();
  await settle();
  assert.deepEqual(modern.socket.sent, ['"one\\n"', '"two\\n"']);
  assert.deepEqual(modern.events, ['open', 'close', 'end']);

  const { primus, socket, events } = primusWorld();
  socket.open();
  const source = new Stream();
  source.readable = true;
  source.pipe(primus);
  source.emit('data', 'line\n');
  assert.deepEqual(socket.sent, ['"line\\n"']);
  socket.fail();
  assert.equal(source.listenerCount('data'), 0, 'unpiped on close');
  const target = Object.assign(new EventEmitter(), { seen: [], write(data) { this.seen.push(data); }, end() { this.seen.push('end'); } });
  const other = primusWorld();
  assert.equal(other.primus.pipe(target), target);
  other.socket.open();
  other.socket.say('"a"');
  other.primus.end();
  assert.deepEqual(target.seen, ['a', 'end']);
  assert.ok(events.includes('close'));
});

test('Primus listeners: once, off, removeListener, removeAllListeners, emit', () => {
  const primus = new Primus('ws://server', { manual: true });
  const seen = [];
  const listener = (value) => seen.push(value);
  primus.once('x', listener);
  assert.equal(primus.emit('x', 1), true);
  assert.equal(primus.emit('x', 2), false);
  primus.on('x', listener).on('x', listener);
  assert.equal(primus.listenerCount('x'), 2);
  primus.removeListener('x', listener);
  primus.on('y', listener);
  primus.removeAllListeners();
  primus.emit('y', 3);
  assert.deepEqual(seen, [1]);
});

test('Primus passes on what is written while away only up to a bound', () => {
  const { primus, socket } = primusWorld({ queueSize: 2 });
  for (const data of ['a', 'b', 'c']) primus.write(data);
  socket.open();
  assert.deepEqual(socket.sent, ['"b"', '"c"']);
});

test('Primus is not thrown off by sleep: a fresh ping, or a fresh wait, gets its full time', async () => {
  const six = primusWorld({ isTicking: true }, { timeout: 35_000 });
  six.socket.open();
  await settle();
  six.clock.advance(25_000);
  six.clock.sleep(8 * 3_600_000);
  six.clock.advance(1);
  assert.equal(six.socket.sent.length, 2, 'a second ping');
  assert.equal(six.events.includes('offline'), false);
  six.clock.advance(9_998);
  six.socket.say('"primus::pong::1"');
  six.clock.advance(25_000);
  assert.equal(six.events.includes('offline'), false);
  six.clock.advance(10_000);
  assert.equal(six.events.includes('offline'), true, 'and a silent server is still left');

  const eight = primusWorld({ isTicking: true }, { pingInterval: 30_000 });
  eight.socket.open();
  await settle();
  eight.clock.sleep(8 * 3_600_000);
  eight.clock.advance(1);
  eight.clock.advance(44_998);
  assert.equal(eight.events.includes('offline'), false);
  eight.clock.advance(2);
  assert.equal(eight.events.includes('offline'), true);
});

test('Primus with timers once a minute, as in a hidden page, keeps its connection and leaves a dead one', async () => {
  const { socket, clock, events } = primusWorld({ isTicking: true }, { timeout: 35_000 });
  socket.open();
  await settle();
  clock.slowness = 60_000;
  let answered = 0;
  for (let time = 0; time < 60; time++) {
    clock.advance(60_000);
    while (answered < socket.sent.length) { answered += 1; socket.say('"primus::pong::1"'); }
  }
  assert.ok(answered > 20);
  assert.equal(events.includes('offline'), false);
  for (let time = 0; time < 4; time++) clock.advance(60_000);
  assert.equal(events.includes('offline'), true);
});

test('Primus dials a server that accepts and closes at once more and more rarely', () => {
  const { sockets, clock } = primusWorld({ isTicking: true });
  const waits = [];
  for (let attempt = 0; attempt < 8; attempt++) {
    const count = sockets.length;
    const start = clock.now;
    sockets.at(-1).open();
    sockets.at(-1).fail();
    while (sockets.length === count) clock.advance(25);
    waits.push(clock.now - start);
  }
  assert.ok(waits.every((wait, index) => index === 0 || wait > waits[index - 1]), `${waits}`);
  sockets.at(-1).open();
  clock.advance(Primus.BOUNDS.usefulAfter);
  const count = sockets.length;
  sockets.at(-1).fail();
  clock.advance(1_000);
  assert.equal(sockets.length, count + 1, 'one that was useful for a while is missed at once');
});

test('Primus pings at once when the page is shown or online again, and not once it has ended', async (t) => {
  const listeners = new Map();
  const target = {
    addEventListener: (event, listener) => listeners.set(event, listener),
    removeEventListener: (event) => listeners.delete(event),
  };
  Object.assign(globalThis, target, { document: { ...target, visibilityState: 'visible' } });
  t.after(() => { for (const name of ['addEventListener', 'removeEventListener', 'document']) delete globalThis[name]; });
  const { primus, socket, clock } = primusWorld({ isTicking: true }, { timeout: 35_000 });
  socket.open();
  await settle();
  const events = ['online', 'pageshow', 'visibilitychange', 'resume'];
  for (const event of events) {
    clock.advance(5_000);
    for (let time = 0; time < 5; time++) listeners.get(event)();
    socket.say('"primus::pong::1"');
  }
  assert.equal(socket.sent.length, events.length, 'one ping each');
  primus.end();
  assert.equal(listeners.size, 0);
});
