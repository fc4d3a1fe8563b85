// SPDX-License-Identifier: MIT
// node check.mjs MODULE.wasm EXAMPLES.wasm: runs the core as a page would and compares known answers.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { Core } from '../Web/core.js';

const [module, examples] = await Promise.all(process.argv.slice(2).map((path) => readFile(path)));

// The counter of the examples, with which the order of actions matters: once with a reducer in JavaScript, once with
// the one in Swift.
const reducer = (state = { counter: 0 }, { type }) => (
  type === 'INCREMENT' || (type === 'INCREMENT_ODD' && state.counter % 2 !== 0) ? { counter: state.counter + 1 } : state);
const cores = [
  await Core.open({ module, source: 'A', reducer }),
  await Core.open({ module: examples, model: 'counter', source: 'A' }),
];
for (const core of cores) {
  assert.equal(core.dispatch({ type: 'INCREMENT' }).timestamp, 1, 'the first timestamp is 1');
  assert.equal(core.dispatch({ type: 'INCREMENT_ODD' }).timestamp, 2);
  assert.equal(core.state.counter, 2);
  const session = core.openSession();
  const say = (...lines) => { core.receive(session, lines.join('\n')); core.fold(Infinity); };
  say('{"id":"B","clock":{"B":1}}', '[{"type":"INCREMENT"},0.5,"B"]', '"SYNC"');
  assert.equal(core.state.counter, 2, 'the late action took its place');
  say('[{"type":"INCREMENT"},0.5,"B"]');
  assert.equal(core.number('actions'), 3, 'a duplicate changes nothing');
  for (const hostile of ['0', '-1', '1e999', '9007199254740992']) say(`[{"type":"INCREMENT"},${hostile},"Z"]`);
  assert.equal(core.number('actions'), 3, 'and neither do refused timestamps');
  say('[{"type":"INCREMENT"},9007199254740991,"Z"]');
  assert.equal(core.dispatch({ type: 'INCREMENT' }).timestamp, 3, 'our clock does not follow it');
  assert.equal(core.state.counter, 4);

  // Enough for several chunks, snapshots and growth of the memory; then one late action below all.
  for (let index = 0; index < 20_000; index += 1) core.dispatch({ type: 'INCREMENT' });
  say('[{"type":"INCREMENT"},0.25,"C"]');
  assert.equal(core.state.counter, 20_006);
  assert.equal(core.changesSince('{"id":"P","clock":{}}').length, 20_006);

  // The codec: what it reads, and how it prints what it read.
  for (const timestamp of [1, 0.1, 5e-324, 1.7952345299260012e12, 4503599627370495.5, 2 ** 53 - 1]) {
    const source = `é${timestamp}`;
    say(` [{"type":"A","n":1.0}, ${timestamp.toExponential()} ,"\\u00e9${timestamp}"]`);
    assert.equal(core.vector().get(source), timestamp);
  }
}

console.log(`${module.length} and ${examples.length} bytes of wasm: every answer as expected`);
