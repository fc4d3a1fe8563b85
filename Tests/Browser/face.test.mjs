// SPDX-License-Identifier: MIT
//
// What a page asks of its peer to show how the order came about. Only the public face is used.
import test from 'node:test';
import assert from 'node:assert/strict';
import { connected, log, seeded, settle, update } from './played-world.mjs';

test('methods work without their peer before the dot, so that useSyncExternalStore takes them', async () => {
  const { peer } = await connected();
  const { dispatch, getState, subscribe, subscribeStatus, status, history, goOffline, goOnline } = peer;
  let told = 0;
  const end = subscribe(() => { told += 1; });
  subscribeStatus(() => {})();
  dispatch({ type: 'A', n: 1 });
  assert.equal(told, 1);
  end();
  dispatch({ type: 'A', n: 2 });
  assert.equal(told, 1);
  assert.deepEqual(getState(), [1, 2]);
  assert.equal(getState(), getState(), 'the same state is the same value');
  assert.deepEqual(history().map(([, timestamp]) => timestamp), [1, 2]);
  goOffline();
  assert.equal(status().phase, 'offline');
  goOnline();
  assert.equal(status().phase, 'connecting');
});

const stamps = (entries) => entries.map(({ timestamp, source }) => `${timestamp}@${source}`);

test('recent gives the newest entries in agreed order, with whose they are and what waits', async () => {
  const { peer, socket, clock } = await connected({ answersProbes: false });
  socket.say(update(1, 1, 'x'), update(2, 2, 'x'));
  peer.dispatch({ type: 'A', n: 3 });
  await settle();
  assert.deepEqual(peer.recent(2), [
    { action: { type: 'A', n: 2 }, timestamp: 2, source: 'x', isOwn: false, isPending: false, isLate: false },
    { action: { type: 'A', n: 3 }, timestamp: 3, source: 'ME', isOwn: true, isPending: true, isLate: false },
  ]);
  socket.say('"PONG"');
  clock.advance(1);
  assert.equal(peer.recent(1)[0].isPending, false, 'the server has confirmed it');
  assert.equal(peer.recent(100).length, 3);
  assert.deepEqual(peer.recent(0), []);
});

test('recent marks what was put before something that had been reduced', async () => {
  const { peer, socket, clock } = await connected();
  peer.goOffline();
  peer.dispatch({ type: 'A', n: 1 });
  peer.dispatch({ type: 'A', n: 2 });
  peer.goOnline();
  await settle();
  const again = socket.constructor.sockets.at(-1);
  again.open();
  again.say({ id: 'S', clock: { a: 9 } }, update(10, 1, 'a'), update(11, 9, 'a'), '"SYNC"');
  clock.advance(1);
  assert.deepEqual(peer.recent(9).map(({ timestamp, source, isLate }) => [timestamp, source, isLate]),
    [[1, 'ME', false], [1, 'a', true], [2, 'ME', false], [9, 'a', false]]);
});

test('local-only actions are in none of the recent entries', async () => {
  const { peer } = await connected();
  peer.dispatch({ type: 'A', n: 1 });
  peer.dispatch({ type: '@LOCAL' });
  peer.dispatch({ type: 'A', n: 2 });
  peer.dispatch({ type: '@LOCAL' });
  assert.deepEqual(stamps(peer.recent(5)), ['1@ME', '2@ME']);
  assert.deepEqual(stamps(peer.recent(1)), ['2@ME']);
});

test('a history that arrives in the order of its sources is not late', async () => {
  const world = await connected({ dial: false });
  world.peer.goOnline();
  await settle();
  world.socket.open();
  world.socket.say({ id: 'S', clock: { a: 3, b: 2 } }, update(1, 3, 'a'), update(2, 1, 'b'), update(3, 2, 'b'), '"SYNC"');
  assert.deepEqual(world.peer.recent(9).map(({ isLate }) => isLate), [false, false, false]);
});

for (const seed of [1, 2, 3]) {
  test(`stateAt gives every state on the way, and changes nothing (seed ${seed})`, async () => {
    const random = seeded(seed);
    const { peer, socket, clock } = await connected();
    const last = { a: 0, b: 0 };
    for (let n = 0; n < 300; n++) {
      const source = random() < 0.5 ? 'a' : 'b';
      last[source] += Math.ceil(random() * 3);
      if (random() < 0.1) peer.dispatch({ type: 'A', n });
      else socket.say(update(n, last[source], source));
    }
    clock.advance(1);
    const [state, history] = [peer.getState(), peer.history()];
    const numbers = history.map(([action]) => action.n);
    for (let count = 0; count <= history.length; count++) {
      assert.deepEqual(peer.stateAt(count), numbers.slice(0, count));
    }
    assert.equal(peer.getState(), state);
    assert.deepEqual(peer.history(), history);
    peer.dispatch({ type: 'A', n: 'next' });
    assert.deepEqual(peer.getState(), [...numbers, 'next']);
  });
}

test('stateAt counts no local-only actions, and shows them where they are', async () => {
  const { peer } = await connected();
  peer.dispatch({ type: '@FIRST' });
  peer.dispatch({ type: 'A', n: 1 });
  peer.dispatch({ type: '@SECOND' });
  peer.dispatch({ type: 'A', n: 2 });
  assert.deepEqual([0, 1, 2].map(peer.stateAt), [['@FIRST'], ['@FIRST', 1, '@SECOND'], ['@FIRST', 1, '@SECOND', 2]]);
});

test('stateAt refuses places that the order does not have', async () => {
  const { peer } = await connected();
  peer.dispatch({ type: 'A', n: 1 });
  for (const count of [-1, 2, 0.5, NaN, Infinity, '1', undefined]) {
    assert.throws(() => peer.stateAt(count), RangeError, String(count));
  }
});

test('stateAt starts at a snapshot: the later the place, the fewer calls', async () => {
  let calls = 0;
  const reducer = (state, action) => { calls += 1; return log(state.slice(-3), action); };
  const { peer, socket } = await connected({ reducer, initialState: [] });
  for (let n = 1; n <= 20_000; n++) socket.say(update(n, n, 'a'));
  for (const back of [0, 10, 100, 1_000]) {
    calls = 0;
    peer.stateAt(20_000 - back);
    assert.ok(calls <= 2 * back + 64, `${calls} calls for ${back} back`);
  }
});

test('a reducer that fails is not reported again when somebody looks back', async () => {
  const { peer } = await connected({ reducer: (state = 0, action) => {
    if (action.type === 'A') throw new Error('no');
    return state;
  } });
  peer.dispatch({ type: 'A' });
  const reports = peer.reports.length;
  assert.equal(peer.stateAt(1), 0);
  assert.equal(peer.reports.length, reports);
});

/** A peer that hears of late actions, and what it was told. */
async function rewinding(options) {
  const world = await connected(options);
  const told = [];
  const end = world.peer.subscribeRewinds(({ late, again, before, after }) => (
    told.push({ late: stamps(late), again, before, after })));
  return { ...world, told, end, say: (...updates) => { world.socket.say(...updates); world.clock.advance(1); } };
}

test('whoever asks is told what came late, how many others ran again, and the states before and after', async () => {
  const { peer, told, say } = await rewinding();
  say(update(1, 1, 'a'), update(2, 2, 'a'));
  peer.dispatch({ type: 'A', n: 3 });
  say(update(4, 4, 'a'));
  assert.deepEqual(told, [], 'nothing was late');
  say(update(10, 1, 'b'), update(11, 2, 'b'));
  assert.deepEqual(told, [
    { late: ['1@b', '2@b'], again: 3, before: [1, 2, 3, 4], after: [1, 10, 2, 11, 3, 4] },
  ]);
});

test('one batch with late and new actions is told once, and the new ones count as neither', async () => {
  const { told, say } = await rewinding();
  say(update(1, 1, 'a'), update(3, 3, 'a'));
  say(update(2, 2, 'b'), update(9, 9, 'b'), update(10, 10, 'b'));
  assert.deepEqual(told, [{ late: ['2@b'], again: 1, before: [1, 3], after: [1, 2, 3, 9, 10] }]);
});

test('what comes late while a rewind is under way is told with it', async () => {
  const waiting = [];
  let time = 0;
  const world = await rewinding({
    reducer: (state, action) => { time += 5; return log(state, action); }, now: () => time,
    nextTask: (body) => waiting.push(body),
  });
  const { told, say } = world;
  const work = () => { while (waiting.length > 0) waiting.shift()(); };
  for (let n = 1; n <= 50; n++) say(update(n, n, 'a'));
  work();
  say(update(100, 40, 'b'));
  assert.ok(waiting.length > 0, 'it takes more than one slice');
  say(update(101, 20, 'c'));
  assert.deepEqual(told, []);
  work();
  assert.equal(told.length, 1);
  assert.deepEqual(told[0].late, ['20@c', '40@b']);
  assert.equal(told[0].again, 30, 'those from 21 to 50');
  assert.equal(told[0].before.length, 50);
  assert.equal(told[0].after.length, 52);
});

test('the listener hears after those who draw, and no longer once it has ended', async () => {
  const { peer, told, end, say } = await rewinding();
  const order = [];
  peer.subscribe(() => order.push('state'));
  peer.subscribeRewinds(() => { throw new Error('broken'); });
  peer.subscribeRewinds(() => order.push('rewind'));
  say(update(2, 2, 'a'));
  say(update(1, 1, 'b'));
  assert.deepEqual(order, ['state', 'state', 'rewind']);
  assert.equal(peer.reports.at(-1).kind, 'subscriber');
  end();
  say(update(0, 1, 'c'));
  assert.equal(told.length, 1);
});

test('replacing the reducer is no rewind', async () => {
  const { peer, told, say } = await rewinding();
  say(update(1, 1, 'a'), update(2, 2, 'a'));
  peer.replaceReducer((state = 0) => state + 1);
  assert.deepEqual(told, []);
});

test('inspect gives what arrived in the order in which it came, the reducer to try, and the connections', async () => {
  const { peer, socket, clock } = await connected({ serverClock: { x: 0 } });
  socket.say(update(2, 5, 'x'));
  peer.dispatch({ type: '@HERE', n: 0 });
  socket.say(update(1, 2, 'x'), update(0, 1, 'y'));
  await settle();
  clock.advance(1);
  const { arrivals, reduce, links } = peer.inspect();
  assert.deepEqual(arrivals().map(({ timestamp, source, after }) => [timestamp, source, after]), [
    [5, 'x', undefined], [null, null, { timestamp: 5, source: 'x' }], [1, 'y', undefined],
  ]);
  assert.deepEqual(arrivals(1, 1).map(({ action }) => action), [{ type: '@HERE', n: 0 }]);
  const history = peer.history();
  arrivals()[0].timestamp = 9;
  assert.deepEqual(reduce([4], { type: 'A', n: 5 }, { timestamp: 1, source: 'x' }), [4, 5]);
  assert.deepEqual(peer.history(), history, 'looking changes nothing');
  const [link] = links();
  assert.deepEqual([link.isDialled, link.isOpen, link.delay, link.known('x')], [true, true, 0, 5]);
  assert.equal(link.received, 6, 'the answer to a probe, the header, SYNC and three updates');
  peer.close();
  assert.deepEqual(peer.inspect().links(), []);
});

test('inspect copies the state for a reducer that changes it', async () => {
  const push = (state = [], action) => { if (action.n) state.push(action.n); return state; };
  const { peer } = await connected({ reducer: push, initialState: [], copy: (state) => [...state] });
  peer.dispatch({ type: 'A', n: 1 });
  const state = [1];
  assert.deepEqual(peer.inspect().reduce(state, { type: 'A', n: 2 }, {}), [1, 2]);
  assert.deepEqual([state, peer.getState()], [[1], [1]]);
});
