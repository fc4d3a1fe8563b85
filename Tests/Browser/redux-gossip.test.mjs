// SPDX-License-Identifier: MIT
//
// Stores of the real Redux that gossip through the drop-in: with each other, with what the original has said, and
// with peers that send whatever they like.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { META_SOURCE, META_TIMESTAMP } from '../../Web/redux.js';
import { eventually, reaches } from './eventually.mjs';
import { agree, join, part } from './played-primus.mjs';
import { seeded } from './played-world.mjs';
import { recorded } from './recorded.mjs';
import {
  header, increment, line, listenToConsole, make, makeEarly, makeHearing, say, skip, texts,
} from './redux-store.mjs';

describe('stores with the drop-in', { skip }, () => {
  const makeAll = (...sources) => Promise.all(sources.map((source) => make({ source })));
  test('two agree, also on what was done apart, and a late action goes before what is here', async () => {
    const events = [];
    const onEvent = (...event) => events.push(event);
    const [a, b] = [await make({ source: 'A' }), await make({ source: 'B', onEvent })];
    join(a, b);
    a.dispatch(say('one'));
    await reaches(['one'], () => texts(b), 'the other');
    part(a);
    for (const text of ['a1', 'a2']) a.dispatch(say(text));
    for (const text of ['b1', 'b2', 'b3']) b.dispatch(say(text));
    assert.deepEqual(texts(b), ['one', 'b1', 'b2', 'b3']);
    assert.equal(b.scuttlebutt.pending, 3);
    let calls = 0;
    b.subscribe(() => { calls += 1; });
    join(a, b);
    await agree(a, b);
    assert.deepEqual(texts(a), ['one', 'a1', 'b1', 'a2', 'b2', 'b3']);
    assert.equal(calls, 1, 'one notification for both');
    assert.ok(events.some(([kind]) => kind === 'rewound'));
    assert.deepEqual(a.getState().messages.map(({ time, author }) => [time, author]),
      [[1, 'A'], [2, 'A'], [2, 'B'], [3, 'A'], [3, 'B'], [4, 'B']]);
  });

  for (const seed of [1, 2, 3]) {
    test(`three that meet by chance agree (seed ${seed})`, async () => {
      const random = seeded(seed);
      const stores = await makeAll('A', 'B', 'C');
      for (let step = 0; step < 200; step++) {
        const store = stores[Math.floor(random() * 3)];
        if (random() < 0.7) store.dispatch(random() < 0.2 ? { type: '@local' } : say(`${step}`));
        else if (random() < 0.5) part(store);
        else {
          const other = stores[(stores.indexOf(store) + 1 + Math.floor(random() * 2)) % 3];
          part(store);
          part(other);
          join(store, other);
        }
        if (random() < 0.3) await new Promise(setImmediate);
      }
      for (const [a, b] of [[0, 1], [1, 2], [0, 1], [0, 2]]) {
        for (const store of stores) part(store);
        join(stores[a], stores[b]);
        await agree(stores[a], stores[b]);
      }
      await agree(...stores);
    });
  }

  test('an action that stays here keeps its place when others come before it, also the same one twice', async () => {
    const reducer = (state = [], { type, payload, note }) => (payload || note ? [...state, payload ?? note] : state);
    const [a, b] = await Promise.all(['B', 'A'].map((source) => make({ source, reducer })));
    const local = { type: '@NOTE', note: () => 'functions stay here too' };
    a.dispatch(say('one'));
    assert.equal(a.dispatch(local), local);
    assert.equal(a.dispatch(local), local);
    a.dispatch(say('two'));
    b.dispatch(say('late'));
    join(a, b);
    await reaches(['late', 'one', local.note, local.note, 'two'], () => a.getState(), 'the places');
    await reaches(['late', 'one', 'two'], () => b.getState(), 'the other');
    assert.equal(a.scuttlebutt.io.lines.some((text) => text.includes('NOTE')), false);
  });

  test('an own action is sent before its task ends, and a burst of them as one message', async () => {
    const { store, io } = await makeHearing();
    await eventually('the header is sent', () => io.lines.includes('"SYNC"'));
    io.written.length = 0;
    for (const text of ['a', 'b', 'c']) store.dispatch(say(text));
    await Promise.resolve();
    assert.deepEqual(io.updates.map(([{ payload }]) => payload), ['a', 'b', 'c']);
    assert.equal(io.written.length, 1);
  });

  test('isGossipType decides what goes to peers, both ways', async () => {
    const isGossipType = (type) => !type.startsWith('@@') && type !== 'DRAFT';
    const reducer = (state = [], { type }) => (/^@@/.test(type) ? state : [...state, type]);
    const dispatcherOptions = { isGossipType };
    const [a, b] = await Promise.all(['A', 'B'].map((source) => make({ source, reducer, dispatcherOptions })));
    for (const type of ['DRAFT', '@app/SAVE', 'OPEN']) a.dispatch({ type });
    join(a, b);
    await reaches(['@app/SAVE', 'OPEN'], () => b.getState(), 'the other');
    assert.deepEqual(a.getState(), ['DRAFT', '@app/SAVE', 'OPEN']);
  });

  test('actions of others are shown whatever their type', async () => {
    const reducer = (state = [], { type }) => (/^@@/.test(type) ? state : [...state, type]);
    const { store, hear } = await makeHearing({ reducer });
    hear(line(undefined, 1, 'S', '@theirs'));
    await reaches(['@theirs'], () => store.getState(), 'the state');
  });

  test('customDispatch decides when what came is shown; without one each action is shown', async () => {
    const held = [];
    let dispatcher;
    const customDispatch = (given) => { dispatcher = given; return (action) => held.push(action); };
    const { store, hear } = await makeHearing({ dispatcherOptions: { customDispatch } });
    store.dispatch(say('own'));
    hear(line('a', 1, 'A') + line('b', 2, 'B'));
    await eventually('all three', () => held.length === 3);
    assert.deepEqual(texts(store), []);
    assert.deepEqual(held.map(({ payload, meta }) => [payload, meta[META_TIMESTAMP], meta[META_SOURCE]]),
      [['own', 1, 'ME'], ['a', 1, 'A'], ['b', 2, 'B']]);
    dispatcher._reduxDispatch(held[1]);
    assert.deepEqual(texts(store), ['a', 'own', 'b']);

    // In the form of the original's own: all but the last are only reduced.
    const queue = [];
    const delayed = (given) => (action) => {
      queue.push(action);
      if (queue.length > 1) return;
      setImmediate(() => {
        let history = given._reduxGetState();
        for (const item of queue.slice(0, -1)) history = given._historyReducer(history, item);
        given._reduxDispatch(queue.at(-1));
        queue.length = 0;
      });
    };
    const other = await makeHearing({ dispatcherOptions: { customDispatch: delayed } });
    other.hear(line('a', 1, 'A') + line('b', 2, 'B'));
    await reaches(['a', 'b'], () => texts(other.store), 'the delayed one');

    let calls = 0;
    const each = await makeHearing({ dispatcherOptions: { customDispatch: false } });
    each.store.subscribe(() => { calls += 1; });
    each.hear(line('a', 1, 'A') + line('b', 2, 'B') + line('c', 3, 'A'));
    await reaches(['a', 'b', 'c'], () => texts(each.store), 'each');
    assert.equal(calls, 3);
  });

  // -------------------------------------------------------------------------------------------- the recordings

  const withoutMeta = ({ meta, ...action }) => (meta && Object.keys(meta).length > 0 ? { ...action, meta } : action);

  for (const name of ['primus-basic', 'primus-query', 'primus-signed', 'primus8-heartbeat', 'primus-server-killed']) {
    test(`the recording ${name}: it says what the original's client has said`, async () => {
      const said = recorded(name);
      const source = said.find(({ side, value }) => side === 'client' && value.id).value.id;
      const reducer = (state = [], { type }) => (type.startsWith('@@') ? state : [...state, type]);
      const store = await make({ source, reducer });
      const { io } = store.scuttlebutt;
      const own = [];
      const theirs = [];
      const dispatch = ([action, timestamp]) => {
        if (own.some(([, known]) => known === timestamp)) return;
        own.push([action, timestamp]);
        store.dispatch(action);
      };
      const isOwn = (value) => Array.isArray(value) && value[2] === source;
      const sync = said.findIndex(({ side, value }) => side === 'client' && value === 'SYNC');
      for (const { side, value } of said.slice(0, sync)) if (side === 'client' && isOwn(value)) dispatch(value);
      io.open();
      for (const { side, value, line: text } of said) {
        if (side === 'client' && isOwn(value)) dispatch(value);
        if (side === 'client' || isOwn(value)) continue;
        if (Array.isArray(value)) theirs.push(value);
        io.emit('data', `${text}\n`);
      }
      await reaches(own.length + theirs.length, () => store.getState().length, 'all actions');
      await eventually('its own', () => io.lines.includes('"SYNC"') && io.updates.length >= own.length);
      const [first, ...rest] = io.lines.map((text) => JSON.parse(text))
        .filter((value) => !['PING', 'PONG'].includes(value));
      assert.deepEqual([first.id, first.start, typeof first.clock], [source, 0, 'object']);
      assert.deepEqual(io.updates.map(([action]) => withoutMeta(action)), own.map(([action]) => withoutMeta(action)));
      assert.equal(rest.filter((value) => value === 'SYNC').length, 1);
      assert.ok(io.written.every((text) => text.endsWith('\n')), 'the original reads up to a line feed');
      assert.deepEqual(io.ends, []);
    });
  }

  // ------------------------------------------------------------------------------------------------- bad input

  test('lines may arrive in pieces or together, and frames that are not text are ignored', async () => {
    const { store, io, hear } = await makeHearing();
    const all = line('a', 1, 'A') + line('é \u2028', 2, 'A') + line('c', 3, 'A');
    for (const data of [null, 5, {}, ['[']]) hear(data);
    for (const piece of all.match(/[^]{1,3}/g)) hear(piece);
    await reaches(['a', 'é \u2028', 'c'], () => texts(store), 'the state');
    assert.deepEqual(io.ends, []);
  });

  test('a malformed line ends the connection, Primus reconnects, and what came before the line counts', async () => {
    for (const dispatcherOptions of [{}, { verifyAsync: (callback) => callback(true) }]) {
      const { store, io, hear } = await makeHearing({ dispatcherOptions });
      hear(line('a', 1, 'A'));
      await reaches(['a'], () => texts(store), 'the first');
      hear(`${line('b', 2, 'A')}{"broken\n`);
      await eventually('the end', () => io.ends.length === 1);
      assert.deepEqual(io.ends, [{ reconnect: true }]);
      io.open();
      hear(header + line('b', 2, 'A') + line('c', 3, 'A'));
      await reaches(['a', 'b', 'c'], () => texts(store), 'the rest');
    }
  });

  test('malformed updates are refused one by one, also where a verifier is asked', async () => {
    for (const dispatcherOptions of [{}, { verifyAsync: (callback) => callback(true) }]) {
      const { store, io, hear } = await makeHearing({ dispatcherOptions });
      const lines = [
        '[]', '[5,1,"S"]', '[null,1,"S"]', '[{"type":"A"},"1","S"]', '[{"type":"A"},1,"__proto__"]',
        '[{"type":5},1,"S"]',
        '[{"type":"A","meta":1},1,"S"]', '[{"type":"A"},1]', '', '5', 'null', '"hello"', '',
      ];
      hear(lines.join('\n'));
      hear(line('a', 1, 'A'));
      await reaches(['a'], () => texts(store), 'the state');
      assert.deepEqual(io.ends, []);
      assert.equal(store.scuttlebutt.history().length, 2);
    }
  });

  test('a peer cannot forge a stamp by writing its keys into meta', async () => {
    const seen = [];
    const reducer = (state = 0, { type, meta }) => { if (type === 'A') seen.push(meta); return state + 1; };
    const { store, hear } = await makeHearing({ reducer });
    const before = store.getState();
    const forged = '{"@@scuttlebutt/TIMESTAMP":99,"@@scuttlebutt/SOURCE":"ME","__proto__":{"x":1}}';
    hear(`[{"type":"A","meta":${forged}},1,"A"]\n`);
    await reaches(before + 1, () => store.getState(), 'the state');
    assert.deepEqual([seen[0][META_TIMESTAMP], seen[0][META_SOURCE]], [1, 'A']);
    assert.deepEqual(Object.keys(seen[0]), ['__proto__']);
    assert.equal({}.x, undefined);
  });

  test('what arrives before the core is loaded is kept, up to a bound', async () => {
    const store = makeEarly({ source: 'ME' });
    const { io } = store.scuttlebutt;
    io.open();
    io.emit('data', header + line('a', 1, 'A'));
    await reaches(['a'], () => texts(store), 'the state');
    const flooded = makeEarly({});
    flooded.scuttlebutt.io.open();
    for (let count = 0; count < 3; count++) flooded.scuttlebutt.io.emit('data', 'x'.repeat(2 ** 24));
    assert.deepEqual(flooded.scuttlebutt.io.ends, [{ reconnect: true }]);
  });

  test('a subscriber that throws stops nobody', async (t) => {
    const { said } = listenToConsole(t);
    const { store, hear } = await makeHearing();
    store.subscribe(() => { throw new Error('mine'); });
    hear(line('a', 1, 'A'));
    await reaches(['a'], () => texts(store), 'the state');
    hear(line('b', 2, 'A'));
    await reaches(['a', 'b'], () => texts(store), 'the state');
    assert.equal(said.length, 2);
  });

  test('a thousand connections leave nothing behind', async () => {
    const { store, io, hear } = await makeHearing();
    for (let count = 0; count < 1_000; count++) {
      io.lose();
      io.open();
      if (count % 10 === 0) hear(header);
      if (count % 100 === 0) await new Promise(setImmediate);
    }
    io.written.length = 0;
    hear(header + line('a', 1, 'A'));
    await reaches(['a'], () => texts(store), 'the state');
    store.dispatch(increment);
    await eventually('one update', () => io.updates.length === 1);
    assert.equal(io.updates.length, 1);
  });
});
