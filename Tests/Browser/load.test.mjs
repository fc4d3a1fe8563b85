// SPDX-License-Identifier: MIT
//
// The page under load, in counts: calls of the reducer, elements copied, and how much is done in one task.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Core } from '../../Web/core.js';
import * as Scuttlebutt from '../../Web/peer.js';
import { compiled } from './module.mjs';
import { connected, seeded, settle, update } from './played-world.mjs';

const require = createRequire(import.meta.url);
const Reducers = require('../../Web/reducers.js');
const { BOUNDS, MemoryStorage } = Scuttlebutt;

const MESSAGES = 50_000;
const message = (n, source = 'x') => [{ type: 'ADD_MESSAGE', payload: `message ${n}` }, n, source];

/**
 * A world in which a call of the reducer takes `cost` ms. Tasks are done when the test says so; `tasks` has how often
 * the reducer was called in each.
 */
async function slowWorld({ reducer = Reducers.chat, cost = 0.25, ...options } = {}) {
  const waiting = [];
  const tasks = [];
  let calls = 0;
  let time = 0;
  const world = await connected({
    dial: false,
    reducer: (...values) => { calls += 1; time += cost; return reducer(...values); },
    now: () => time, nextTask: (body) => waiting.push(body), ...options,
  });
  const task = (body) => {
    const before = calls;
    body();
    tasks.push(calls - before);
  };
  const work = () => { while (waiting.length > 0) task(waiting.shift()); };
  world.peer.goOnline();
  await settle();
  world.socket.open();
  const spend = (spent) => { time += spent; };
  return { ...world, socket: world.socket, tasks, waiting, task, work, calls: () => calls, spend };
}

test('a history of 50,000 is reduced once, in slices, with one notification each for what was applied', async () => {
  const { peer, socket, tasks, task, work, calls } = await slowWorld();
  let told = 0;
  peer.subscribe(() => { told += 1; });
  const count = MESSAGES + 500; // some are left at SYNC
  socket.say({ id: 'S', clock: { x: count } });
  for (let n = 1; n <= count; n++) {
    task(() => socket.say(message(n)));
    if (n % 1_000 === 0) work();
  }
  task(() => socket.say('"SYNC"'));
  assert.equal(peer.status().phase, 'catching-up', 'not before all is reduced');
  assert.equal(await isSynced(peer), false);
  work();
  assert.equal(calls(), count + 1);
  assert.ok(Math.max(...tasks) <= BOUNDS.slice / 0.25, `${Math.max(...tasks)} in one task`);
  assert.equal(told, MESSAGES / BOUNDS.batch + 1, 'each batch, and the rest');
  assert.equal(peer.getState().messages.length, count);
  assert.equal(peer.status().phase, 'in-sync');
  assert.equal(await isSynced(peer), true);
});

async function isSynced(peer) {
  let is = false;
  peer.synced().then(() => { is = true; });
  await settle();
  return is;
}

test('what is dispatched meanwhile is seen at once, and takes its place', async () => {
  const { peer, socket, clock, task, tasks, work, waiting } = await slowWorld();
  socket.say({ id: 'S', clock: { x: 1_000 } });
  for (let n = 1; n <= 1_000; n++) socket.say(message(n));
  task(() => socket.say('"SYNC"'));
  assert.equal(waiting.length, 1);
  assert.equal(peer.getState().messages.length, 0, 'the state is the one of before');
  task(() => peer.dispatch({ type: 'ADD_MESSAGE', payload: 'mine' }));
  task(() => peer.dispatch({ type: '@LOCAL' }));
  assert.deepEqual(tasks.slice(-2), [1, 1], 'and does not wait for the rest, nor do it');
  assert.deepEqual(peer.getState().messages.map((item) => item.message), ['mine']);
  socket.say(message(500.5, 'y'), message(2_000, 'z')); // live, one of them late
  clock.advance(1);
  work();
  const texts = peer.getState().messages.map((item) => item.message);
  assert.equal(texts.length, 1_003);
  assert.deepEqual(texts.slice(499, 502), ['message 500', 'message 500.5', 'message 501']);
  assert.deepEqual(texts.slice(-2), ['mine', 'message 2000']);
});

test('what arrives meanwhile does none of the waiting work, and none of it twice', async () => {
  const { peer, socket, clock, task, tasks, work, calls } = await slowWorld();
  socket.say({ id: 'S', clock: { x: 1_000 } });
  for (let n = 1; n <= 1_000; n++) socket.say(message(n));
  task(() => socket.say('"SYNC"'));
  task(() => socket.say(message(1_001)));
  task(() => socket.say(message(600.5, 'y')));
  assert.deepEqual(tasks.slice(-2), [0, 0]);
  clock.advance(1);
  work();
  assert.equal(peer.getState().messages.length, 1_002);
  assert.equal(calls(), 1_003, 'the first call makes the initial state');
});

for (const seed of [1, 2, 3, 4, 5, 6]) {
  test(`slices, however they fall, give the state of the whole order (seed ${seed})`, async () => {
    const random = seeded(seed);
    const { peer, socket, clock: timers, work, waiting } = await slowWorld({ cost: 4 });
    socket.say({ id: 'S', clock: {} }, '"SYNC"');
    const clock = { a: 0, b: 0, c: 0 };
    for (let n = 0; n < 600; n++) {
      const source = 'abc'[Math.floor(random() * 3)];
      clock[source] += Math.ceil(random() * 3);
      const choice = random();
      if (choice < 0.8) socket.say(message(clock[source], source));
      else if (choice < 0.85) peer.dispatch({ type: 'ADD_MESSAGE', payload: `own ${n}` });
      else if (choice < 0.9) peer.replaceReducer(Reducers.chat);
      else if (waiting.length > 0) waiting.shift()();
      if (random() < 0.2) timers.advance(1);
    }
    timers.advance(1);
    work();
    while (peer.status().phase === 'catching-up') { work(); await settle(); }
    const all = peer.history().reduce(
      (state, [action, timestamp, source]) => Reducers.chat(state, action, { timestamp, source }), undefined);
    assert.deepEqual(peer.getState(), all);
  });
}

test('a server that lost its log is given it in slices', async () => {
  const { peer, socket: first, sockets, waiting, spend } = await slowWorld({ cost: 0 });
  for (let n = 1; n <= 5_000; n++) first.say(message(n));
  first.say('"SYNC"');
  peer.goOffline();
  peer.goOnline();
  await settle();
  const socket = sockets.at(-1);
  socket.open();
  const send = socket.send;
  let sent = 0;
  socket.send = (text) => { sent += 1; spend(0.25); send.call(socket, text); };
  waiting.push(() => socket.say({ id: 'S', clock: {} }, '"SYNC"'));
  let longest = 0;
  while (waiting.length > 0) {
    sent = 0;
    waiting.shift()();
    longest = Math.max(longest, sent);
  }
  assert.ok(longest <= 256 + BOUNDS.slice / 0.25, `${longest} lines in one task`);
  assert.equal(socket.sent.filter((line) => line.startsWith('[')).length, 5_000);
  assert.equal(socket.sent.at(-1), '"SYNC"');
});

test('a burst of 20,000 writes is pending until it is saved and confirmed', async () => {
  const storage = new MemoryStorage();
  let finish;
  storage.save = () => new Promise((resolve) => { finish = resolve; });
  const { peer } = await connected({ storage, reducer: Reducers.chat });
  let last;
  peer.subscribeStatus((status) => { last = status; });
  for (let n = 1; n <= 20_000; n++) peer.dispatch(message(n)[0]);
  assert.equal(last.pending, 20_000);
  finish();
  await settle();
  assert.equal(peer.status().pending, 19_999, 'the first group was the first action');
  finish();
  await settle();
  assert.equal(peer.status().phase, 'in-sync');
});

test('own actions that come home are saved in groups', async () => {
  const storage = new MemoryStorage();
  let saves = 0;
  const save = storage.save.bind(storage);
  storage.save = (records) => { saves += 1; return save(records); };
  const { peer, socket } = await connected({ storage });
  for (let n = 1; n <= 2_000; n++) socket.say(update(n, n, 'ME'));
  await peer.flush();
  assert.ok(saves <= 3, `${saves} saves`);
  assert.equal((await storage.load()).length, 2_001);
  assert.equal(peer.dispatch({ type: 'A' }).timestamp, 2_001);
});

// --------------------------------------------------------------------------------------------------- the chat

test('50,000 messages in order copy no list, and a late one copies it once', async () => {
  const copied = [];
  const { slice, concat } = Array.prototype;
  const counted = (method) => function (...values) {
    const result = method.apply(this, values);
    copied.push(result.length);
    return result;
  };
  Object.assign(Array.prototype, { slice: counted(slice), concat: counted(concat) });
  try {
    const lines = Array.from({ length: MESSAGES }, (_, n) => JSON.stringify(message(n + 1)));
    const core = await Core.open({ module: compiled, source: 'ME', reducer: Reducers.chat });
    core.restore(lines);
    core.fold(60_000);
    const before = copied.filter((length) => length > 20_000).length;
    assert.equal(before, 0);
    const session = core.openSession({ probes: false });
    core.receive(session, `{"id":"S","clock":{}}\n"SYNC"\n${JSON.stringify(message(MESSAGES - 10.5, 'late'))}`);
    core.fold(60_000);
    assert.ok(copied.filter((length) => length > 20_000).length <= 1, `${copied} copies`);
    assert.equal(core.state.messages.length, MESSAGES + 1);
  } finally {
    Object.assign(Array.prototype, { slice, concat });
  }
});

for (const seed of [1, 2, 3]) {
  test(`a state of the chat never changes, whatever is made of it and of others (seed ${seed})`, () => {
    const random = seeded(seed);
    const states = [[Reducers.chat(undefined, { type: 'INIT' }, {}), []]];
    for (let n = 1; n <= 500; n++) {
      const [state, texts] = states[Math.floor(random() * states.length)];
      const [action, timestamp, source] = message(n);
      states.push([Reducers.chat(state, action, { timestamp, source }), [...texts, action.payload]]);
    }
    for (const [state, texts] of states) assert.deepEqual(state.messages.map((item) => item.message), texts);
  });
}

test('a state of the chat that came from elsewhere is continued, and can be written and read', () => {
  const [action, timestamp, source] = message(2);
  const before = { messages: [{ message: 'one', source: 'x', timestamp: 1, id: '1-x' }] };
  const after = Reducers.chat(before, action, { timestamp, source });
  assert.equal(before.messages.length, 1);
  assert.deepEqual(JSON.parse(JSON.stringify(after)).messages.map((item) => item.message), ['one', 'message 2']);
});

// ------------------------------------------------------------------------------------------------ development

const mutants = {
  'its state': (state = { list: [] }, action) => {
    if (action.type === 'A') state.list.push(action.n);
    return state;
  },
  'the payload': (state = 0, action) => {
    if (action.type === 'A') action.payload.n += 1;
    return state;
  },
  'what it returned earlier': (state = [], action) => {
    if (state.length > 0) state[0].n += 1;
    return [...state, { n: action.n }];
  },
};

for (const [what, reducer] of Object.entries(mutants)) {
  test(`in development a reducer that changes ${what} is reported`, async () => {
    const { peer } = await connected({ dial: false, reducer, development: true });
    peer.dispatch({ type: 'A', n: 1, payload: { n: 1 } });
    peer.dispatch({ type: 'A', n: 2, payload: { n: 1 } });
    assert.match(peer.reports.at(-1)?.text ?? '', /the reducer failed for A .*in development state and actions are frozen/);
    const elsewhere = await connected({ dial: false, reducer });
    elsewhere.peer.dispatch({ type: 'A', n: 1, payload: { n: 1 } });
    assert.deepEqual(elsewhere.peer.reports, []);
  });
}

test('reducers that change nothing are left in peace, with getters, classes and long lists', async () => {
  class Cache { hits = 0; }
  const cache = new Cache();
  const reducer = (state = { cache, list: [] }, action) => {
    state.cache.hits += 1; // an instance of a class is its own business
    return { cache: state.cache, list: [...state.list, action.n], get last() { return this.list.at(-1); } };
  };
  const { peer } = await connected({ dial: false, reducer, development: true });
  for (let n = 1; n <= 3 * BOUNDS.frozen; n += 100) peer.dispatch({ type: 'A', n });
  for (const pageReducer of [Reducers.chat, Reducers.counter, Reducers.life]) {
    peer.replaceReducer(pageReducer);
    for (const type of ['ADD_MESSAGE', 'INCREMENT', 'STEP']) peer.dispatch({ type, payload: 'text' });
    peer.dispatch({ type: 'TOGGLE', payload: { x: 1, y: 1 } });
  }
  assert.deepEqual(peer.reports, []);
});

test('a page from this machine is in development, unless it says otherwise', async () => {
  const isDevelopment = async (hostname, development) => {
    const peer = await Scuttlebutt.open({
      module: compiled,
      reducer: mutants['its state'], url: 'ws://server/ws', statisticsUrl: null, online: false, source: 'ME',
      storage: new MemoryStorage(), window: { location: { hostname } }, development,
    });
    peer.dispatch({ type: 'A', n: 1 });
    return peer.reports.length > 0;
  };
  const here = ['localhost', 'app.localhost', '127.0.0.1', '[::1]'];
  const elsewhere = ['example.org', 'localhost.example.org', '127.example.org', '12.7.0.1', ''];
  for (const name of here) assert.equal(await isDevelopment(name), true, name);
  for (const name of elsewhere) assert.equal(await isDevelopment(name), false, name);
  assert.equal(await isDevelopment('localhost', false), false);
  assert.equal(await isDevelopment('example.org', true), true);
});
