// SPDX-License-Identifier: MIT
//
// Faults that were found in the page's peer once it ran on the core, one test each. Nothing listens.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BOUNDS, CoreError, MemoryStorage } from '../../Web/peer.js';
import { sourceState } from '../../Web/storage.js';
import { Link } from '../../Web/link.js';
import { makeCore } from './module.mjs';
import { Clock, connected, fakeWebSocket, settle, update } from './played-world.mjs';

test('what came in one message with a damaged line, and before it, is in the state at once', async () => {
  const { peer, socket } = await dialled();
  socket.say({ id: 'S', start: 0, clock: {} }, update(1, 1, 'S'));
  socket.onmessage({ data: `${JSON.stringify(update(2, 2, 'S'))}\n{"id": broken` });
  assert.equal(socket.isClosed, true);
  assert.deepEqual(peer.getState(), [1, 2]);
});

test('synced() waits until what came late is in the state', async () => {
  const { peer, socket, clock } = await dialled();
  for (const n of ['a', 'b']) peer.dispatch({ type: 'A', n });
  await peer.flush();
  let seen = null;
  peer.synced().then(() => { seen = peer.getState(); });
  socket.say({ id: 'S', start: 0, clock: { ME: 2 } }, update(1, 1, 'S'), '"SYNC"');
  await settle();
  peer.synced().then(() => assert.equal(peer.getState().length, 3));
  await clock.pass(10);
  assert.deepEqual(seen, ['a', 1, 'b']);
});

test('a damaged action of a closed tab keeps the others of that tab from nobody', async () => {
  const storage = Object.assign(new MemoryStorage(), { isDurable: true });
  const world = await connected({ storage });
  const line = (n) => (n === 2 ? '{"broken' : JSON.stringify(update(n, n, 'X')));
  await storage.save([1, 2, 3].map((n) => ({ source: 'X', timestamp: n, line: line(n) })));
  world.socket.fail();
  await world.clock.pass(2_000);
  world.socket.open();
  world.socket.say({ id: 'S', start: 0, clock: {} }, '"SYNC"');
  assert.deepEqual(world.peer.getState(), [1, 3]);
  assert.deepEqual(world.socket.sent.slice(1), [1, 3].map(line).concat('"SYNC"'));
  assert.deepEqual(world.reports, ['storage']);
});

test('a page starts whatever stands in its storage in place of an action', async () => {
  const sound = JSON.stringify(update(9, 9, 'ME'));
  const long = ['x'.repeat(2 ** 24 + 1), '世'.repeat(2 ** 23)];
  const damaged = [null, undefined, 7, {}, [], '', '{', '{"setAside":7}', ...long];
  const stored = damaged.map((line, index) => ({ source: 'ME', timestamp: index + 1, line }));
  stored[8].timestamp = 8;
  const { peer } = await connected({ stored: [...stored, { source: 'ME', timestamp: 9, line: sound }], dial: false });
  assert.deepEqual(peer.getState(), [9]);
});

test('an action of any length beyond the bound is a TypeError, and changes nothing', async () => {
  const { peer } = await connected();
  for (const text of ['x'.repeat(2 ** 24), '世'.repeat(2 ** 23), 'x'.repeat(11 * 2 ** 20)]) {
    assert.throws(() => peer.dispatch({ type: 'A', text }), TypeError);
  }
  assert.deepEqual(peer.history(), []);
});

test('a frame that is longer in UTF-8 than is taken at once ends the connection, however short in UTF-16', async () => {
  const { peer, socket } = await connected();
  socket.say(update('世'.repeat(2 ** 23), 1, 'S'));
  assert.equal(socket.isClosed, true, 'else what follows would leave a gap');
  assert.deepEqual(peer.history(), []);
});

test('subscribers hear of an own action also while a long history is reduced', async (t) => {
  const slice = BOUNDS.slice;
  t.after(() => { BOUNDS.slice = slice; });
  const { peer, socket, clock } = await connected({ nextTask: () => {} });
  socket.say(update(0, 100_000, 'S'));
  BOUNDS.slice = 0;
  socket.say(Array.from({ length: 1_000 }, (_, index) => JSON.stringify(update(index, index + 1, 'A'))).join('\n'));
  clock.advance(1);
  assert.equal(peer.status().phase, 'catching-up');
  const seen = [];
  peer.subscribe(() => seen.push(peer.getState().at(-1)));
  peer.dispatch({ type: 'A', n: 'own' });
  assert.deepEqual(seen, ['own']);
});

test('a core that has stopped ends the connection, says so, and what is not saved yet still is', async () => {
  let isBroken = false;
  const copy = (state) => { if (isBroken) throw new Error('played'); return [...state]; };
  const storage = Object.assign(new MemoryStorage(), { isDurable: true });
  const { peer, socket, clock, reports } = await connected({ copy, storage });
  const texts = [];
  peer.subscribeStatus(({ text }) => texts.push(text));
  peer.dispatch({ type: 'A', n: 1 });
  isBroken = true;
  assert.throws(() => {
    for (let n = 2; n < 1_000; n++) peer.dispatch({ type: 'A', n });
  }, CoreError);
  await settle();
  assert.equal(texts.at(-1), 'stopped · reload this page');
  assert.equal(socket.isClosed, true);
  assert.deepEqual(reports, ['core']);
  const dispatched = peer.history().length;
  assert.ok(dispatched > 0);
  assert.deepEqual(peer.clock(), { ME: dispatched });
  assert.equal(peer.recent(1)[0].timestamp, dispatched);
  peer.goOnline();
  await clock.pass(60_000);
  assert.equal(peer.status().phase, 'stopped');
  assert.equal((await storage.load()).filter(({ timestamp }) => timestamp > 0).length, dispatched);
  peer.close();
  assert.deepEqual(clock.waiting, [], 'no timer is left behind');
});

test('a page that is closed while it saves has saved, or asked to save, all that it dispatched', async () => {
  const storage = new SlowStorage();
  const released = [];
  const { peer } = await connected({ storage, release: (...values) => released.push(values) });
  for (const n of [1, 2, 3]) peer.dispatch({ type: 'A', n });
  let isFlushed = false;
  peer.flush().then(() => { isFlushed = true; });
  await settle();
  peer.close();
  assert.deepEqual(released, [[true, 3]]);
  const asked = storage.asked.flat().map(({ timestamp }) => timestamp);
  assert.deepEqual(new Set(asked), new Set([0, 1, 2, 3]), 'before anybody else may load');
  await storage.answer();
  assert.deepEqual(sourceState(await storage.load(), 'ME'), { isOpen: false, confirmed: 0 });
  assert.equal((await storage.load()).length, 4);
  assert.equal(isFlushed, true);
  assert.deepEqual(storage.asked, [], 'and nothing later, when the source may be somebody else\'s');
});

test('the newest own stamp is told at the end also if older own actions came home last', async () => {
  const released = [];
  const storage = Object.assign(new MemoryStorage(), { isDurable: true });
  const { peer, socket, clock } = await dialled({ storage, release: (...values) => released.push(values) });
  socket.say({ id: 'S', start: 0, clock: { ME: 7 } }, update(7, 7, 'ME'), update(7, 7, 'X'), '"SYNC"');
  await clock.pass(3_000);
  peer.dispatch({ type: 'A', n: 8 });
  peer.close();
  assert.deepEqual(released, [[true, 8]]);
});

test('a socket that throws ends its connection, and what it did not take is sent on the next', async () => {
  const world = await connected();
  world.socket.send = () => { throw new Error('played'); };
  const { timestamp } = world.peer.dispatch({ type: 'A', n: 1 });
  await settle();
  assert.equal(timestamp, 1, 'who dispatches does not hear of it');
  assert.equal(world.peer.status().phase, 'connecting');
  await world.clock.pass(1_000);
  world.socket.open();
  world.socket.say({ id: 'S', start: 0, clock: {} }, '"SYNC"');
  assert.deepEqual(world.socket.sent.slice(1), [JSON.stringify(update(1, 1, 'ME')), '"SYNC"']);
});

test('a socket beyond the sessions that the core has is closed, and one that ends makes room', async () => {
  const { peer } = await connected({ dial: false });
  const Socket = fakeWebSocket();
  const ends = Array.from({ length: 65 }, () => Object.assign(new Socket(), { readyState: 1 }));
  for (const end of ends) peer.accept(end);
  assert.deepEqual(ends.map(({ isClosed }) => isClosed).lastIndexOf(true), 64);
  assert.deepEqual(ends.filter(({ isClosed }) => isClosed).length, 1);
  ends[0].fail();
  const next = Object.assign(new Socket(), { readyState: 1 });
  peer.accept(next);
  assert.equal(next.isClosed, false);
});

test('what is sent over a socket that somebody else has opened is not kept a second time', async () => {
  const core = await makeCore();
  const host = {
    core, source: 'ME', timers: new Clock(), now: () => 0, nextTask: () => {}, probeAfter: 1, isHidden: () => false,
    opened: () => {}, heard: () => {}, moved: () => {}, ended: () => {},
  };
  const end = Object.assign(new (fakeWebSocket())(), { readyState: 1 });
  const link = new Link(host, { isDialled: false });
  link.attach(end);
  end.say({ id: 'B', start: 0, clock: {} }, '"SYNC"');
  for (let n = 0; n < 100; n++) { core.dispatch({ type: 'A', n }); link.pump(); }
  assert.equal(end.sent.length, 102);
  assert.deepEqual(link.inFlight, []);
});

test('an action that is set aside while it is put back into the storage is counted once', async () => {
  const storage = new SlowStorage();
  const world = await connected({ storage });
  const { peer } = world;
  peer.dispatch({ type: 'A', n: 1 });
  await storage.answer();
  world.socket.say('"REFUSED 1 ME"');
  await storage.answer();
  const line = update(1, 1, 'ME');
  world.socket.say(line); // it has it after all
  assert.deepEqual(peer.getState(), [1]);
  peer.status();
  world.socket.say('"REFUSED 1 ME"');
  await storage.answer();
  await settle();
  assert.deepEqual(peer.getState(), []);
  assert.equal(peer.status().pending, 0);
  assert.equal(peer.status().text, 'in sync · 1 set aside');
});

test('an action that was dismissed and that the server has after all is counted again', async () => {
  const { peer, socket } = await connected();
  peer.dispatch({ type: 'A', n: 1 });
  await peer.flush();
  socket.say('"REFUSED 1 ME"');
  peer.dismissSetAside();
  assert.equal(peer.status().received, 0);
  socket.say(update(1, 1, 'ME'));
  assert.deepEqual(peer.getState(), [1]);
  assert.equal(peer.status().received, 1);
});

test('a reducer may not replace itself', async () => {
  let peer;
  const reducer = (state = 0, action) => {
    if (action.type === 'REPLACE') peer.replaceReducer(() => 'replaced');
    return action.type === 'A' ? state + 1 : state;
  };
  const world = await connected({ reducer });
  ({ peer } = world);
  for (const type of ['A', 'REPLACE', 'A']) peer.dispatch({ type });
  assert.equal(peer.getState(), 2);
  assert.deepEqual(world.reports, ['reducer']);
});

test('who acts when an action is set aside in the middle of a history does not overtake that history', async () => {
  const world = await connected({ answersProbes: false });
  const { peer } = world;
  const long = (n) => ({ type: 'A', n, text: 'x'.repeat(2_000) });
  for (const action of [{ type: 'A', n: 1 }, long(2), long(3), { type: 'A', n: 4 }]) peer.dispatch(action);
  await peer.flush();
  await settle();
  world.socket.onclose({ code: 1009 }); // of two that are as long, one is found by it
  assert.deepEqual(peer.setAside().map(({ timestamp }) => timestamp), [2]);
  peer.subscribe(() => {
    if (peer.setAside().length === 2 && peer.history().length < 3) peer.dispatch({ type: 'A', n: 5 });
  });
  await world.clock.pass(2_000);
  world.socket.open();
  world.socket.say({ id: 'S', start: 0, clock: {} }, '"SYNC"');
  await settle();
  assert.deepEqual(peer.setAside().map(({ timestamp }) => timestamp), [2, 3], 'the other when it is to be sent again');
  const said = world.socket.sent.slice(1).map((line) => JSON.parse(line)).map((value) => value[0].n ?? value);
  assert.deepEqual(said, [1, 4, 'SYNC', 5]);
});

test('G8: a local-only action stands after what is newest, also while something late waits', async () => {
  const { peer, socket, clock } = await connected();
  socket.say(update(1, 1, 'S'), update(10, 10, 'S'), update(5, 5, 'A'));
  peer.dispatch({ type: '@local' });
  await clock.pass(10);
  assert.deepEqual(peer.getState(), [1, 5, 10, '@local']);
  assert.deepEqual(peer.stateAt(2), [1, 5]);
});

test('an action that a peer beside refused, and the server then too, is set aside', async () => {
  const { peer, socket } = await connected();
  const end = Object.assign(new (fakeWebSocket())(), { readyState: 1 });
  peer.accept(end);
  end.say({ id: 'B', start: 0, clock: {} }, '"SYNC"');
  peer.dispatch({ type: 'A', n: 1 });
  await peer.flush();
  end.say('"REFUSED 1 ME"');
  assert.deepEqual(peer.setAside(), [], 'the server has it');
  socket.say('"REFUSED 1 ME"');
  assert.deepEqual(peer.setAside().map(({ timestamp }) => timestamp), [1]);
  socket.say(update(1, 1, 'ME'));
  socket.say('"REFUSED 1 ME"');
  assert.deepEqual(peer.setAside().map(({ timestamp }) => timestamp), [1], 'and again when it was put back');
});

test('a server that lost its log gets of a withheld source what came before', async () => {
  const world = await connected({ answersProbes: false });
  const line = (n) => update(n, n, 'X', n === 3 ? { text: 'x'.repeat(1_000) } : {});
  for (const n of [1, 2, 3, 4]) world.socket.say(line(n));
  const redial = async (clock) => {
    await world.clock.pass(8_000);
    world.socket.open();
    world.socket.say({ id: 'S', start: 0, clock }, '"SYNC"');
    await settle();
    return world.socket.sent.slice(1).map((text) => JSON.parse(text)).filter(Array.isArray).map(([{ n }]) => n);
  };
  world.socket.fail();
  assert.deepEqual(await redial({ X: 2 }), [3, 4]);
  world.socket.onclose({ code: 1009 });
  assert.deepEqual(world.reports, ['withheld', 'connection']);
  assert.deepEqual(await redial({ X: 2 }), []);
  assert.equal(world.peer.status().text, 'sending · not all is taken');
  world.socket.fail();
  assert.deepEqual(await redial({}), [1, 2], 'from the refused one on its source waits');
  assert.equal(world.peer.status().text, 'sending · not all is taken');
  world.socket.fail();
  assert.deepEqual(await redial({ X: 3 }), [4], 'it has it from elsewhere');
});

test('an own action that another tab has passed on from the storage is nobody else\'s', async () => {
  const { peer, socket, reports } = await dialled();
  peer.dispatch({ type: 'A', n: 1 });
  await peer.flush();
  socket.say({ id: 'S', start: 0, clock: { ME: 1 } }, '"SYNC"');
  assert.deepEqual(reports, []);
  assert.equal(peer.status().text, 'in sync');
});

/** Saves when the test says so. */
class SlowStorage extends MemoryStorage {
  asked = [];
  #waiting = [];

  constructor() {
    super();
    this.isDurable = true;
  }

  save(records) {
    this.asked.push(records);
    return new Promise((resolve) => this.#waiting.push(resolve));
  }

  async answer() {
    while (this.asked.length > 0) {
      await super.save(this.asked.shift());
      this.#waiting.shift()();
      await settle();
    }
  }
}

/** A peer whose socket is open, and whose server has said nothing yet. */
async function dialled(options) {
  const world = await connected({ ...options, dial: false });
  world.peer.goOnline();
  await settle();
  world.socket.open();
  return { ...world, socket: world.socket };
}
