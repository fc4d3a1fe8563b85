// SPDX-License-Identifier: MIT
//
// The reducers of the examples in Swift, as a page has them: they decide as those in JavaScript do, and a page reads
// views of a large state.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Core } from '../../Web/core.js';
import { makeCore, moduleBytes, talk } from './module.mjs';
import { seeded } from './played-world.mjs';

const Reducers = createRequire(import.meta.url)('../../Web/reducers.js');
const examples = new WebAssembly.Module(moduleBytes('ExamplesWasm'));
const MODELS = ['counter', 'chat', 'life'];

const open = (model, options) => Core.open({ module: examples, model, source: 'ME', ...options });

/**
 * What both sides have of a state. The pages' reducers in JavaScript have grown since: names, times and edits of
 * messages, the owners of cells and who runs the game are not in Swift yet.
 */
const PARTS = { counter: 'counter', chat: 'messages', life: 'grid' };

/** A state as a page would print it. */
const printed = (core) => JSON.stringify(core.state[PARTS[MODELS.find((model) => PARTS[model] in core.state)]]);

/** A session through which the world speaks. */
function listen(core) {
  const session = core.openSession({ probes: false });
  core.receive(session, '{"id":"WORLD","clock":{}}\n"SYNC"');
  return (...lines) => { core.receive(session, lines.join('\n')); core.fold(Infinity); };
}

/** What reaches the page of the module's output while `body` runs, in bytes. */
function bytesRead(body) {
  const real = TextDecoder.prototype.decode;
  let count = 0;
  TextDecoder.prototype.decode = function decode(bytes, ...rest) {
    count += bytes?.byteLength ?? 0;
    return real.call(this, bytes, ...rest);
  };
  try { body(); } finally { TextDecoder.prototype.decode = real; }
  return count;
}

// -------------------------------------------------------------------------------------------------- equality

const TEXTS = ['', 'hello', '<b>', 'a "b"\\\n\u2028', 'é e\u0301', '😀', '\ud83d', 'x\udc00y', '\u0000\u001f'];

/** An action that one of the reducers knows, or nearly. */
function randomAction(random) {
  const pick = (list) => list[Math.floor(random() * list.length)];
  const number = () => pick([0, 1, 2, 3, 29, 29, 30, -1, -0, 0.5, 1e21, 2 ** 53, '1', null, true, [], Math.floor(random() * 30)]);
  return pick([
    () => ({ type: 'INCREMENT' }), () => ({ type: 'DECREMENT' }), () => ({ type: 'INCREMENT_ODD' }),
    () => ({ type: 'INCREMENT', payload: { anything: [1] } }), () => ({ type: 'increment' }), () => ({ type: 'OTHER' }),
    () => ({ type: 'ADD_MESSAGE', payload: pick(TEXTS) }), () => ({ payload: pick(TEXTS), type: 'ADD_MESSAGE' }),
    () => ({ type: 'ADD_MESSAGE', payload: number() }), () => ({ type: 'ADD_MESSAGE' }),
    () => ({ type: 'TOGGLE', payload: { x: Math.floor(random() * 30), y: Math.floor(random() * 30) } }),
    () => ({ type: 'TOGGLE', payload: { x: number(), y: number() } }), () => ({ type: 'TOGGLE', payload: number() }),
    () => ({ type: 'TOGGLE' }), () => ({ type: 'STEP' }), () => (random() < 0.1 ? { type: 'RESET' } : { type: 'STEP' }),
    () => ({ type: '@LOCAL', payload: 1 }),
  ])();
}

for (const model of MODELS) {
  for (const seed of [1, 2, 3, 4, 5]) {
    test(`${model} in Swift makes of the same actions what JavaScript makes (seed ${seed})`, async () => {
      const random = seeded(seed * 7 + MODELS.indexOf(model));
      const cores = [await open(model), await makeCore({ reducer: Reducers[model] })];
      assert.equal(printed(cores[0]), printed(cores[1]), 'the first state');
      const says = cores.map(listen);
      let newest = 0;
      for (let step = 0; step < 600; step++) {
        const action = randomAction(random);
        if (random() < 0.5) {
          for (const core of cores) newest = core.dispatch(action).timestamp ?? newest;
        } else {
          // Late ones and new ones, from others; those below what a source has said are old and change nothing.
          const time = Math.max(0.25, newest + (random() < 0.7 ? 1 : -Math.floor(random() * 200)) + step / 4_096);
          const line = JSON.stringify([action, time, `${Math.floor(random() * 1_000)}é`]);
          if (!action.type.startsWith('@')) for (const say of says) say(line);
        }
        if (step % 20 === 0) assert.equal(printed(cores[0]), printed(cores[1]), `after step ${step}`);
      }
      assert.equal(printed(cores[0]), printed(cores[1]));
      assert.deepEqual(cores[0].vector(), cores[1].vector());
    });
  }
}

test('payloads that JSON has several ways to write mean the same', async () => {
  const lines = [
    '[{"type":"TOGGLE","payload":{"x":3.0,"y":0.4e1}},1,"a"]', '[{"type":"TOGGLE","payload":{"x":-0,"y":4}},2,"a"]',
    '[{"type":"TOGGLE","payload":{"x":1,"x":2,"y":5}},3,"a"]', '[{"type":"TOGGLE","payload":{"\\u0078":7,"y":7}},4,"a"]',
    '[{"type":"TOGGLE","payload":{"x":1e999,"y":7}},5,"a"]', '[{"type":"TOGGLE","payload":[1,2]},6,"a"]',
    '[{"type":"S\\u0054EP"},7,"a"]', '[{"type":"STEP","type":"OTHER"},8,"a"]', '[{"type":"OTHER","type":"RESET2"},9,"a"]',
    '[{"type":"ADD_MESSAGE","payload":"\\ud83d\\ude00\\/\\ud83d"},10,"a"]',
    '[{"type":"ADD_MESSAGE","payload":5,"payload":"x"},11.5,"é\\"q"]', '[{"type":"INCREMENT","payload":null},12,"a"]',
  ];
  for (const model of MODELS) {
    const cores = [await open(model), await makeCore({ reducer: Reducers[model] })];
    for (const core of cores) listen(core)(...lines);
    assert.equal(cores[0].number('actions'), lines.length);
    assert.equal(printed(cores[0]), printed(cores[1]), model);
  }
});

test('a late action takes its place in the state of a reducer in Swift', async () => {
  const counter = await open('counter');
  assert.deepEqual(counter.state, { counter: 0 });
  counter.dispatch({ type: 'INCREMENT' });
  counter.dispatch({ type: 'INCREMENT_ODD' });
  counter.dispatch({ type: 'UNKNOWN' });
  assert.deepEqual(counter.state, { counter: 2 });
  const other = await open('counter', { source: 'EARLIER' });
  other.dispatch({ type: 'INCREMENT' });
  talk(counter, other);
  counter.fold();
  other.fold();
  assert.deepEqual(counter.state, { counter: 2 }, 'the increment comes first, and makes the number even');
  assert.deepEqual(other.state, { counter: 2 });
});

// ----------------------------------------------------------------------------------------------------- models

test('a page chooses a reducer by its name, and is told of one that is not there', async () => {
  for (const model of MODELS) {
    const first = Reducers[model](undefined, { type: 'INIT' }, {});
    assert.deepEqual((await open(model)).state, { [PARTS[model]]: first[PARTS[model]] });
  }
  assert.deepEqual((await open(undefined)).state, { counter: 0 }, 'the first one');
  for (const model of ['', 'COUNTER', 'counter2', 'coun', 'é', 5, null]) {
    await assert.rejects(open(model), (error) => error instanceof TypeError && /no model/.test(error.message));
  }
  await assert.rejects(makeCore({ model: 'chat' }), /no model chat/);
  const counter = await open('counter');
  assert.throws(() => counter.replaceReducer((state = 0) => state + 1), TypeError);
  counter.dispatch({ type: 'INCREMENT' });
  assert.deepEqual(counter.state, { counter: 1 });
});

test('three pages with three reducers share one log', async () => {
  const cores = await Promise.all(MODELS.map((model) => open(model, { source: model })));
  cores[0].dispatch({ type: 'INCREMENT' });
  cores[1].dispatch({ type: 'ADD_MESSAGE', payload: 'hello' });
  cores[2].dispatch({ type: 'TOGGLE', payload: { x: 1, y: 2 } });
  for (const [a, b] of [[0, 1], [1, 2], [0, 1]]) talk(cores[a], cores[b]).end();
  for (const core of cores) core.fold(Infinity);
  assert.deepEqual(cores.map((core) => core.number('actions')), [3, 3, 3]);
  assert.deepEqual(cores[0].state, { counter: 1 });
  assert.deepEqual(cores[1].state.messages.map(({ id, message }) => [id, message]), [['1-chat', 'hello']]);
  assert.equal(cores[2].view('population'), 1);
});

test('every action is read by its number, whoever wrote it', async () => {
  const core = await open('life');
  core.dispatch({ type: 'STEP' });
  listen(core)('[{"type":"TOGGLE","payload":{"x":1, "y":2.0}}, 5e-1, "é\\"", "signature"]', '[{"type":"OTHER"},7,"b"]');
  core.dispatch({ type: '@LOCAL', n: 1 });
  assert.deepEqual([0, 1, 2, 3].map((number) => core.entry(number)), [
    { action: { type: 'STEP' }, timestamp: 1, source: 'ME', number: 0 },
    { action: { type: 'TOGGLE', payload: { x: 1, y: 2 } }, timestamp: 0.5, source: 'é"', number: 1 },
    { action: { type: 'OTHER' }, timestamp: 7, source: 'b', number: 2 },
    { action: { type: '@LOCAL', n: 1 }, timestamp: null, source: null, number: 3 },
  ]);
  for (const number of [-1, 4, 1e9]) assert.equal(core.entry(number), undefined);
});

test('an own action of an earlier life is set aside from the state of a reducer in Swift', async () => {
  const core = await open('counter');
  core.restore(['[{"type":"INCREMENT"},1,"ME"]', '[{"type":"INCREMENT"},2,"ME"]']);
  core.fold(Infinity);
  assert.deepEqual(core.state, { counter: 2 });
  assert.equal(core.setAside(1), true);
  core.fold(Infinity);
  assert.deepEqual(core.state, { counter: 1 });
  assert.equal(core.entry(1).isSetAside, true);
  assert.equal(core.setAside(7), false);
});

// ------------------------------------------------------------------------------------------------------ views

test('a view is a part of the state', async () => {
  const chat = await open('chat');
  assert.deepEqual(chat.view('messages'), { count: 0, first: 0, elements: [] });
  for (let n = 0; n < 700; n++) chat.dispatch({ type: 'ADD_MESSAGE', payload: `${n}` });
  const { messages } = chat.state;
  const expect = (args, first, end) => assert.deepEqual(
    chat.view('messages', args), { count: 700, first, elements: messages.slice(first, end) }, JSON.stringify(args));
  expect(undefined, 600, 700);
  expect({ last: 50 }, 650, 700);
  expect({ last: 5_000 }, 0, 700);
  expect({ last: 0 }, 700, 700);
  expect({ first: 250, count: 10 }, 250, 260);
  expect({ first: 690, count: 100 }, 690, 700);
  expect({ first: 9_000, count: 100 }, 700, 700);
  for (const args of [{ last: -1 }, { last: '5' }, { first: null }, [], 'x', { last: { x: 1 } }]) expect(args, 600, 700);
  const life = await open('life');
  for (const [x, y] of [[1, 0], [0, 0], [2, 3]]) life.dispatch({ type: 'TOGGLE', payload: { x, y } });
  assert.deepEqual(life.view('living'), [0, 1, 92]);
  assert.equal(life.view('population'), 3);
});

test('a view that is not there is an error, and the peer goes on', async () => {
  const chat = await open('chat');
  for (const name of ['', 'message', 'messages2', '"', 5, undefined, null]) assert.throws(() => chat.view(name), TypeError);
  assert.throws(() => chat.view('messages', { last: 1n }), TypeError);
  assert.throws(() => chat.view('messages', 'x'.repeat(2 ** 24)), RangeError);
  const core = await makeCore();
  assert.throws(() => core.view('messages'), /no view messages/);
  const counter = await open('counter');
  assert.throws(() => counter.view('counter'), /no view counter/);
  chat.dispatch({ type: 'ADD_MESSAGE', payload: 'x' });
  assert.equal(chat.view('messages').count, 1);
});

test('a view that has not changed is the same object', async () => {
  const chat = await open('chat');
  chat.dispatch({ type: 'ADD_MESSAGE', payload: 'a' });
  const before = [chat.state, chat.view('messages', { first: 0, count: 1 }), chat.view('messages')];
  assert.equal(chat.state, before[0]);
  assert.equal(chat.view('messages'), before[2]);
  chat.dispatch({ type: 'STEP' });
  assert.equal(chat.view('messages'), before[2], 'an action of another reducer changes nothing');
  chat.dispatch({ type: 'ADD_MESSAGE', payload: 'b' });
  assert.notEqual(chat.view('messages'), before[2]);
  assert.deepEqual(before[2].elements.map(({ message }) => message), ['a'], 'what was read stays as it was');
});

test('an action on a chat of 50,000 messages writes bytes proportional to the view, late ones too', async (t) => {
  const chat = await open('chat');
  const say = listen(chat);
  const line = (n, time, source) => JSON.stringify([{ type: 'ADD_MESSAGE', payload: `message ${n}` }, time, source]);
  const started = performance.now();
  for (let start = 0; start < 50_000; start += 1_000) say(...Array.from({ length: 1_000 }, (_, n) => line(start + n, 2 * (start + n) + 2, 'a')));
  t.diagnostic(`50,000 messages were folded in ${Math.round(performance.now() - started)} ms`);
  let view;
  const look = () => { view = chat.view('messages', { last: 50 }); };
  look();
  assert.equal(view.count, 50_000);
  const one = JSON.stringify(view).length;
  const actions = {
    'an own one': () => chat.dispatch({ type: 'ADD_MESSAGE', payload: 'mine' }),
    'one of a peer': () => say(line('new', 200_000, 'b')),
    'a late one in the window': () => say(line('late', 99_999, 'c')),
    'a late one below it': () => say(line('later', 90_001, 'd')),
    'one before all others': () => say(line('first', 0.5, 'e')),
  };
  let count = 50_000;
  for (const [name, act] of Object.entries(actions)) {
    const bytes = bytesRead(() => { act(); look(); });
    count += 1;
    assert.equal(view.count, count, name);
    assert.ok(bytes < one + 500, `${name}: ${bytes} bytes were read, and the view has ${one}`);
    t.diagnostic(`${name}: ${bytes} bytes`);
  }
  assert.ok(view.elements.some(({ message }) => message === 'message late'));
  const whole = bytesRead(() => chat.state);
  assert.ok(whole > 1_000 * one / 50, `the whole state has ${whole} bytes, and is read when it is asked for`);
  assert.equal(bytesRead(() => chat.state), 0, 'and only once');
});

test('folding a message costs no copy of the chat', async (t) => {
  const lines = Array.from({ length: 60_000 }, (_, n) => JSON.stringify([{ type: 'ADD_MESSAGE', payload: `${n}` }, n + 1, 'a']));
  const took = {};
  for (const model of ['life', 'chat']) { // for life they are nothing
    const core = await open(model);
    const session = core.openSession({ probes: false });
    core.receive(session, `{"id":"WORLD","clock":{}}\n${lines.join('\n')}\n"SYNC"`);
    const started = performance.now();
    core.fold(Infinity);
    took[model] = performance.now() - started;
  }
  t.diagnostic(`folded in ${Math.round(took.chat)} ms, and without being understood in ${Math.round(took.life)} ms`);
  assert.ok(took.chat < 10 * took.life + 200, JSON.stringify(took)); // 4 s with a copy of a part of the list for each
});

test('while a history is folded in parts a page sees the state of before, with what it dispatches on top', async () => {
  let time = 0;
  const chat = await open('chat', { now: () => (time += 20) });
  const texts = (value) => value.map(({ message }) => message);
  chat.dispatch({ type: 'ADD_MESSAGE', payload: 'before' });
  const session = chat.openSession({ probes: false });
  const lines = Array.from({ length: 1_000 }, (_, n) => JSON.stringify([{ type: 'ADD_MESSAGE', payload: `${n}` }, n + 1.5, 'a']));
  chat.receive(session, `{"id":"S","clock":{"a":1001}}\n${lines.join('\n')}\n"SYNC"`);
  assert.deepEqual(texts(chat.state.messages), ['before']);
  assert.ok(chat.fold(1) > 0);
  assert.deepEqual(texts(chat.state.messages), ['before'], 'a part is folded');
  const { timestamp } = chat.dispatch({ type: 'ADD_MESSAGE', payload: 'meanwhile' });
  assert.equal(timestamp, 1_002);
  assert.deepEqual(texts(chat.state.messages), ['before', 'meanwhile']);
  assert.deepEqual(texts(chat.view('messages').elements), ['before', 'meanwhile']);
  while (chat.fold(1) > 0);
  assert.deepEqual(texts(chat.state.messages), ['before', ...Array.from({ length: 1_000 }, (_, n) => `${n}`), 'meanwhile']);
  // An own one that comes before others, which are above the ceiling of the clock.
  const low = await open('chat', { now: () => (time += 20) });
  const high = Array.from({ length: 500 }, (_, n) => JSON.stringify([{ type: 'ADD_MESSAGE', payload: `${n}` }, 2 ** 52 + n + 1, 'a']));
  listen(low)(...high);
  while (low.fold(1) > 0);
  assert.equal(low.dispatch({ type: 'ADD_MESSAGE', payload: 'mine' }).timestamp, 1);
  assert.equal(low.state.messages.at(-1).message, 'mine', 'at once');
  while (low.fold(1) > 0);
  assert.equal(low.state.messages[0].message, 'mine', 'then in its place');
});

test('numbers and bytes that a page gets wrong change nothing', async () => {
  const { exports } = await WebAssembly.instantiate(examples, {
    env: { random: () => {} }, page: { reduce: () => 1, copy: () => 1, release: () => {} },
  });
  const { memory, ...calls } = exports;
  const wrong = [0, -1, 1, 2 ** 31 - 1, -(2 ** 31), NaN];
  const write = (text) => {
    const bytes = new TextEncoder().encode(text);
    new Uint8Array(memory.buffer).set(bytes, calls.core_input(bytes.length) >>> 0);
    return bytes.length;
  };
  const callAll = () => {
    for (const name of Object.keys(calls).filter((name) => name.startsWith('core_') && name !== 'core_create')) {
      for (const a of wrong) for (const b of wrong) calls[name](a, b);
    }
  };
  callAll();
  assert.equal(calls.core_create(write('A'), 0), 1);
  callAll();
  for (const model of MODELS) {
    calls.core_restart(calls.core_model(write(model)));
    for (const text of ['', '[', '[]', '["messages"', '["living",{"last":', '{"messages":1}', '[[[[', '["\\u"]', '["messages",{"first":1e999}]']) {
      calls.core_view(write(text));
    }
    callAll();
  }
  assert.equal(calls.core_number(0), 0);
});
