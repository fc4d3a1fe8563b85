// SPDX-License-Identifier: MIT
//
// A server with a history that is much larger than its memory: it starts, serves all of it to a peer
// that knows nothing of checkpoints, takes an action that is years late, and starts again. UPDATES is
// the length of the history: 300,000 by default, 10,000,000 in dev/soak.
import assert from 'node:assert/strict';
import { createWriteStream } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { once } from 'node:events';
import { test } from 'node:test';
import { eventually } from '../Browser/eventually.mjs';
import { Random, StoredServer, folder, later, minutes, rounds, seed } from './cluster.mjs';
import { run } from './raw-peer.mjs';

const updates = Number(process.env.UPDATES ?? 300_000);
const sources = Array.from({ length: 8 }, (_, index) => `SOURCE-${index}`);
const late = { time: 5, source: 'LATE', type: 'INCREMENT' };
/** What a server may take, in KiB, whatever the length of its history. */
const memory = 120_000;

/** Every third action depends on all that came before it. */
const type = (time) => (time % 3 === 0 ? 'INCREMENT_ODD' : 'INCREMENT');

function fold(isLate) {
  let value = 0;
  const apply = (name) => {
    if (name === 'INCREMENT' || value % 2 !== 0) value += 1;
  };
  for (let time = 1; time <= updates; time += 1) {
    // LATE sorts before the SOURCE of the same time.
    if (isLate && time === late.time) apply(late.type);
    apply(type(time));
  }
  return value;
}

async function write(path) {
  const file = createWriteStream(path);
  let lines = [];
  for (let time = 1; time <= updates; time += 1) {
    lines.push(`[{"type":"${type(time)}"},${time},"${sources[time % 8]}"]\n`);
    if (lines.length < 10_000 && time < updates) continue;
    if (!file.write(lines.join(''))) await once(file, 'drain');
    lines = [];
  }
  file.end();
  await once(file, 'close');
}

/** Reads everything as an original does, and checks that it comes in the agreed order. */
async function readAll(port) {
  const socket = connect(port, '127.0.0.1');
  socket.write('{"id":"READER","clock":{}}\n');
  let [count, last, rest] = [0, 0, ''];
  const late = [];
  for await (const chunk of socket.setEncoding('utf8')) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop();
    for (const line of lines) {
      if (line === '"SYNC"') {
        socket.destroy();
        return { count, late };
      }
      if (!line.startsWith('[')) continue;
      count += 1;
      const time = Number(line.slice(line.indexOf('},') + 2, line.lastIndexOf(',')));
      if (time < last) late.push(time);
      last = Math.max(last, time);
    }
  }
  throw new Error(`the server hung up after ${count} updates`);
}

async function peak(server) {
  const status = await readFile(`/proc/${server.program.child.pid}/status`, 'utf8');
  return Number(/VmHWM:\s+(\d+)/.exec(status)[1]);
}

/** The counter, as whoever opens the store next has it. */
async function counter(store) {
  const nobody = 'tcp://127.0.0.1:9';
  const { output, errors } = await run(
    'join', nobody, '--store', store, '--reducer', 'counter', '--json', 'state\nquit\n');
  const state = output.split('\n').find((line) => line.includes('counter'));
  assert.ok(state, `${output}${errors}`);
  return Number(/"counter":(-?\d+)/.exec(state)[1]);
}

test(`a history of ${updates} updates, of which a part is in memory`, { timeout: 60 * minutes }, async (t) => {
  const path = await folder(t);
  const [lines, store] = [join(path, 'history.jsonl'), join(path, 'log.sqlite')];
  await write(lines);
  assert.equal((await run('import', lines, '--store', store)).code, 0);
  const server = await new StoredServer(store).start();
  later(t, () => server.program.end('SIGKILL'));
  const before = await server.statistics();
  assert.equal(before.actions, updates);
  assert.ok(before.actionsInMemory <= Math.min(updates, 200_000), JSON.stringify(before));

  assert.deepEqual(await readAll(server.tcpPort), { count: updates, late: [] });

  const socket = connect(server.tcpPort, '127.0.0.1');
  socket.on('error', () => {});
  socket.write(`{"id":"${late.source}","clock":{}}\n`);
  socket.write(`[{"type":"${late.type}"},${late.time},"${late.source}"]\n"SYNC"\n`);
  await eventually('the late action is in the log', async () =>
    ((await server.statistics()).actions === updates + 1 ? true : null));
  socket.destroy();
  assert.deepEqual(await readAll(server.tcpPort), { count: updates + 1, late: [] });
  assert.ok(await peak(server) < memory, `${await peak(server)} KiB`);

  await server.program.end('SIGTERM');
  assert.equal(await counter(store), fold(true));
  assert.notEqual(fold(true), fold(false));
  await server.start();
  assert.equal((await server.statistics()).actions, updates + 1);
  assert.ok(await peak(server) < memory, `${await peak(server)} KiB`);
  await server.kill();
  assert.equal(await counter(store), fold(true));
});

/** The counter, folded from the beginning by a program that uses no checkpoint. */
async function folded(store) {
  const { output, errors } = await run('replay', store, '--reducer', 'counter');
  assert.ok(output, errors);
  return Number(/"counter":(-?\d+)/.exec(output)[1]);
}

test('kill -9 at any moment of folding again and of storing a checkpoint leaves the right state', { timeout: 20 * minutes }, async (t) => {
  const path = await folder(t);
  const [lines, store] = [join(path, 'history.jsonl'), join(path, 'log.sqlite')];
  const count = 30_000;
  await writeFile(lines, Array.from({ length: count }, (_, index) => (
    `[{"type":"${type(index + 1)}"},${index + 1},"${sources[index % 8]}"]\n`)).join(''));
  assert.equal((await run('import', lines, '--store', store)).code, 0);
  const random = new Random(seed);
  const server = new StoredServer(store);
  later(t, () => server.program.end('SIGKILL'));
  for (let round = 0; round < rounds; round += 1) {
    await server.start();
    // Before every checkpoint, so that all of them are worthless and one is stored anew.
    const socket = connect(server.tcpPort, '127.0.0.1');
    socket.on('error', () => {});
    socket.write(`{"id":"LATE-${round}","clock":{}}\n`);
    socket.write(`[{"type":"INCREMENT"},${1 + random.below(50)},"LATE-${round}"]\n"SYNC"\n`);
    for (let asked = random.below(150); asked > 0; asked -= 1) await server.statistics();
    await server.kill();
    socket.destroy();
    assert.equal(await counter(store), await folded(store), `SEED=${seed}, round ${round}`);
  }
});
