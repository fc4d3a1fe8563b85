// SPDX-License-Identifier: MIT
//
// Peers that lack a long history take the server's state first, over every way in, and are killed before
// the history is there.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { Program } from '../Browser/processes.mjs';
import { eventually } from '../Browser/eventually.mjs';
import { StoredServer, folder, later, minutes } from './cluster.mjs';
import { run } from './raw-peer.mjs';

const updates = 60_000;

class Joiner {
  constructor(url, store) { Object.assign(this, { url, store }); }

  start() {
    this.program = new Program(process.env.SCUTTLEBUTT, [
      'join', this.url, '--reducer', 'counter', '--store', this.store, '--json', '--stay']);
    return this;
  }

  async ask(line) {
    this.program.write(line);
    return JSON.parse(await this.program.line());
  }

  async counter() { return (await this.ask('state')).state.counter; }
}

test('peers over every way in show the state first, are killed, and end with the whole history', { timeout: 5 * minutes }, async (t) => {
  const path = await folder(t);
  const [lines, store] = [join(path, 'history.jsonl'), join(path, 'log.sqlite')];
  await writeFile(lines, Array.from({ length: updates }, (_, index) =>
    `[{"type":"INCREMENT"},${index + 1},"WRITER"]\n`).join(''));
  assert.equal((await run('import', lines, '--store', store)).code, 0);
  const server = await new StoredServer(store).start();
  later(t, () => server.program.end('SIGKILL'));
  // Without a checkpoint there is nothing to give.
  await eventually('a checkpoint', async () => (await server.statistics()).checkpointsStored > 0);

  const ways = { primus: server.http, ws: `${server.http.replace('http', 'ws')}/ws`, tcp: `tcp://${server.tcp}` };
  const peers = Object.entries(ways).map(([name, url]) => new Joiner(url, join(path, `${name}.sqlite`)).start());
  for (const peer of peers) later(t, () => peer.program.end('SIGKILL'));
  for (const peer of peers) {
    await eventually('the state', async () => (await peer.counter()) === updates);
    assert.match(peer.program.complaints(), /took the state after \d+ actions/);
    // Most often before its history is saved.
    await peer.program.end('SIGKILL');
  }
  for (const peer of peers) peer.start();
  for (const peer of peers) {
    await eventually('the state', async () => (await peer.counter()) >= updates);
    assert.equal((await peer.ask('dispatch {"type":"INCREMENT"}')).ok, true);
  }
  const expected = updates + peers.length;
  for (const peer of peers) {
    await eventually('everything', async () => {
      const status = await peer.ask('status');
      return status.synced && status.actions === expected && (await peer.counter()) === expected;
    });
    assert.equal(await peer.program.end('SIGTERM'), 0);
  }
  assert.equal((await server.statistics()).actions, expected);
  await server.program.end('SIGTERM');
  const logs = await Promise.all([store, ...peers.map((peer) => peer.store)].map(async (file) =>
    (await run('log', file)).output));
  for (const log of logs) assert.equal(log, logs[0]);
});
