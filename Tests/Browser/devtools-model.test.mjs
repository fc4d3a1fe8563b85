// SPDX-License-Identifier: MIT
//
// What the developer tools show, computed from a peer, without a page.
import test from 'node:test';
import assert from 'node:assert/strict';
import { compareModels } from '../../Web/devtools-compare.js';
import { EFFECT, MODEL_BOUNDS, Model, finish } from '../../Web/devtools-model.js';
import { Hash, VALUE_BOUNDS, canonical, differences, equal, hashOf, preview } from '../../Web/devtools-values.js';
import { connected, log, seeded, settle, update } from './played-world.mjs';

const counter = (state = { n: 0 }, action) => {
  if (action.type === 'THROW') throw new Error('no such thing');
  return action.type === 'A' ? { n: state.n + action.n } : state;
};

function worked(peer, options) {
  const model = new Model(peer, options);
  while (model.work()) { /* until there is nothing left */ }
  return model;
}

/** Lets time pass until the peer has folded what came late. */
async function quiet({ clock }) {
  await settle();
  clock.advance(1);
  await settle();
}

for (const seed of [1, 2, 3, 4, 5]) {
  test(`order, arrival and lateness are those of the peer (seed ${seed})`, async () => {
    const random = seeded(seed);
    const world = await connected();
    const { peer, socket } = world;
    const model = worked(peer);
    const queues = ['a', 'b', 'c'].map((source) => ({ source, next: 1 + Math.floor(random() * 9) }));
    const came = [];
    for (let n = 0; n < 300; n++) {
      const queue = queues[Math.floor(random() * queues.length)];
      socket.say(update(n, queue.next, queue.source));
      came.push({ timestamp: queue.next, source: queue.source });
      queue.next += 1 + Math.floor(random() * 4);
      if (random() < 0.1) while (model.work()) { /* also in between */ }
      if (random() < 0.1) await quiet(world);
    }
    await quiet(world);
    while (model.work()) { /* the rest */ }
    assert.deepEqual(model.order.map(({ action, timestamp, source }) => [action, timestamp, source]), peer.history());
    assert.deepEqual(model.arrivals.map(({ timestamp, source }) => ({ timestamp, source })), came);
    const isAfter = (a, b) => a.timestamp > b.timestamp || (a.timestamp === b.timestamp && a.source > b.source);
    model.arrivals.forEach((entry, index) => {
      assert.equal(entry.late, came.slice(0, index).filter((one) => isAfter(one, entry)).length, `arrival ${index}`);
    });
    for (const place of [0, 1, 150, 299, 300]) assert.deepEqual(model.stateAt(place), peer.stateAt(place));
    assert.equal(model.isFaithful(), true);
  });
}

test('each action says whether it had an effect, failed, or is of a type that never had one', async () => {
  const { peer } = await connected({ reducer: counter });
  for (const action of [
    { type: 'A', n: 1 }, { type: 'A', n: 0 }, { type: 'THROW' }, { type: 'ELSE' }, { type: 'ELSE' },
  ]) peer.dispatch(action);
  const model = worked(peer);
  assert.deepEqual(model.order.map(({ effect }) => effect),
    [EFFECT.some, EFFECT.none, EFFECT.failed, EFFECT.none, EFFECT.none]);
  assert.match(model.order[2].error, /no such thing/);
  assert.deepEqual(model.order.map((entry) => model.isUnknown(entry)), [false, false, false, true, true]);
  assert.deepEqual(model.filtered({ only: 'unknown' }).map(({ timestamp }) => timestamp), [4, 5]);
  const [own] = model.timing();
  assert.deepEqual([own.source, own.runs, own.effects, own.failures], ['ME', 5, 1, 1]);
});

test('what comes late changes the effect of what follows it', async () => {
  const odd = (state = 0, { type }) => (
    type === 'ODD' ? state + state % 2 : state + Number(type === 'A'));
  const world = await connected({ reducer: odd, serverClock: { x: 0 } });
  const { peer, socket } = world;
  socket.say([{ type: 'A' }, 5, 'x'], [{ type: 'ODD' }, 6, 'x']);
  const model = worked(peer);
  assert.equal(model.order[1].effect, EFFECT.some);
  socket.say([{ type: 'A' }, 2, 'y']);
  await quiet(world);
  while (model.work()) { /* again */ }
  assert.deepEqual(model.order.map(({ timestamp, late, effect }) => [timestamp, late, effect]),
    [[2, 2, EFFECT.some], [5, 0, EFFECT.some], [6, 0, EFFECT.none]]);
  assert.deepEqual(model.rewinds.map(({ late, again, sources }) => [late, again, sources]), [[1, 2, ['y']]]);
});

test('an action that the server refuses is out of the order and keeps its reason, until it is back', async () => {
  const { peer, socket } = await connected({ answersProbes: false });
  const model = worked(peer);
  peer.dispatch({ type: 'A', n: 1 });
  peer.dispatch({ type: 'A', n: 2 });
  while (model.work()) { /* both are here */ }
  assert.equal(model.order.length, 2);
  peer.setAside = () => [{ timestamp: 1, source: 'ME', reason: 'too long' }];
  while (model.work()) { /* one is set aside */ }
  assert.deepEqual(model.order.map(({ timestamp }) => timestamp), [2]);
  assert.deepEqual(
    model.filtered({ only: 'aside' }).map(({ timestamp, reason }) => [timestamp, reason]), [[1, 'too long']]);
  assert.deepEqual(model.stateAt(1), [2]);
  peer.setAside = () => [];
  while (model.work()) { /* and back */ }
  assert.deepEqual(model.stateAt(2), [1, 2]);
  assert.equal(socket.isClosed, false);
});

test('local-only actions stand where they were done', async () => {
  const { peer } = await connected();
  peer.dispatch({ type: '@FIRST' });
  peer.dispatch({ type: 'A', n: 1 });
  peer.dispatch({ type: '@SECOND' });
  peer.dispatch({ type: 'A', n: 2 });
  const model = worked(peer);
  assert.deepEqual(model.order.map(({ action }) => action.n ?? action.type), ['@FIRST', 1, '@SECOND', 2]);
  assert.deepEqual(model.stateAt(3), ['@FIRST', 1, '@SECOND']);
});

test('looking back, filtering and comparing touch neither the log nor the state', async () => {
  const { peer } = await connected({ reducer: counter });
  for (let n = 0; n < 50; n++) peer.dispatch({ type: 'A', n });
  const state = peer.getState();
  const history = peer.history();
  const model = worked(peer);
  assert.deepEqual(model.difference(7).items, [{ path: ['n'], kind: 'changed', before: 21, after: 28 }]);
  model.stateAt(0);
  model.filtered({ text: 'a', only: 'effect' });
  model.hashes(20);
  assert.equal(peer.getState(), state);
  assert.deepEqual(peer.history(), history);
  for (const place of [-1, 51, 1.5]) assert.throws(() => model.stateAt(place), RangeError);
});

test('100,000 actions are taken over and reduced in pieces that keep to the limit', async () => {
  const { peer, socket } = await connected({ reducer: counter, serverClock: { x: 0 } });
  const text = Array.from({ length: 100_000 }, (_, n) => JSON.stringify([{ type: 'A', n: 1 }, n + 1, 'x'])).join('\n');
  socket.say(text);
  while (peer.getState().n < 100_000) await settle();
  let now = 0;
  let calls = 0;
  const model = new Model(peer, { now: () => (now += 0.01) });
  let most = 0;
  for (let isMore = true; isMore; calls++) {
    const before = [model.arrivals.length, model.folded];
    const start = now;
    isMore = model.work(8);
    most = Math.max(most, now - start);
    assert.ok(model.folded - before[1] <= 8 / 0.01, 'what is reduced in one piece is bounded by the clock');
  }
  assert.ok(most <= 8 + MODEL_BOUNDS.steps * 0.02 + 0.1, `${most} ms of the played clock`);
  assert.ok(calls > 100);
  assert.deepEqual(model.stateAt(99_999), { n: 99_999 });
  assert.equal(model.isFaithful(), true);
});

test('another reducer is noticed, and everything is reduced again', async () => {
  const { peer } = await connected({ reducer: counter });
  peer.dispatch({ type: 'A', n: 2 });
  const model = worked(peer);
  peer.replaceReducer((state = { n: 0 }, action) => (action.type === 'A' ? { n: state.n + 100 } : state));
  while (model.work()) { /* again */ }
  assert.deepEqual(model.stateAt(1), { n: 100 });
});

test('a peer without a reducer in JavaScript is refused with a reason', async () => {
  const { peer } = await connected();
  const face = { ...peer.inspect(), reducer: undefined };
  assert.throws(() => new Model({ source: 'ME', inspect: () => face }), /need a reducer in JavaScript/);
});

test('a reducer that makes something else each time is found', async () => {
  let calls = 0;
  const { peer } = await connected({ reducer: (state = 0) => state + ++calls });
  peer.dispatch({ type: 'A', n: 2 });
  assert.equal(worked(peer).isFaithful(), false);
});

test('the matrix and the links tell what the other side has, and what went over the connection', async () => {
  const { peer, socket } = await connected({ serverClock: { x: 0 } });
  socket.say(update(1, 3, 'x'), update(1, 4, 'constructor'));
  peer.dispatch({ type: 'A', n: 1 });
  const model = worked(peer);
  const { sources, rows } = model.matrix();
  const of = (source) => rows.map(({ values }) => values[sources.indexOf(source)]);
  assert.deepEqual(rows.map(({ name }) => name), ['this peer', 'server']);
  assert.deepEqual([of('ME')[0], of('x')], [4, [3, 3]]);
  const small = model.matrix(1);
  assert.deepEqual([small.total, small.sources.length, small.rows[1].values.length], [2, 1, 1]);
  const [link] = model.links();
  assert.ok(link.isOpen && link.received > 0 && link.sentUnits > 0);
  assert.equal(link.delay, 0, 'the played server answers at once');
});

test('a connection that is lost and comes back is counted', async () => {
  const { peer, clock, sockets } = await connected();
  const model = worked(peer);
  sockets.at(-1).fail();
  assert.deepEqual([model.losses.length, model.reconnects], [1, 0]);
  clock.advance(20_000);
  await settle();
  sockets.at(-1).open();
  sockets.at(-1).say({ id: 'S', start: 0, clock: { S: 0 } }, '"SYNC"');
  await settle();
  assert.deepEqual([model.losses.length, model.reconnects], [1, 1]);
  model.end();
});

test('the first difference of two peers is found: in the log, in the reducer, or none', async () => {
  const make = async (actions, reducer) => {
    const { peer, socket } = await connected({ reducer, serverClock: { x: 0 } });
    socket.say(...actions);
    return worked(peer);
  };
  const actions = Array.from({ length: 200 }, (_, n) => update(n, n + 1, 'x'));
  const other = (state = { n: 0 }, action) => ({ n: state.n + (action.n === 117 ? 0 : action.n ?? 0) });
  const one = await make(actions, counter);
  const compare = (b) => finish(compareModels(one, b));
  assert.equal(compare(new Model((await make(actions, counter)).peer)).kind, 'same', 'work that is left is done');
  assert.equal(compare(await make(actions, counter)).kind, 'same');
  assert.deepEqual([compare(await make(actions, other))].map(({ kind, place }) => [kind, place]), [['state', 117]]);
  const lacking = await make(
    actions.filter((_, n) => n !== 40).map((line, n) => (n < 40 ? line : [line[0], line[1], 'y'])), counter);
  assert.deepEqual([compare(lacking)].map(({ kind, place }) => [kind, place]), [['log', 40]]);
  assert.deepEqual(
    [compare(await make(actions.slice(0, 150), counter))].map(({ kind, place }) => [kind, place]), [['shorter', 150]]);
});

// ---- values

test('differences are told by path, and what is put in the middle of a list is one', () => {
  const all = (a, b) => differences(a, b).items.map(({ path, kind }) => `${kind} ${path.join('/')}`);
  assert.deepEqual(all({ a: 1, b: [1, 2, 3], c: 1 }, { a: 2, b: [1, 9, 2, 3], d: 1 }),
    ['changed a', 'added b/1', 'added d', 'removed c']);
  assert.deepEqual(all([1, 2, 3], [1, 3]), ['removed 1']);
  assert.deepEqual(all({ a: [] }, { a: {} }), ['changed a']);
  assert.deepEqual(all(1, 1), []);
  assert.deepEqual(all(undefined, null), ['changed ']);
});

test('a difference without end is cut off, and so is a value in one line', () => {
  const many = (value) => Object.fromEntries(Array.from({ length: 5_000 }, (_, n) => [`k${n}`, value]));
  const { items, isCut } = differences(many(1), many(2));
  assert.deepEqual([items.length, isCut], [VALUE_BOUNDS.differences, true]);
  let deep = {};
  for (let level = 0; level < 10_000; level++) deep = { deep };
  assert.ok(differences(deep, { deep: 1 }).items.length <= 1);
  assert.ok(preview('x'.repeat(1_000_000)).length <= VALUE_BOUNDS.preview + 1);
  assert.ok(preview(many('y')).length <= VALUE_BOUNDS.preview + 1);
  assert.equal(hashOf(deep), null, 'too deep for a hash');
  const trap = { get bad() { throw new Error('mine'); } };
  assert.match(preview(trap), /cannot be read/);
  assert.equal(equal(deep, structuredClone(1)), false);
});

test('equal values have one canonical text, whatever the order of their members', () => {
  assert.equal(canonical({ b: [1, -0, undefined], a: { d: 'é', c: undefined } }), '{"a":{"d":"é"},"b":[1,0,null]}');
  assert.equal(hashOf({ a: 1, b: 2 }), hashOf({ b: 2, a: 1 }));
  assert.notEqual(hashOf({ a: 1 }), hashOf({ a: 2 }));
  // Known answers of FNV-1a of 64 bits.
  assert.equal(String(new Hash().add('')), 'cbf29ce484222325');
  assert.equal(String(new Hash().add('a')), 'af63dc4c8601ec8c');
  assert.equal(String(new Hash().add('foobar')), '85944171f73967e8');
});
