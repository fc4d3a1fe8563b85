// SPDX-License-Identifier: MIT
//
// Real servers and peers whose file system fails, at each call in turn. What they acknowledged must be
// there when the disk is well again, and what they say must name the cause. Takes about a minute.
//
// EVERY=1 tries each error at each call, once and for good (many minutes); otherwise each call gets
// one of its errors, which SEED chooses.
import assert from 'node:assert/strict';
import { cp, mkdir } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, minutes } from './cluster.mjs';
import {
  causes, compile, dispatches, faults, inPairs, isThorough, leftBehind, nobody, run, words,
} from './faulty-files.mjs';

/** Runs a peer that writes three actions, and notes what was acknowledged. */
async function write(store, first, options) {
  const input = `${dispatches(first, 3)}status\nquit\n`;
  const result = await run(['join', nobody, '--store', store, '--id', 'ME'], { input, ...options });
  const answers = result.lines.map((line) => JSON.parse(line));
  return {
    ...result,
    acknowledged: answers.filter((answer) => answer.timestamp).map((answer) => answer.timestamp),
    said: result.errors + answers.map((answer) => answer.error ?? '').join('\n'),
    isWhole: result.code === 0 && answers.length === 5 && answers.every((answer) => !answer.error),
  };
}

/** What a peer reads from its store when nothing fails. */
async function timestamps(store) {
  const result = await run(
    ['join', nobody, '--store', store, '--id', 'ME'], { input: 'history\nquit\n' });
  assert.equal(result.code, 0, `without faults: ${result.errors}`);
  assert.equal(result.lines.length, 2, `without faults: ${JSON.stringify(result)}`);
  return JSON.parse(result.lines[0]).history
    .filter(([, , source]) => source === 'ME').map(([, timestamp]) => timestamp);
}

for (const [title, hasStore] of [['creates its store', false], ['opens what a crash has left', true]]) {
  test(`a peer that ${title} loses nothing acknowledged, whichever call fails`, { timeout: 20 * minutes }, async (t) => {
    const path = await folder(t);
    const { path: shim, reason } = compile(path);
    if (reason) { t.skip(reason); return; }
    const template = hasStore ? await leftBehind(join(path, 'template')) : null;
    const fresh = async (name) => {
      const place = join(path, name, 'faulty');
      if (template) await cp(template, place, { recursive: true });
      else await mkdir(place, { recursive: true });
      return join(place, 'log.sqlite');
    };
    const log = join(path, 'calls');
    const sound = await write(await fresh('sound'), 4, { shim, fault: { log } });
    assert.ok(sound.isWhole, sound.said);
    const before = hasStore ? [1, 2, 3] : [];
    const outcomes = { unharmed: 0, reported: 0 };
    const failures = [];
    await inPairs((await faults(log)).map((fault, index) => ({ fault, index })), async ({ fault, index }) => {
      try {
        const store = await fresh(`run-${index}`);
        const result = await write(store, 4, { shim, fault });
        assert.ok([0, 2].includes(result.code), `exit ${result.code}: ${result.said}`);
        if (!result.isWhole) assert.match(result.said, causes[fault.errno]);
        const expected = [...before, ...result.acknowledged];
        const found = await timestamps(store);
        assert.deepEqual(expected.filter((timestamp) => !found.includes(timestamp)), [], 'acknowledged, but lost');
        assert.equal(new Set(found).size, found.length, 'a timestamp was used twice');
        outcomes[result.isWhole ? 'unharmed' : 'reported'] += 1;
      } catch (error) {
        failures.push(`${words(fault)}: ${error.message}`);
      }
    });
    t.diagnostic(JSON.stringify(outcomes));
    assert.deepEqual(failures, []);
  });
}

/** What a server sends of its own, which it does only when it is saved. */
function watch(address, actions) {
  const socket = connect(Number(address.split(':').at(-1)), '127.0.0.1');
  let rest = '';
  socket.on('error', () => {});
  socket.on('data', (data) => {
    const lines = (rest + data).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      const update = JSON.parse(line);
      if (Array.isArray(update) && update[2] === 'SERVER') actions.push(update[1]);
    }
  });
  socket.write('{"id":"WATCHER","clock":{}}\n');
  return socket;
}

test('a server has everything that it has sent, whichever call fails', { timeout: 20 * minutes }, async (t) => {
  const path = await folder(t);
  const { path: shim, reason } = compile(path);
  if (reason) { t.skip(reason); return; }
  const serve = async (name, fault) => {
    const place = join(path, name, 'faulty');
    await mkdir(place, { recursive: true });
    const store = join(place, 'log.sqlite');
    const sent = [];
    let socket;
    const onLine = (line, child) => {
      socket = watch(JSON.parse(line).tcp, sent);
      // Long enough for several steps; a server that cannot save ends by itself.
      setTimeout(() => child.kill('SIGTERM'), 150);
    };
    const result = await run([
      'serve', '--port', '0', '--tcp-port', '0', '--store', store, '--id', 'SERVER', '--json',
      '--bot', 'life=0.02',
    ], { shim, fault, onLine });
    socket?.destroy();
    return { ...result, sent, store };
  };
  const log = join(path, 'calls');
  const sound = await serve('sound', { log });
  assert.equal(sound.code, 0, sound.errors);
  assert.ok(sound.sent.length > 0, 'it has sent something');
  const outcomes = { unharmed: 0, stopped: 0 };
  const failures = [];
  // The order of the later calls differs from run to run: some of them are enough here.
  const chosen = (await faults(log)).filter(({ at }) => isThorough || at < 12 || at % 5 === 0);
  await inPairs(chosen.map((fault, index) => ({ fault, index })), async ({ fault, index }) => {
    try {
      const result = await serve(`run-${index}`, fault);
      assert.ok([0, 2].includes(result.code), `exit ${result.code}: ${result.errors}`);
      if (result.code !== 0) assert.match(result.errors, causes[fault.errno]);
      if (result.sent.length > 0) {
        const saved = await run(['log', result.store, '--json'], {});
        assert.equal(saved.code, 0, saved.errors);
        const found = new Set(saved.lines.map((line) => JSON.parse(line).update[1]));
        assert.deepEqual(result.sent.filter((timestamp) => !found.has(timestamp)), [], 'sent, but lost');
      }
      outcomes[result.code === 0 ? 'unharmed' : 'stopped'] += 1;
    } catch (error) {
      failures.push(`${words(fault)}: ${error.message}`);
    }
  });
  t.diagnostic(JSON.stringify(outcomes));
  assert.deepEqual(failures, []);
});

for (const clock of ['still', 'jumps']) {
  test(`a wall clock that ${clock === 'still' ? 'stands still' : 'jumps'} gives no timestamp twice, and none that falls`, { timeout: minutes }, async (t) => {
    const path = await folder(t);
    const { path: shim, reason } = compile(path);
    if (reason) { t.skip(reason); return; }
    const store = join(path, 'log.sqlite');
    const given = [];
    for (let round = 0; round < 2; round += 1) {
      const input = `${Array.from({ length: 20 }, (_, n) => `set k ${n}\n`).join('')}quit\n`;
      const result = await run(
        ['peer', 'model', '--listen', '0', '--store', store, '--id', 'ME'],
        { input, shim, fault: { clock } });
      assert.equal(result.code, 0, result.errors);
      given.push(...result.lines.map((line) => JSON.parse(line).timestamp).filter(Boolean));
    }
    assert.equal(given.length, 40);
    assert.deepEqual(given, [...new Set(given)].sort((one, other) => one - other));
  });
}
