// SPDX-License-Identifier: MIT
//
// Bounds that differ: what the page sends and the server does not take. One action is set aside and told, what was
// written later arrives, the others agree with the page, and the wait between dials grows.
import test, { after, before, describe } from 'node:test';
import assert from 'node:assert/strict';
import { BOUNDS, MemoryStorage } from '../../Web/peer.js';
import { connected, settle, update } from './played-world.mjs';
import { Server as RealServer } from './server.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';


const big = (n, size = 1_000) => ({ type: 'A', n, text: 'x'.repeat(size) });

/** A server with a log that closes, with `code`, a connection on which something comes that it does not take. */
class Server {
  log = [];
  dials = []; // when

  constructor({ code, takes }) {
    Object.assign(this, { code, takes });
  }

  clock() {
    const clock = {};
    for (const [, timestamp, source] of this.log) clock[source] = timestamp;
    return clock;
  }

  /** Lets time pass, and greets whoever dials. */
  async pass(world, time) {
    for (let passed = 0; passed < time; passed += 250) {
      for (const socket of world.sockets) if (!socket.isGreeted) this.#greet(socket, world);
      await world.clock.pass(250);
    }
  }

  #greet(socket, { clock }) {
    socket.isGreeted = true;
    this.dials.push(clock.now);
    const send = socket.send.bind(socket);
    let isOver = false;
    socket.send = (text) => {
      if (isOver) return;
      send(text);
      const value = JSON.parse(text);
      if (!Array.isArray(value)) return;
      if (!this.takes(value, text)) {
        isOver = true;
        queueMicrotask(() => socket.onclose?.({ code: this.code }));
        return;
      }
      assert.ok(value[1] > (this.clock()[value[2]] ?? 0), 'of one source, nothing comes after something later');
      this.log.push(value);
    };
    socket.open();
    socket.say({ id: 'S', clock: this.clock() }, '"SYNC"');
  }

  numbers() { return this.log.map(([action]) => action.n); }
}

async function meet(server, options = {}) {
  const world = await connected({ dial: false, ...options });
  world.peer.goOnline();
  await settle();
  return world;
}

const short = (update, text) => text.length <= 500;

for (const code of [1009, 1006, 1000, undefined]) {
  for (const knowsProbes of [true, false]) {
    const server = () => new Server({ code, takes: short });
    const words = `closes with ${code}${knowsProbes ? '' : ' and answers no probes'}`;

    test(`an action that is too long for a server that ${words} is set aside, later ones arrive`, async () => {
      const it = server();
      const storage = new MemoryStorage();
      const world = await meet(it, { storage, knowsProbes });
      const { peer } = world;
      peer.dispatch({ type: 'A', n: 1 });
      peer.dispatch(big(2));
      peer.dispatch({ type: 'A', n: 3 });
      peer.dispatch({ type: 'A', n: 4 });
      assert.deepEqual(peer.getState(), [1, 2, 3, 4]);
      await it.pass(world, 240_000);
      assert.deepEqual(it.numbers(), [1, 3, 4]);
      assert.deepEqual(peer.getState(), [1, 3, 4], 'the page shows what everybody has');
      assert.deepEqual(peer.setAside().map(({ action, timestamp }) => [action.n, timestamp]), [[2, 2]]);
      assert.equal(world.reports.filter((kind) => kind === 'set-aside').length, 1);
      assert.deepEqual([peer.status().text, peer.status().pending], ['in sync · 1 set aside', 0]);
      const count = it.dials.length;
      await it.pass(world, 60_000);
      assert.equal(it.dials.length, count, 'and the connection stays');
      peer.dispatch({ type: 'A', n: 5 });
      await it.pass(world, 1_000);
      assert.deepEqual(it.numbers(), [1, 3, 4, 5]);

      // A reload keeps what was set aside, and sends it no more.
      peer.close();
      const again = await meet(it, { storage, knowsProbes, stored: await storage.load() });
      await it.pass(again, 30_000);
      assert.deepEqual(again.peer.getState(), [1, 3, 4, 5]);
      assert.equal(again.peer.setAside()[0].action.text.length, 1_000);
      assert.equal(again.peer.dispatch({ type: 'A', n: 6 }).timestamp, 6);
      again.peer.dismissSetAside();
      await again.peer.flush();
      assert.deepEqual([again.peer.setAside(), again.peer.status().setAside], [[], 0]);
      again.peer.close();
      const last = await meet(it, { storage, knowsProbes, stored: await storage.load() });
      assert.deepEqual([last.peer.getState(), last.peer.setAside(), last.reports], [[1, 3, 4, 5, 6], [], []]);
    });
  }
}

test('once a length was refused, as much is refused at dispatch, and changes nothing', async () => {
  const it = new Server({ code: 1009, takes: short });
  const world = await meet(it);
  const { peer } = world;
  peer.dispatch(big(1));
  peer.dispatch(big(2, 2_000));
  await it.pass(world, 10_000);
  assert.equal(peer.setAside().length, 2);
  assert.throws(() => peer.dispatch(big(3)), (error) => (
    error instanceof TypeError && /too long: \d+ bytes, and the server refused \d+/.test(error.message)));
  peer.dispatch({ type: 'A', n: 4 });
  await it.pass(world, 1_000);
  assert.deepEqual([it.numbers(), peer.getState()], [[4], [4]]);
  assert.ok(it.dials.length <= 3);
});

test('the wait between dials grows while a server objects', async () => {
  const it = new Server({ code: 1006, takes: () => false });
  const world = await meet(it);
  for (let n = 0; n < 20; n++) world.peer.dispatch({ type: 'A', n });
  await it.pass(world, 120_000);
  const waits = it.dials.slice(1).map((at, index) => at - it.dials[index]);
  assert.ok(waits.slice(0, 5).every((wait, index) => index === 0 || wait >= waits[index - 1]), `${waits}`);
  assert.ok(waits.slice(5).every((wait) => wait >= BOUNDS.backOffLast / 2), `${waits}`);
});

test('the wait grows also if each connection was useful for a while before the server objects', async () => {
  const it = new Server({ takes: () => true });
  const world = await meet(it);
  const waits = [];
  for (let time = 0; time < 5; time++) {
    while (world.sockets.every((socket) => socket.isGreeted)) await it.pass(world, 250);
    await it.pass(world, 500);
    const socket = world.sockets.at(-1);
    socket.answersProbes = false;
    world.peer.dispatch({ type: 'A', n: time });
    await it.pass(world, 2 * BOUNDS.usefulAfter);
    it.log = []; // it forgets what it took
    const count = world.sockets.length;
    const start = world.clock.now;
    socket.fail();
    while (world.sockets.length === count) await world.clock.pass(250);
    waits.push(world.clock.now - start);
  }
  assert.ok(waits[4] >= 4 * waits[0], `${waits}`);
});

test('an action is not blamed for what happened to its connection once or twice', async () => {
  let broken = 0;
  const it = new Server({ takes: () => ++broken > BOUNDS.suspicion + BOUNDS.blame - 1 });
  const world = await meet(it);
  world.peer.dispatch({ type: 'A', n: 1 });
  await it.pass(world, 120_000);
  assert.equal(broken, BOUNDS.suspicion + BOUNDS.blame);
  assert.deepEqual([it.numbers(), world.peer.setAside(), world.peer.getState()], [[1], [], [1]]);
});

test('a server that breaks now and then is not taken for one that objects', async () => {
  const it = new Server({ takes: () => true });
  const world = await meet(it);
  for (let n = 0; n < 40; n++) {
    world.sockets.at(-1).answersProbes = false;
    world.peer.dispatch({ type: 'A', n });
    await it.pass(world, 1_000);
    world.sockets.at(-1).fail();
    await it.pass(world, 20_000);
  }
  assert.deepEqual(it.numbers(), Array.from({ length: 40 }, (_, n) => n));
  assert.equal(world.peer.status().setAside, 0);
});

test('a long update of somebody else is not left out: its source waits, others go on', async () => {
  const it = new Server({ code: 1009, takes: short });
  const world = await meet(it);
  const { peer } = world;
  await it.pass(world, 1_000);
  world.sockets[0].say(update(1, 1, 'x'), [big(2), 2, 'x'], update(3, 3, 'x'), update(4, 1, 'y'));
  peer.dispatch({ type: 'A', n: 5 });
  await it.pass(world, 1_000);
  assert.deepEqual(it.numbers(), [5]);
  it.log = []; // a server that lost its log
  world.sockets[0].fail();
  await it.pass(world, 30_000);
  const taken = () => it.log.map(([action, , source]) => `${action.n} of ${source}`).sort();
  assert.deepEqual(taken(), ['1 of x', '4 of y', '5 of ME']);
  assert.deepEqual(peer.status().text, 'sending · not all is taken');
  assert.deepEqual(peer.getState().slice().sort(), [1, 2, 3, 4, 5], 'nothing is taken back');
  it.log.push([{ type: 'A', n: 2 }, 2, 'x']); // it comes another way
  world.sockets.at(-1).fail();
  await it.pass(world, 30_000);
  assert.deepEqual(taken(), ['1 of x', '2 of x', '3 of x', '4 of y', '5 of ME']);
  assert.equal(peer.status().text, 'in sync');
});

test('what a closed tab left and the server does not take is set aside as well', async () => {
  const storage = new MemoryStorage();
  const first = await connected({ dial: false, storage, source: 'OLD' });
  first.peer.dispatch(big(1));
  first.peer.dispatch({ type: 'A', n: 2 });
  await first.peer.flush();
  const it = new Server({ code: 1009, takes: short });
  const world = await meet(it, { storage, stored: await storage.load(), source: 'NEW' });
  await it.pass(world, 10_000);
  assert.deepEqual([it.numbers(), world.peer.getState()], [[2], [2]]);
  assert.equal(world.peer.setAside()[0].source, 'OLD');
});

test('an action is counted in the longest form in which it may travel', async () => {
  const { peer } = await connected({ dial: false });
  // A quotation mark is two bytes in the line, and four in an item of Primus.
  const quotes = (count) => ({ type: 'A', text: '"'.repeat(count) });
  const reserve = 10_000; // more than a stamp takes
  assert.throws(() => peer.dispatch(quotes(BOUNDS.maximumLine / 4)), TypeError);
  assert.deepEqual(peer.getState(), []);
  peer.dispatch(quotes(BOUNDS.maximumLine / 4 - reserve));
  const separators = (count) => ({ type: 'A', text: '\u2028'.repeat(count) });
  assert.throws(() => peer.dispatch(separators(BOUNDS.maximumLine / 6)), TypeError);
  peer.dispatch(separators(BOUNDS.maximumLine / 6 - reserve));
});

test('a line is counted in bytes', async () => {
  const { socket, reports } = await connected();
  socket.say(JSON.stringify([{ type: 'A', text: 'é'.repeat(BOUNDS.maximumLine / 2) }, 1, 'x']));
  assert.deepEqual([socket.isClosed, reports], [true, ['connection']]);
});

test('a line in a message of many is bounded, not the message', async () => {
  const { peer, socket } = await connected();
  const long = (n) => JSON.stringify(update(n, n, 'x', { text: 'x'.repeat(BOUNDS.maximumLine * 0.6) }));
  socket.say(`${long(1)}\n${long(2)}`);
  assert.deepEqual([peer.getState(), socket.isClosed], [[1, 2], false]);
});

test('a server that takes no header of ours is dialled rarely, and nothing is set aside', async () => {
  const { peer, clock, sockets } = await connected();
  sockets[0].onclose({ code: 1009 });
  assert.match(peer.reports.at(-1).text, /takes no header/);
  await clock.pass(BOUNDS.backOffLast / 2);
  assert.equal(sockets.length, 1);
  assert.equal(peer.status().setAside, 0);
});

// ------------------------------------------------------------------------------------------ what the server tells

test('an action that the server says it refused is set aside, later ones go on', async () => {
  const storage = new MemoryStorage();
  const { peer, socket, reports } = await connected({ storage, answersProbes: false });
  for (const n of [1, 2, 3]) peer.dispatch({ type: 'A', n });
  await peer.flush();
  socket.say('"REFUSED 2 ME"');
  assert.deepEqual([peer.getState(), peer.status().pending], [[1, 3], 2], 'the others are not confirmed yet');
  assert.deepEqual(peer.setAside(), [
    { action: { type: 'A', n: 2 }, timestamp: 2, source: 'ME', reason: 'refused by the server' }]);
  socket.say('"PONG"', '"PONG"', '"REFUSED 2 ME"');
  await peer.flush();
  assert.deepEqual([peer.status().text, reports], ['in sync · 1 set aside', ['set-aside']]);
  assert.equal(peer.dispatch({ type: 'A', n: 4 }).timestamp, 4);
  await peer.flush();
  assert.match(socket.sent.at(-1), /^\[\{"type":"A","n":4\},4,/);
  peer.close();
  const again = await connected({ storage, stored: await storage.load(), serverClock: { ME: 1 } });
  assert.deepEqual([again.peer.getState(), again.peer.setAside().length], [[1, 3, 4], 1]);
  assert.ok(!again.socket.sent.some((line) => line.includes('"n":2')), 'it is sent no more');
});

test('a source with spaces and a surrogate pair is told by its name', async () => {
  const source = 'a b \u{1f600} ';
  const { peer, socket } = await connected({ source, answersProbes: false });
  peer.dispatch({ type: 'A', n: 1 });
  await peer.flush();
  socket.say(JSON.stringify(`REFUSED 1 ${source}`));
  assert.deepEqual([peer.getState(), peer.setAside().length], [[], 1]);
});

test('a refusal of what was never sent, of a stranger, or of nothing takes nothing back', async () => {
  const storage = new MemoryStorage();
  storage.save = () => new Promise(() => {});
  const { peer, socket, reports } = await connected({ storage });
  socket.say(update(1, 1, 'x'));
  peer.dispatch({ type: 'A', n: 2 });
  for (const text of [
    'REFUSED 2 ME', 'REFUSED 3 ME', 'REFUSED 1 y', 'REFUSED', 'REFUSED ', 'REFUSED 1', 'REFUSED x ME', 'REFUSED NaN ME',
    'REFUSED  ME', 'REFUSED 1e999 ME', 'refused 1 x', `REFUSED 1 ${'x'.repeat(100_000)}`,
  ]) socket.say(JSON.stringify(text));
  assert.deepEqual([peer.getState(), peer.setAside(), reports, socket.isClosed], [[1, 2], [], [], false]);
  socket.say('"REFUSED 1 x"');
  assert.deepEqual([peer.getState(), reports], [[1, 2], []], 'what others wrote is not ours to take back');
});

test('what a closed tab left and the server says it refused is set aside as well', async () => {
  const storage = new MemoryStorage();
  const first = await connected({ dial: false, storage, source: 'OLD' });
  for (const n of [1, 2]) first.peer.dispatch({ type: 'A', n });
  await first.peer.flush();
  const { peer, socket } = await connected({ storage, stored: await storage.load(), source: 'NEW' });
  socket.say('"REFUSED 1 OLD"');
  assert.deepEqual([peer.getState(), peer.setAside()[0].source], [[2], 'OLD']);
});

describe('in a browser', { skip: obstacle() ?? false, timeout: 60_000 }, () => {
  let driver;
  before(async () => { driver = await Driver.start(); });
  after(() => endEverything(driver));

  test('a real server refuses what nests deeper than its --max-depth, and everybody agrees', async (t) => {
    const server = await RealServer.during(t, { options: ['--max-depth', '8'] });
    const { window } = await driver.open();
    await window.visit(`${server.url}/counter`);
    const [setAside, states, pending] = await window.run(`
      const deep = JSON.parse('['.repeat(20) + ']'.repeat(20));
      const options = { reducer: (state = [], action) => (action.n ? [...state, action.n] : state), online: false };
      const writer = await Scuttlebutt.open({ ...options, name: 'writer' });
      writer.dispatch({ type: 'A', n: 1, deep }); // before the connection
      writer.dispatch({ type: 'A', n: 2 });
      writer.goOnline();
      await writer.synced();
      writer.dispatch({ type: 'A', n: 3, deep }); // after it
      writer.dispatch({ type: 'A', n: 4 });
      await writer.synced();
      const reader = await Scuttlebutt.open({ ...options, name: 'reader' });
      reader.goOnline();
      await reader.synced();
      return [writer.setAside().map(({ action }) => action.n), [writer.getState(), reader.getState()],
        writer.status().pending];`);
    assert.deepEqual([setAside, states, pending], [[1, 3], [[2, 4], [2, 4]], 0]);
  });
});

for (const how of ['its header says so', 'it sends it']) {
  test(`an action that was set aside although the server has it is in the state again: ${how}`, async () => {
    const storage = new MemoryStorage();
    const it = new Server({ code: 1006, takes: () => true });
    const world = await meet(it, { storage });
    const { peer } = world;
    await it.pass(world, 1_000);
    // It takes everything, and breaks before it has confirmed anything, until the action is set aside.
    const header = it.clock.bind(it);
    it.clock = () => ({});
    it.takes = (value) => value[0].n !== 1;
    peer.dispatch({ type: 'A', n: 1 });
    while (peer.setAside().length === 0) await it.pass(world, 1_000);
    assert.deepEqual(peer.getState(), []);
    it.clock = header;
    it.takes = () => true;
    if (how === 'it sends it') {
      await it.pass(world, 60_000);
      world.sockets.at(-1).say([{ type: 'A', n: 1 }, 1, 'ME']);
    } else {
      it.log.push([{ type: 'A', n: 1 }, 1, 'ME']);
      await it.pass(world, 60_000);
    }
    await peer.flush();
    assert.deepEqual([peer.getState(), peer.setAside(), peer.status().text], [[1], [], 'in sync']);
    const stored = await storage.load();
    assert.equal(stored.find(({ timestamp }) => timestamp === 1).line, '[{"type":"A","n":1},1,"ME"]');
  });
}

test('a long closed source is not dropped from the storage while it has something that was set aside', async () => {
  const records = [{ source: 'OLD', timestamp: 1, line: '{"setAside":[{"type":"A","n":1},1,"OLD"],"reason":"r"}' }];
  for (let n = 2; n <= BOUNDS.retireAfter + 1; n++) {
    records.push({ source: 'OLD', timestamp: n, line: JSON.stringify([{ type: 'A', n }, n, 'OLD']) });
  }
  for (const isAside of [true, false]) {
    const storage = new MemoryStorage();
    storage.isDurable = true;
    await storage.save(isAside ? records : records.slice(1));
    await connected({ storage, stored: await storage.load(), serverClock: { OLD: BOUNDS.retireAfter + 1 } });
    await settle();
    assert.equal(storage.records.size, isAside ? records.length : 0, `${isAside}`);
  }
});
