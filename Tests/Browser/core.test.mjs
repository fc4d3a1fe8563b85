// SPDX-License-Identifier: MIT
//
// The peer of the Swift packages as a module for the page: against itself, recordings, and hostile input.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { Core, CoreError, load } from '../../Web/core.js';
import { list, makeCore, moduleBytes, talk } from './module.mjs';
import { seeded } from './played-world.mjs';
import { recorded } from './recorded.mjs';

const root = new URL('../../', import.meta.url);

// --------------------------------------------------------------------------------------------- the module

/** Not to grow; the aim is 80,000, and with reducers 120,000. */
const LIMITS = { ScuttlebuttWasm: 121_000, ExamplesWasm: 130_000 }; // bytes, compressed, without wasm-opt

test('the module is small', (t) => {
  for (const [name, limit] of Object.entries(LIMITS)) {
    const bytes = moduleBytes(name);
    const { length } = gzipSync(bytes, { level: 9 });
    t.diagnostic(`${name}.wasm: ${bytes.length} bytes, ${length} compressed`);
    assert.ok(length <= limit, `${name}.wasm: ${length} bytes compressed`);
  }
});

test('a page that allows no WebAssembly is told what to allow', async () => {
  const real = globalThis.WebAssembly;
  try {
    globalThis.WebAssembly = undefined;
    await assert.rejects(load(new Uint8Array()), (error) => error instanceof CoreError && /wasm-unsafe-eval/.test(error.message));
    globalThis.WebAssembly = {
      Module: real.Module,
      compile: async () => { throw new Error("violates the Content Security Policy directive: script-src 'self'"); },
    };
    await assert.rejects(load(new Uint8Array()), /wasm-unsafe-eval/);
  } finally {
    globalThis.WebAssembly = real;
  }
  await assert.rejects(load(new Uint8Array(8)), (error) => error instanceof CoreError && /cannot be loaded/.test(error.message));
});

test('a module that stops is not asked again, and another takes its log', async () => {
  // A trap is an exception out of a call; this one comes by a way that a page has: a copy that cannot be made.
  let isFailing = false;
  const copy = (state) => { if (isFailing) throw new RangeError('too deep'); return [...state]; };
  const core = await makeCore({ copy });
  core.dispatch({ type: 'A', n: 1 });
  core.dispatch({ type: '@LOCAL', n: 50 });
  core.dispatch({ type: 'A', n: 2 });
  isFailing = true;
  const session = core.openSession();
  core.receive(session, '{"id":"S","clock":{}}\n"SYNC"\n[{"type":"A","n":0},0.5,"S"]');
  assert.throws(() => core.fold(), CoreError);
  assert.match(core.fault.message, /has stopped.*restore its lines/);
  assert.throws(() => core.dispatch({ type: 'A', n: 3 }), core.fault);
  assert.throws(() => core.vector(), core.fault);
  assert.deepEqual(core.state, [1, 50, 2]);
  const next = await makeCore();
  assert.equal(next.restore(core.lines()), 3);
  next.fold();
  assert.deepEqual(next.state, [0, 1, 2]);
  assert.equal(next.dispatch({ type: 'A', n: 3 }).timestamp, 3);
});

// ---------------------------------------------------------------------------------------------- the order

for (const seed of [1, 2, 3, 4, 5]) {
  test(`three peers that meet by chance fold one order (seed ${seed})`, async () => {
    const random = seeded(seed);
    const cores = await Promise.all(['A', 'B', 'C'].map((source) => makeCore({ source })));
    let n = 0;
    for (let step = 0; step < 300; step++) {
      const core = cores[Math.floor(random() * 3)];
      if (random() < 0.8) core.dispatch({ type: 'A', n: n++ });
      else talk(core, cores[Math.floor(random() * 3)] === core ? cores[(cores.indexOf(core) + 1) % 3] : cores[(cores.indexOf(core) + 2) % 3]).end();
      if (random() < 0.3) core.fold(0);
    }
    for (const [a, b] of [[0, 1], [1, 2], [0, 1]]) talk(cores[a], cores[b]).end();
    const updates = cores[0].lines().map((line) => JSON.parse(line));
    updates.sort((a, b) => a[1] - b[1] || (a[2] < b[2] ? -1 : 1));
    assert.equal(updates.length, n);
    for (const core of cores) {
      core.fold(Infinity);
      assert.deepEqual(core.state, updates.map(([action]) => action.n));
      assert.equal(core.number('pending'), 0);
    }
    assert.deepEqual(cores[0].vector(), cores[2].vector());
  });
}

test('a late action costs at most 2d + 64 calls of the reducer, and snapshots are few', async () => {
  const core = await makeCore({ reducer: (state = 0) => state + 1 });
  const session = core.openSession();
  const update = (timestamp, source = 'a') => JSON.stringify([{ type: 'A' }, timestamp, source]);
  core.receive(session, `{"id":"S","clock":{"a":40000}}\n${Array.from({ length: 20_000 }, (_, n) => update(2 * n + 2)).join('\n')}\n"SYNC"`);
  core.fold(Infinity);
  assert.equal(core.number('calls'), 20_000);
  assert.equal(core.state, 20_001);
  for (const [index, depth] of [1, 10, 63, 64, 65, 1_000, 15_000, 19_999, 3].entries()) {
    const before = core.number('calls');
    core.receive(session, update(40_001 - 2 * depth, `late ${index}`));
    core.fold(Infinity);
    const calls = core.number('calls') - before;
    assert.ok(calls <= 2 * (depth + index + 1) + 64, `depth ${depth} took ${calls} calls`);
    assert.ok(core.number('snapshots') <= 30, `${core.number('snapshots')} snapshots`);
  }
  assert.equal(core.state, 20_010);
  assert.equal(core.events.filter(([kind]) => kind === 'rewound').length, 9);
});

test('a history is folded in parts, and what is dispatched meanwhile is seen at once', async () => {
  let time = 0;
  let calls = 0;
  const reducer = (state, action) => { calls += 1; time += 0.25; return list(state, action); };
  const core = await makeCore({ reducer, now: () => time });
  core.dispatch({ type: 'A', n: -1 });
  core.dispatch({ type: '@LOCAL', n: -2 });
  const session = core.openSession();
  const lines = Array.from({ length: 1_000 }, (_, n) => JSON.stringify([{ type: 'A', n }, n + 1, 'a']));
  core.receive(session, `{"id":"S","clock":{"a":1000}}\n${lines.join('\n')}\n"SYNC"`);
  assert.deepEqual(core.state, [-1, -2], 'the state is the one of before');
  const before = calls;
  assert.ok(core.fold(12) > 0);
  assert.ok(calls - before <= 128 + 12 / 0.25, `${calls - before} calls in one part`);
  core.dispatch({ type: 'A', n: 5_000 });
  core.dispatch({ type: '@LOCAL', n: 6_000 });
  assert.deepEqual(core.state, [-1, -2, 5_000, 6_000]);
  core.receive(session, JSON.stringify([{ type: 'A', n: 99.5 }, 100.5, 'b']));
  while (core.fold(12) > 0);
  assert.deepEqual(core.state.slice(0, 3), [-1, -2, 0], 'ME comes before a');
  assert.deepEqual(core.state.slice(101, 104), [99, 99.5, 100]);
  assert.deepEqual(core.state.slice(-3), [999, 5_000, 6_000]);
  assert.equal(core.state.length, 1_005);
});

test('an own action below others, which are above the clock ceiling, is seen at once and takes its place', async () => {
  const core = await makeCore();
  const session = core.openSession();
  const lines = Array.from({ length: 500 }, (_, n) => JSON.stringify([{ type: 'A', n }, 2 ** 52 + n + 1, 'a']));
  core.receive(session, `{"id":"S","clock":{}}\n${lines.join('\n')}\n"SYNC"`);
  core.fold(Infinity);
  assert.equal(core.dispatch({ type: 'A', n: -1 }).timestamp, 1);
  assert.deepEqual(core.state.slice(-2), [499, -1]);
  assert.ok(core.number('waiting') > 0);
  core.fold(Infinity);
  assert.deepEqual(core.state.slice(0, 2), [-1, 0]);
});

// --------------------------------------------------------------------------------------------- the reducer

test('a reducer that throws makes the action a no-op, also one that changes its state', async () => {
  for (const copy of [null, (state) => [...state]]) {
    const reducer = (state = [], action) => {
      if (action.n === undefined) return state;
      const next = copy ? state : [...state];
      next.push(action.n);
      if (action.n === 'bad') throw new Error('no');
      return next;
    };
    const core = await makeCore({ reducer, copy });
    for (let n = 0; n < 200; n++) core.dispatch({ type: 'A', n: n % 3 === 0 ? 'bad' : n });
    assert.equal(core.state.length, 133);
    assert.ok(!core.state.includes('bad'));
    assert.equal(core.events.filter(([kind]) => kind === 'reducer').length, 67);
    const session = core.openSession();
    core.receive(session, '{"id":"S","clock":{}}\n"SYNC"\n[{"type":"A","n":"late"},0.5,"S"]');
    core.fold();
    assert.deepEqual(core.state.slice(0, 3), ['late', 1, 2]);
    assert.equal(core.state.length, 134);
  }
});

test('a reducer that may change its state is given copies only for snapshots', async () => {
  let copies = 0;
  const copy = (state) => { copies += 1; return [...state]; };
  const core = await makeCore({ copy, reducer: (state = [], action) => { if (action.n !== undefined) state.push(action.n); return state; } });
  for (let n = 0; n < 10_000; n++) core.dispatch({ type: 'A', n });
  assert.deepEqual(core.state, Array.from({ length: 10_000 }, (_, n) => n));
  assert.ok(copies <= 10_000 / 64 + 1, `${copies} copies`);
});

test('a replaced reducer folds everything anew, local-only actions in their places', async () => {
  const core = await makeCore();
  core.dispatch({ type: '@LOCAL', n: 0 });
  for (let n = 1; n <= 100; n++) core.dispatch({ type: n === 50 ? '@LOCAL' : 'A', n });
  core.replaceReducer((state = '', action) => (action.n === undefined ? state : `${state} ${action.n}`));
  assert.equal(core.state, Array.from({ length: 101 }, (_, n) => ` ${n}`).join(''));
});

test('an action whose type begins with @ stays here, unless it is to be shared', async () => {
  const [a, b] = await Promise.all(['A', 'B'].map((source) => makeCore({ source })));
  assert.deepEqual(a.dispatch({ type: '@HERE', n: 1 }), { action: { type: '@HERE', n: 1 }, timestamp: null, source: null, number: 0 });
  assert.equal(a.dispatch({ type: '@THERE', n: 2 }, { isShared: true }).timestamp, 1);
  talk(a, b);
  b.fold();
  assert.deepEqual([a.state, b.state], [[1, 2], [2]]);
});

test('a reducer may not use its peer', async () => {
  let core;
  core = await makeCore({ reducer: (state = 0, action) => { if (action.type === 'A') core.dispatch({ type: 'B' }); return state + 1; } });
  core.dispatch({ type: 'A' });
  assert.deepEqual(core.events.map(([kind]) => kind), ['reducer']);
  assert.equal(core.state, 1);
  assert.equal(core.number('actions'), 1);
});

test('what peers would refuse is refused at dispatch, and nothing has changed', async () => {
  const core = await makeCore();
  let deep = {};
  for (let depth = 0; depth < 300; depth++) deep = { deep };
  for (const action of [undefined, null, 5, 'A', [], {}, { type: '' }, { type: 5 }, { type: 'A', meta: null }, { type: 'A', deep },
    { type: 'A', long: 'x'.repeat(11_000_000) }]) {
    assert.throws(() => core.dispatch(action), TypeError);
  }
  assert.throws(() => core.dispatch({ type: 'A', long: 'x'.repeat(2 ** 24) }), RangeError);
  assert.equal(core.number('actions'), 0);
  assert.equal(core.dispatch({ type: 'A', n: 1, text: 'é 😀 \u2028' }).timestamp, 1);
  for (const source of ['', '__proto__', 'toString', 'x'.repeat(1_025), 5]) await assert.rejects(makeCore({ source }), TypeError);
});

// --------------------------------------------------------------------------------------- saving and restoring

test('what is to be saved leaves only when it is saved, and is restored byte for byte', async () => {
  const core = await makeCore({ savesActions: true });
  const session = core.openSession({ probes: false });
  core.receive(session, '{"id":"S","start":0,"clock":{"X":7}}');
  assert.match(core.pull(session), /^\{"id":"ME".*\n"SYNC"$/);
  core.dispatch({ type: 'A', n: 1 });
  const odd = '[{"type":"B", "n":2.0}, 7e0, "X", "signature"]';
  core.receive(session, `${odd}\n"SYNC"`);
  assert.equal(core.pull(session), null);
  const saves = core.events.filter(([kind]) => kind === 'save');
  assert.deepEqual(saves.map(([, , first, count]) => [first, count]), [[0, 1], [1, 1]]);
  const lines = saves.flatMap(([, , first, count]) => core.lines(first, count));
  assert.deepEqual(lines, ['[{"type":"A","n":1},8,"ME"]', odd]);
  core.saved(saves[0][1]);
  assert.equal(core.pull(session), '[{"type":"A","n":1},8,"ME"]');
  const next = await makeCore({ savesActions: true });
  assert.equal(next.restore([...lines, 'broken', lines[0], '"SYNC"']), 2);
  next.fold();
  assert.deepEqual(next.state, [2, 1]);
  assert.deepEqual(next.vector(), new Map([['ME', 8], ['X', 7]]));
  assert.deepEqual(next.changesSince('{"id":"P","clock":{"ME":8}}'), [odd]);
  assert.throws(() => next.changesSince('[]'), TypeError);
  assert.equal(next.restore(lines), 0);
});

// ------------------------------------------------------------------------------------------------ recordings

const withoutMeta = ({ meta, ...action }) => (meta && Object.keys(meta).length > 0 ? { ...action, meta } : action);

for (const name of ['primus-basic', 'primus-query', 'primus-signed', 'primus8-heartbeat', 'primus-server-killed', 'primus-server-close']) {
  for (const ours of ['client', 'server']) {
    test(`the recording ${name}, our side the ${ours}: it says what the original said`, async () => {
      const said = recorded(name);
      const source = said.find(({ side, value }) => side === ours && value.id)?.value.id ?? 'ME';
      const core = await makeCore({ source, reducer: (state = [], action) => (action.type.startsWith('@@') ? state : [...state, action.type]) });
      const session = core.openSession({ probes: false });
      const heard = [];
      const listen = () => { for (let lines; (lines = core.pull(session)) !== null;) heard.push(...lines.split('\n')); };
      const isOwn = ({ value }) => Array.isArray(value) && value[2] === source;
      const sync = said.findIndex(({ side, value }) => side === ours && value === 'SYNC');
      const written = new Set();
      const write = (event) => {
        if (written.has(event.value[1])) return;
        written.add(event.value[1]);
        core.dispatch(event.value[0]);
      };
      for (const [index, event] of said.entries()) if (event.side === ours && isOwn(event) && index < sync) write(event);
      listen();
      const expected = [];
      const theirs = [];
      for (const event of said) {
        if (event.side !== ours) {
          if (isOwn(event)) continue; // an echo, with the timestamp of then
          assert.equal(core.receive(session, event.line), true);
          if (Array.isArray(event.value)) theirs.push(event.line);
        } else if (isOwn(event)) {
          write(event);
          expected.push(withoutMeta(event.value[0]));
        }
        listen();
      }
      core.fold();
      assert.equal(JSON.parse(heard[0]).id, source);
      assert.ok(heard[0].includes('"start":0'));
      assert.equal(heard.filter((line) => line === '"SYNC"').length, sync < 0 ? 0 : 1);
      const own = heard.map((line) => JSON.parse(line)).filter((value) => Array.isArray(value));
      assert.deepEqual(own.map(([action]) => withoutMeta(action)), expected, 'own actions, in order, and no echo');
      const kept = core.lines();
      assert.ok(theirs.every((line) => kept.includes(line)), 'theirs are kept byte for byte');
      assert.equal(core.state.length, new Set([...theirs, ...expected.map((action) => JSON.stringify(action))]).size);
      assert.deepEqual(core.events.filter(([kind]) => ['refused', 'cutOff', 'close'].includes(kind)), []);
    });
  }
}

test('recordings of other data types are refused line by line, and end nothing', async () => {
  for (const name of ['model', 'events', 'vector-model', 'r-array', 'crdt']) {
    const core = await makeCore();
    const session = core.openSession();
    for (const { side, line } of recorded(name)) if (side === 'server') assert.equal(core.receive(session, line), true, line);
    assert.equal(core.number('actions'), 0);
    assert.ok(core.events.some(([kind]) => kind === 'refused'), name);
  }
});

// ------------------------------------------------------------------------------------------------ hostile lines

test('malformed updates are refused one by one, and the link goes on', async () => {
  const core = await makeCore();
  const session = core.openSession();
  core.receive(session, '{"id":"S","clock":{}}\n"SYNC"');
  const action = '{"type":"A","n":1}';
  const bad = [
    '[]', '[1]', `[${action}]`, `[${action},1]`, `[${action},"1","S"]`, `[${action},1,2]`, `[${action},0,"S"]`,
    `[${action},-1,"S"]`, `[${action},1e999,"S"]`, `[${action},9007199254740992,"S"]`, `[${action},1,"__proto__"]`,
    `[${action},1,"toString"]`, `[${action},1,"\\ud800"]`, `[${action},1,"${'x'.repeat(1_025)}"]`, '[5,1,"S"]', '[null,1,"S"]',
    '[[],1,"S"]', '[{},1,"S"]', '[{"type":""},1,"S"]', '[{"type":1},1,"S"]', '[{"type":"A","meta":1},1,"S"]',
    `[{"type":"A","deep":${'['.repeat(300)}${']'.repeat(300)}},1,"S"]`,
  ];
  for (const line of bad) {
    core.events.length = 0;
    assert.equal(core.receive(session, line), true, line);
    assert.deepEqual(core.events.map(([kind]) => kind), ['refused'], line);
  }
  for (const line of ['', ' ', '5', 'null', '"hello"', '"REFUSED x y"', '"REFUSED 1 ME"', '\r']) assert.equal(core.receive(session, line), true);
  assert.equal(core.number('actions'), 0);
  core.receive(session, `[${action},1,"S"]`);
  core.fold();
  assert.deepEqual(core.state, [1]);
  assert.equal(core.dispatch({ type: 'A', n: 2 }).timestamp, 2, 'no refused timestamp has moved the clock');
});

test('what is no line ends the link, and what came before it counts', async () => {
  const endless = '['.repeat(100_000);
  for (const line of ['{', '[{"type":"A"},1,', '{"id":"S"}', '{"id":"S","clock":null}', 'x', '\u0000', '"\ud800', endless, '{"a":'.repeat(50_000)]) {
    const core = await makeCore();
    const session = core.openSession();
    assert.equal(core.receive(session, `{"id":"S","clock":{}}\n"SYNC"\n[{"type":"A","n":1},1,"S"]\n${line}`), false, line.slice(0, 20));
    assert.deepEqual(core.events.filter(([kind]) => kind === 'close').map(([, number]) => number), [session]);
    assert.equal(core.pull(session), null);
    assert.equal(core.receive(session, '[{"type":"A","n":2},2,"S"]'), false);
    core.fold();
    assert.deepEqual(core.state, [1]);
  }
});

test('what the fuzzers have found, cut and joined by chance, stops no module', async () => {
  const folder = new URL('Fuzzing/Corpus/line-decoder/', root);
  const inputs = readdirSync(folder).map((name) => readFileSync(new URL(name, folder)).toString('latin1'));
  const random = seeded(11);
  const core = await makeCore();
  for (let round = 0; round < 3_000; round++) {
    const pick = () => inputs[Math.floor(random() * inputs.length)];
    let text = round < inputs.length ? inputs[round] : pick();
    if (round >= inputs.length) {
      const at = Math.floor(random() * text.length);
      text = random() < 0.5 ? text.slice(0, at) + pick().slice(Math.floor(random() * 20)) : text.slice(0, at) + String.fromCharCode(random() * 256) + text.slice(at + 1);
    }
    const session = core.openSession();
    if (random() < 0.5) core.receive(session, '{"id":"S","clock":{}}\n"SYNC"');
    core.receive(session, text);
    core.pull(session);
    core.fold();
    core.closed(session);
  }
  assert.equal(core.fault, null);
  core.dispatch({ type: 'A', n: 1 });
  assert.equal(core.state.at(-1), 1);
});

test('numbers that a page gets wrong change nothing', async () => {
  const { instance } = await WebAssembly.instantiate(moduleBytes(), {
    env: { random: () => {} }, page: { reduce: () => 1, copy: () => 1, release: () => {} },
  });
  const { memory, ...calls } = instance.exports;
  const wrong = [0, -1, 1, 2 ** 31 - 1, -(2 ** 31), NaN];
  const callAll = () => {
    for (const name of Object.keys(calls).filter((name) => name.startsWith('core_') && name !== 'core_create')) {
      for (const a of wrong) for (const b of wrong) calls[name](a, b);
    }
  };
  callAll();
  for (const count of wrong.filter((count) => count !== 1)) assert.equal(calls.core_create(count, -1), 0);
  new Uint8Array(memory.buffer)[calls.core_input(1)] = 65;
  assert.equal(calls.core_create(1, 0), 1);
  callAll();
  assert.equal(calls.core_number(0), 0);
});

test('sessions, reports and what is handed in are bounded', async () => {
  const core = await makeCore();
  const sessions = Array.from({ length: 64 }, () => core.openSession());
  assert.throws(() => core.openSession(), RangeError);
  assert.equal(core.receive(sessions[0], `${'x'.repeat(2 ** 24)}y`), false);
  assert.equal(core.openSession(), 65, 'the closed one has made room');
  core.events.length = 0;
  core.receive(sessions[1], '[1]\n'.repeat(1_000));
  assert.equal(core.events.filter(([kind]) => kind === 'refused').length, 100);
  assert.deepEqual(core.events.at(-1), ['missed', 900]);
});
