// SPDX-License-Identifier: MIT
//
// The browser peer without a browser. WebSocket, storage, timers and random numbers are played by the test.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import * as Scuttlebutt from '../../Web/peer.js';
import { compiled } from './module.mjs';
import { connected, fakeWebSocket, log, seeded, settle, update } from './played-world.mjs';

const require = createRequire(import.meta.url);
const Reducers = require('../../Web/reducers.js');
const { open, MemoryStorage, BOUNDS, compareEntries } = Scuttlebutt;

// ------------------------------------------------------------------------------------------------ the history

test('G1: stamps are ordered by timestamp, then source in UTF-16 code units', () => {
  const sorted = [
    { timestamp: 2, source: 'a' }, { timestamp: 1, source: '\ufffd' }, { timestamp: 1, source: '😀' },
    { timestamp: 1, source: 'b' }, { timestamp: 1, source: 'Z' }, { timestamp: 0.5, source: 'z' },
  ].sort(compareEntries).map(({ timestamp, source }) => `${timestamp}${source}`);
  assert.deepEqual(sorted, ['0.5z', '1Z', '1b', '1😀', '1\ufffd', '2a']);
});

for (const seed of [1, 2, 3, 4, 5]) {
  test(`G2, G3: any order and grouping of delivery gives the state of the whole order (seed ${seed})`, async () => {
    const random = seeded(seed);
    const lines = { a: [], b: [], c: [] };
    for (let n = 0; n < 400; n++) lines['abc'[n % 3]].push(update(n, 1 + Math.floor(n / 3), 'abc'[n % 3]));
    const { peer, socket, clock } = await connected();
    while (Object.values(lines).some((rest) => rest.length > 0)) {
      const rest = lines['abc'[Math.floor(random() * 3)]];
      const group = rest.splice(0, 1 + Math.floor(random() * 20));
      if (group.length > 0) socket.say(group.map((one) => JSON.stringify(one)).join('\n'));
      if (random() < 0.5) clock.advance(1);
    }
    clock.advance(1);
    assert.deepEqual(peer.getState(), Array.from({ length: 400 }, (_, n) => n));
    assert.deepEqual(peer.history().map(([action]) => action.n), peer.getState());
  });
}

test('G4: a batch of 10,000 that interleaves with 10,000 is replayed once', async () => {
  let calls = 0;
  const { peer, socket, clock } = await connected({
    now: () => 0, reducer: (state = -1) => { calls += 1; return state + 1; },
  });
  const run = (offset, source) => Array.from({ length: 10_000 }, (_, n) => (
    JSON.stringify([{ type: 'A' }, n * 2 + offset + 1, source])
  )).join('\n');
  socket.say(run(1, 'a'));
  const before = calls;
  socket.say(run(0, 'b'));
  assert.equal(calls, before, 'what is late waits for what comes right behind it');
  clock.advance(1);
  assert.equal(calls - before, 20_000);
  assert.equal(peer.getState(), 20_000);
});

test('G8: a local-only action keeps its anchored place when an earlier action arrives late', async () => {
  const { peer, socket, clock } = await connected();
  socket.say(update(1, 1, 'a'));
  peer.dispatch({ type: '@LOCAL', n: 99 });
  socket.say(update(2, 2, 'b'));
  assert.deepEqual(peer.getState(), [1, 99, 2]);
  peer.dispatch({ type: '@LOCAL', n: 100 });
  peer.dispatch({ type: '@LOCAL', n: 101 });
  socket.say(update(0, 0.5, 'c'), update(3, 3, 'a'));
  clock.advance(1);
  assert.deepEqual(peer.getState(), [0, 1, 99, 2, 100, 101, 3]);
});

test('S9: a reducer that throws makes that action a no-op and the rest goes on', async () => {
  const { peer, reports } = await connected({
    dial: false,
    reducer: (state = 0, action) => { if (action.type === 'BAD') throw new Error('no'); return action.n ? state + action.n : state; },
  });
  peer.dispatch({ type: 'A', n: 1 });
  peer.dispatch({ type: 'BAD' });
  peer.dispatch({ type: 'A', n: 2 });
  assert.equal(peer.getState(), 3);
  assert.deepEqual(reports, ['reducer']);
});

test('G17: a replaced reducer gives the state of a fresh peer with it', async () => {
  const { peer } = await connected({ dial: false });
  for (let n = 1; n <= 100; n++) peer.dispatch({ type: 'A', n });
  peer.replaceReducer((state = 0, action) => state + (action.n ?? 0));
  assert.equal(peer.getState(), 5050);
});

// --------------------------------------------------------------------------------------------------- dispatch

test('S7: a reducer may not dispatch', async () => {
  let peer;
  const world = await connected({
    dial: false, reducer: (state = 0, action) => { if (action.type === 'A') peer.dispatch({ type: 'B' }); return state; },
  });
  peer = world.peer;
  peer.dispatch({ type: 'A' });
  assert.deepEqual(world.reports, ['reducer']);
  assert.equal(peer.history().length, 1);
});

test('S14: a subscriber may dispatch, and one that fails keeps nobody else from hearing', async () => {
  const { peer, reports } = await connected({ dial: false });
  const seen = [];
  peer.subscribe(() => { throw new Error('mine'); });
  peer.subscribe(() => { if (peer.getState().length === 1) peer.dispatch({ type: 'A', n: 2 }); });
  const end = peer.subscribe(() => seen.push(peer.getState().length));
  peer.dispatch({ type: 'A', n: 1 });
  assert.deepEqual(seen, [2, 2]);
  assert.deepEqual(reports, ['subscriber', 'subscriber']);
  end();
  end();
  peer.dispatch({ type: 'A', n: 3 });
  assert.deepEqual(seen, [2, 2]);
});

test('an action that is malformed or cannot be encoded is refused before it changes anything', async () => {
  const { peer } = await connected({ dial: false });
  const cycle = { type: 'A' };
  cycle.self = cycle;
  let deep = {};
  for (let depth = 0; depth < 300; depth++) deep = { deep };
  const bad = [
    undefined, null, 5, 'A', [], {}, { type: '' }, { type: 5 }, { type: 'A', meta: null }, { type: 'A', meta: [] },
    { type: 'A', meta: 'x' }, cycle, { type: 'A', deep }, { type: 'A', n: 1n }, () => {},
  ];
  for (const action of bad) assert.throws(() => peer.dispatch(action), TypeError);
  assert.deepEqual(peer.getState(), []);
  assert.deepEqual(peer.clock(), {});
  assert.equal(peer.dispatch({ type: 'A', n: 1 }).timestamp, 1);
});

test('what is dispatched is reduced as everyone else will read it', async () => {
  const { peer } = await connected({ dial: false, reducer: (state = null, action) => action });
  const given = { type: 'A', gone: undefined, at: new Date(0), list: [undefined] };
  assert.deepEqual(peer.dispatch(given).action, { type: 'A', at: '1970-01-01T00:00:00.000Z', list: [null] });
  given.type = 'CHANGED';
  assert.equal(peer.getState().type, 'A');
});

test('an unknown update in our own name above the ceiling does not keep ours from being sent', async () => {
  const { peer, socket } = await connected();
  socket.say(update(1, 2 ** 53 - 1, 'ME'));
  peer.dispatch({ type: 'A' });
  await peer.flush();
  assert.equal(socket.sent.at(-1), '[{"type":"A"},1,"ME"]');
});

// ----------------------------------------------------------------------------------------------- conversation

test('the header has the own id first and 0 when nothing was written', async () => {
  const { socket } = await connected({ source: 'M' });
  assert.equal(socket.sent[0], '{"id":"M","start":0,"clock":{"M":0}}');
});

test('a conversation sends header, what the other lacks, SYNC, then live updates', async () => {
  const { peer, sockets, clock } = await connected({ dial: false });
  peer.dispatch({ type: 'A', n: 1 });
  peer.dispatch({ type: 'A', n: 2 });
  peer.dispatch({ type: '@LOCAL', n: 3 });
  await peer.flush();
  peer.goOnline();
  await settle();
  const [socket] = sockets;
  assert.equal(socket.url, 'ws://server/ws');
  socket.open();
  socket.say({ id: 'S', start: 0, clock: { S: 4, ME: 1 } });
  assert.deepEqual(socket.sent, [
    '{"id":"ME","start":0,"clock":{"ME":2}}', '[{"type":"A","n":2},2,"ME"]', '"SYNC"',
  ]);
  socket.say(update(4, 3, 'S'));
  assert.deepEqual(peer.getState(), [1, 2, 3], 'a history is held until SYNC');
  let told = 0;
  peer.subscribe(() => { told += 1; });
  socket.say(update(5, 4, 'S'), '"SYNC"');
  assert.equal(told, 1, 'G5: one notification for the history');
  assert.deepEqual(peer.getState(), [1, 2, 3, 4, 5]);
  assert.equal(peer.status().phase, 'in-sync');
  peer.dispatch({ type: 'A', n: 6 });
  await peer.flush();
  assert.equal(socket.sent.at(-1), '[{"type":"A","n":6},5,"ME"]');
  socket.say(update(7, 6, 'T'));
  await settle();
  assert.equal(socket.sent.length, 4, 'nothing is echoed');
  clock.advance(1);
  assert.deepEqual(peer.history().map(([action]) => action.n), [1, 2, 4, 5, 6, 7]);
});

test('a repeated header is answered with only what its clock lacks, and SYNC again', async () => {
  const { peer, socket } = await connected();
  for (let n = 1; n <= 3; n++) peer.dispatch({ type: 'A', n });
  await peer.flush();
  const before = socket.sent.length;
  socket.say({ id: 'S', clock: { ME: 2 } });
  assert.deepEqual(socket.sent.slice(before), ['[{"type":"A","n":3},3,"ME"]', '"SYNC"']);
  peer.dispatch({ type: 'A', n: 4 });
  await peer.flush();
  assert.equal(socket.sent.filter((line) => line.includes('"n":4')).length, 1);
});

test('an update before the header is accepted, and a server that lost its log gets it back byte for byte', async () => {
  const { peer, sockets } = await connected({ dial: false });
  peer.goOnline();
  await settle();
  sockets[0].open();
  const line = '[{"meta":{}, "type":"UNKNOWN", "z":1.50, "10":1, "2":2},3,"x","signature"]';
  sockets[0].say(line, { id: 'S', clock: {} }, '"SYNC"');
  assert.deepEqual(peer.clock(), { x: 3 });
  peer.goOffline();
  peer.goOnline();
  await settle();
  sockets[1].open();
  sockets[1].say({ id: 'S', clock: { S: 0 } });
  assert.deepEqual(sockets[1].sent, ['{"id":"ME","start":0,"clock":{"ME":0,"x":3}}', line, '"SYNC"']);
});

test('a history is applied at 2,000 updates, and after a pause when SYNC does not come', async () => {
  const { peer, socket, clock } = await connected({ reducer: (state = -1) => state + 1, dial: false })
    .then(async (world) => { world.peer.goOnline(); await settle(); world.socket.open(); return world; });
  const line = (n) => `[{"type":"A"},${n},"S"]`;
  for (let n = 1; n < BOUNDS.batch; n++) socket.say(line(n));
  assert.equal(peer.getState(), 0);
  assert.equal(peer.status().received, BOUNDS.batch - 1);
  socket.say(line(BOUNDS.batch));
  assert.equal(peer.getState(), BOUNDS.batch);
  socket.say(line(BOUNDS.batch + 1));
  clock.advance(1_000);
  assert.equal(peer.getState(), BOUNDS.batch + 1);
});

test('a history that was cut off is kept', async () => {
  const { peer, socket } = await connected({ dial: false })
    .then(async (world) => { world.peer.goOnline(); await settle(); world.socket.open(); return world; });
  socket.say({ id: 'S', clock: {} }, update(1, 1, 'S'));
  socket.fail();
  assert.deepEqual(peer.getState(), [1]);
});

test('G6: duplicates are ignored silently, a different action of the same stamp is reported', async () => {
  const { peer, socket, reports } = await connected();
  let told = 0;
  peer.subscribe(() => { told += 1; });
  socket.say(update(1, 1, 'x'), update(1, 1, 'x'), [{ meta: {}, n: 1, type: 'A' }, 1, 'x']);
  assert.deepEqual([told, reports], [1, []]);
  socket.say(update(2, 1, 'x'));
  assert.deepEqual([peer.getState(), reports], [[1], ['equivocation']]);
});

test('G13: an unknown action is kept, counted in the clock and skipped by the reducer', async () => {
  const { peer, socket } = await connected({ reducer: Reducers.counter });
  socket.say([{ type: 'FUTURE' }, 5, 'x'], [{ type: 'INCREMENT' }, 6, 'x']);
  assert.deepEqual(peer.getState(), { counter: 1 });
  assert.deepEqual(peer.clock(), { x: 6 });
  assert.equal(peer.history().length, 2);
});

test('an incoming update is never filtered by its type', async () => {
  const { peer, socket } = await connected();
  socket.say([{ type: '@X', n: 1 }, 1, 'x']);
  assert.deepEqual(peer.getState(), [1]);
});

test('a message may have many lines, and one that is wrong ends it there', async () => {
  const lines = [JSON.stringify(update(1, 1, 'x')), '', JSON.stringify(update(2, 2, 'x'))];
  const { peer, socket, reports } = await connected({ serverClock: { x: 2 } });
  socket.say(lines.join('\n'), `${JSON.stringify(update(3, 3, 'x'))}\n`);
  assert.deepEqual([peer.getState(), reports], [[1, 2, 3], []]);
  socket.say([JSON.stringify(update(4, 4, 'x')), '[1,', JSON.stringify(update(5, 5, 'x'))].join('\n'));
  assert.deepEqual([peer.getState(), reports, socket.isClosed], [[1, 2, 3, 4], ['connection'], true]);
});

test('a page dials beside itself and asks for many lines a message, or dials what it is told', async () => {
  const location = { href: 'https://host/a/chat?x=1', hostname: 'host' };
  for (const [url, dialled] of [[undefined, 'wss://host/a/ws?batch=1'], ['ws://other/ws', 'ws://other/ws']]) {
    const WebSocket = fakeWebSocket();
    const asked = [];
    const peer = await open({
      module: compiled,
      reducer: log, window: { location }, storage: new MemoryStorage(), url, WebSocket,
      fetch: async (address) => { asked.push(address); return { ok: false }; },
    });
    await settle();
    WebSocket.sockets[0].open();
    assert.deepEqual([WebSocket.sockets[0].url, asked[0]],
      [dialled, url ? 'http://other/statistics' : 'https://host/a/statistics']);
    peer.close();
  }
});

test('malformed updates are refused, move nothing, and the connection stays', async () => {
  const { peer, socket, reports } = await connected();
  let deep = 0;
  for (let depth = 0; depth < 260; depth++) deep = [deep];
  const bad = [
    '[]', '[null,1,"x"]', '[{"type":"A"},1]', '[{"type":"A"},"1","x"]', '[{"type":"A"},1,5]', '[{"type":"A"},0,"x"]',
    '[{"type":"A"},-1,"x"]', '[{"type":"A"},1e999,"x"]', '[{"type":"A"},9007199254740992,"x"]', '[{"type":"A"},null,"x"]',
    '[{"type":"A"},1,"__proto__"]', '[{"type":"A"},1,"toString"]', '[{"type":"A"},1,"\\ud800"]', '[{"type":5},1,"x"]',
    '[{"type":""},1,"x"]', '[{},1,"x"]', '[5,1,"x"]', '[[],1,"x"]', '[{"type":"A","meta":null},1,"x"]',
    '[{"type":"A","meta":[]},1,"x"]', JSON.stringify([{ type: 'A', deep }, 1, 'x']),
    JSON.stringify([{ type: 'A' }, 1, 'x'.repeat(BOUNDS.maximumSource + 1)]),
  ];
  socket.say(...bad);
  assert.deepEqual(reports, bad.map(() => 'refused'));
  assert.deepEqual(peer.clock(), {});
  assert.deepEqual(peer.getState(), []);
  assert.equal(socket.isClosed, false);
  socket.say(update(1, 1, 'x'));
  assert.deepEqual(peer.getState(), [1]);
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 2);
});

test('numbers, null, unknown strings, empty lines and binary frames are ignored', async () => {
  const { peer, socket, reports } = await connected();
  socket.say('5', 'null', 'true', '"HELLO"', '');
  socket.onmessage({ data: new ArrayBuffer(3) });
  assert.deepEqual(reports, []);
  assert.equal(peer.status().phase, 'in-sync');
});

for (const line of ['{', '{"id":"S"}', '{"id":"S","clock":0}', '[1,']) {
  test(`the line ${line} ends the connection, which is dialled again`, async () => {
    const { peer, socket, sockets, clock, reports } = await connected();
    socket.say(line);
    assert.equal(socket.isClosed, true);
    assert.deepEqual(reports, ['connection']);
    assert.equal(peer.status().phase, 'connecting');
    clock.advance(1_000);
    await settle();
    assert.equal(sockets.length, 2);
  });
}

test('a clock that is truthy but no object means the peer knows nothing', async () => {
  const { peer, socket } = await connected();
  peer.dispatch({ type: 'A', n: 1 });
  await peer.flush();
  socket.say('{"id":"S","clock":5}');
  assert.deepEqual(socket.sent.slice(-2), ['[{"type":"A","n":1},1,"ME"]', '"SYNC"']);
});

test('a slow socket is not handed more than it takes, and SYNC comes after the history', async () => {
  const { peer, sockets, clock } = await connected({ dial: false });
  for (let n = 1; n <= 5; n++) peer.dispatch({ type: 'A', n });
  await peer.flush();
  peer.goOnline();
  await settle();
  const [socket] = sockets;
  socket.open();
  socket.bufferedAmount = BOUNDS.buffered + 1;
  socket.say({ id: 'S', clock: {} }, '"SYNC"');
  clock.advance(100);
  peer.dispatch({ type: 'A', n: 6 });
  await peer.flush();
  assert.equal(socket.sent.length, 1);
  assert.equal(peer.status().phase, 'catching-up');
  socket.bufferedAmount = 0;
  clock.advance(20);
  assert.deepEqual(socket.sent.slice(1).map((line) => JSON.parse(line)[0].n ?? 'SYNC'), [1, 2, 3, 4, 5, 6, 'SYNC']);
  assert.equal(peer.status().phase, 'in-sync');
});

// --------------------------------------------------------------------------------------------- offline, saving

test('G19: an own action is saved before it is sent', async () => {
  let finish;
  const storage = new MemoryStorage();
  const save = storage.save.bind(storage);
  storage.save = (records) => new Promise((resolve) => { finish = () => resolve(save(records)); });
  const { peer, socket } = await connected({ storage });
  const before = socket.sent.length;
  peer.dispatch({ type: 'A', n: 1 });
  await settle();
  assert.deepEqual([peer.getState(), socket.sent.length], [[1], before]);
  assert.equal(peer.status().pending, 1);
  socket.say({ id: 'S', clock: {} });
  assert.equal(socket.sent.at(-1), '"SYNC"', 'nor as history');
  finish();
  await peer.flush();
  assert.equal(socket.sent.at(-1), '[{"type":"A","n":1},1,"ME"]');
  assert.equal(peer.status().pending, 0);
});

test('an action that cannot be saved waits and is sent once it is', async () => {
  const storage = new MemoryStorage();
  const save = storage.save.bind(storage);
  storage.save = () => Promise.reject(new Error('full'));
  const { peer, socket, clock, reports } = await connected({ storage });
  peer.dispatch({ type: 'A', n: 1 });
  await settle();
  assert.deepEqual(reports, ['storage']);
  assert.ok(!socket.sent.some((line) => line.startsWith('[')));
  storage.save = save;
  peer.dispatch({ type: 'A', n: 2 });
  clock.advance(BOUNDS.backOffLast);
  await peer.flush();
  assert.deepEqual(socket.sent.slice(-2), ['[{"type":"A","n":1},1,"ME"]', '[{"type":"A","n":2},2,"ME"]']);
});

test('G19: a reload gives the same actions and never re-uses a timestamp', async () => {
  const storage = new MemoryStorage();
  const { peer } = await connected({ dial: false, storage });
  for (let n = 1; n <= 3; n++) peer.dispatch({ type: 'A', n });
  peer.dispatch({ type: '@LOCAL', n: 9 });
  await peer.flush();
  peer.close();
  assert.throws(() => peer.dispatch({ type: 'A' }));
  const again = await connected({ storage, stored: await storage.load() });
  assert.deepEqual(again.peer.getState(), [1, 2, 3], 'G8: local actions end with the page');
  assert.equal(again.peer.dispatch({ type: 'A', n: 4 }).timestamp, 4);
  assert.deepEqual(again.socket.sent.slice(1, 4).map((line) => JSON.parse(line)[1]), [1, 2, 3]);
});

test('what a closed tab left is passed on as its own source, in order', async () => {
  const storage = new MemoryStorage();
  const first = await connected({ dial: false, storage, source: 'OLD' });
  first.peer.dispatch({ type: 'A', n: 1 });
  first.peer.dispatch({ type: 'A', n: 2 });
  await first.peer.flush();
  storage.isDurable = true;
  const { peer, socket } = await connected({ storage, source: 'NEW' });
  assert.deepEqual(peer.getState(), [1, 2]);
  assert.deepEqual(socket.sent, [
    '{"id":"NEW","start":0,"clock":{"NEW":0,"OLD":2}}', '[{"type":"A","n":1},1,"OLD"]', '[{"type":"A","n":2},2,"OLD"]', '"SYNC"',
  ]);
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 3);
});

test('the actions of a tab that is alive are left to it', async () => {
  const storage = new MemoryStorage();
  storage.isDurable = true;
  const first = await connected({ dial: false, storage, source: 'ALIVE' });
  first.peer.dispatch({ type: 'A', n: 1 });
  await first.peer.flush();
  const held = ['scuttlebutt:ALIVE'];
  const locks = { query: async () => ({ held: held.map((name) => ({ name })) }) };
  const { peer, sockets } = await connected({ storage, locks });
  assert.deepEqual(peer.getState(), []);
  held.pop();
  peer.goOffline();
  peer.goOnline();
  await settle();
  assert.deepEqual(peer.getState(), [1]);
  assert.equal(sockets.length, 2);
});

/** Web Locks and sessionStorage, played. */
function fakeLocks() {
  const held = new Set();
  return {
    held,
    async request(name, options, body) {
      if (held.has(name)) return body(null);
      held.add(name);
      try { return await body({ name }); } finally { held.delete(name); }
    },
    query: async () => ({ held: [...held].map((name) => ({ name })) }),
  };
}

function fakeSession(copy = []) {
  const items = new Map(copy);
  return { items, getItem: (key) => items.get(key) ?? null, setItem: (key, value) => items.set(key, value), removeItem: (key) => items.delete(key) };
}

test('a reload keeps the source, a duplicated tab gets another, with and without Web Locks', async () => {
  for (const locks of [undefined, fakeLocks()]) {
    const session = fakeSession();
    const claim = (of) => Scuttlebutt.claimSource({ name: 'n', stored: [], session: of, locks });
    const first = await claim(session);
    assert.match(first.source, /^[0-9A-F]{39}$/);
    const duplicate = await claim(fakeSession(session.items));
    assert.notEqual(duplicate.source, first.source);
    first.release();
    await settle();
    assert.equal((await claim(session)).source, first.source);
  }
});

test('with Web Locks a new tab adopts the source of a closed one, but not one that is long', async () => {
  const stored = [{ source: 'A1', timestamp: 1, line: '' }, { source: 'B2', timestamp: 1, line: '' }];
  for (let n = 0; n < BOUNDS.retireAfter; n++) stored.push({ source: 'LONG', timestamp: n + 1, line: '' });
  const locks = fakeLocks();
  const claim = () => Scuttlebutt.claimSource({ name: 'n', stored, session: fakeSession(), locks });
  const sources = [(await claim()).source, (await claim()).source, (await claim()).source];
  assert.deepEqual(sources.slice(0, 2), ['A1', 'B2']);
  assert.match(sources[2], /^[0-9A-F]{39}$/);
});

test('a damaged stored action is left out and reported', async () => {
  const stored = [{ source: 'ME', timestamp: 1, line: '{' }, { source: 'ME', timestamp: 2, line: '[{"type":"A","n":2},2,"ME"]' }];
  const { peer, reports } = await connected({ dial: false, stored });
  assert.deepEqual([peer.getState(), reports], [[2], ['storage']]);
  assert.deepEqual(peer.reports.map((report) => report.kind), ['storage']);
});

test('G10: a thousand reconnects send nothing twice and leave nothing behind', async () => {
  const { peer, sockets, clock } = await connected();
  peer.dispatch({ type: 'A', n: 1 });
  await peer.flush();
  for (let round = 0; round < 1_000; round++) {
    const count = sockets.length;
    sockets.at(-1).fail();
    clock.advance(BOUNDS.backOffLast);
    await settle();
    assert.equal(sockets.length, count + 1);
    sockets.at(-1).open();
    sockets.at(-1).say({ id: 'S', clock: { ME: 1 } }, '"SYNC"');
    assert.deepEqual(sockets.at(-1).sent, ['{"id":"ME","start":0,"clock":{"ME":1}}', '"SYNC"']);
  }
  assert.ok(clock.waiting.length <= 1, `${clock.waiting.length} timers`);
  assert.equal(sockets[3].onmessage, null);
});

test('the badge tells offline, connecting, catching up n of m, in sync with n peers', async () => {
  const fetch = async () => ({ ok: true, json: async () => ({ connected: 3, actions: 40 }) });
  const { peer, sockets, clock } = await connected({ dial: false, fetch, statisticsUrl: 'http://server/statistics' });
  const texts = [];
  peer.subscribeStatus((status) => { if (texts.at(-1) !== status.text) texts.push(status.text); });
  assert.equal(peer.status().text, 'offline');
  peer.dispatch({ type: 'A' });
  assert.equal(peer.status().text, 'offline · 1 to send');
  peer.goOnline();
  await settle();
  sockets[0].open();
  await settle();
  assert.equal(peer.status().text, 'catching up 1 of 40');
  sockets[0].say({ id: 'S', clock: {} }, '"SYNC"');
  await peer.synced();
  assert.equal(peer.status().text, 'in sync with 3 peers');
  assert.equal(texts[1], 'offline · connecting (attempt 1) · 1 to send');
  peer.goOffline();
  assert.equal(peer.status().text, 'offline');
  assert.equal(clock.waiting.length, 0);
});

test('a server that knows no probes and stops answering its statistics is given up', async () => {
  let isUp = true;
  const fetch = async () => { if (!isUp) throw new Error('unreachable'); return { ok: true, json: async () => ({}) }; };
  const { peer, clock } = await connected({ fetch, statisticsUrl: 'http://server/statistics', knowsProbes: false });
  await settle();
  isUp = false;
  clock.advance(BOUNDS.statisticsPeriod);
  await settle();
  assert.equal(peer.status().phase, 'in-sync');
  clock.advance(BOUNDS.statisticsPeriod);
  await settle();
  assert.equal(peer.status().phase, 'connecting');
});
