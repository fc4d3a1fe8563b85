// SPDX-License-Identifier: MIT
//
// Several processes on one store, and a server: each dispatches, one connects for all, and whoever
// that is gets killed again and again. ROUNDS is how often: 8 by default, 200 in dev/soak.
import assert from 'node:assert/strict';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually } from '../Browser/eventually.mjs';
import { Program } from '../Browser/processes.mjs';
import {
  Random, StoredPeer, StoredServer, folder, later, minutes, rounds, seed,
} from './cluster.mjs';
import { run } from './raw-peer.mjs';

/** `scuttlebutt join --shared`: the store gives it an identity. */
class SharedPeer extends StoredPeer {
  async start() {
    this.program = new Program(process.env.SCUTTLEBUTT, [
      'join', this.url, '--store', this.store, '--shared', '--reducer', 'log', '--json', '--stay']);
    this.id = (await this.ask('clock')).id;
    return this;
  }
}

/** What the server has, as [action, timestamp, source]. */
async function stored(path) {
  const { output, errors, code } = await run('log', path);
  assert.equal(code, 0, errors);
  return output.split('\n').filter(Boolean).map((line) => JSON.parse(line));
}

async function start(t, count) {
  const path = await folder(t);
  const server = await new StoredServer(join(path, 'server.sqlite')).start();
  later(t, () => server.program.end('SIGKILL'));
  const store = join(path, 'app.sqlite');
  const peers = Array.from({ length: count }, (_, index) => (
    new SharedPeer(`process-${index}`, `tcp://${server.tcp}`, store)));
  later(t, () => Promise.all(peers.map((peer) => peer.program?.end('SIGKILL'))));
  // At once, so that they create one store together.
  await Promise.all(peers.map((peer) => peer.start()));
  return { path, server, store, peers };
}

async function leader(peers) {
  return eventually('one of them is connected', async () => {
    const states = await Promise.all(peers.map((peer) => peer.status()));
    const connected = peers.filter((_, index) => states[index].connected > 0);
    assert.ok(connected.length <= 1, 'two processes are connected');
    return connected[0];
  });
}

test('each process sees what the others dispatch, and one connects for all', { timeout: 5 * minutes }, async (t) => {
  const { path, server, peers } = await start(t, 3);
  assert.equal(new Set(peers.map((peer) => peer.id)).size, 3);
  const first = await leader(peers);
  for (let round = 1; round <= 5; round += 1) {
    await Promise.all(peers.map((peer) => peer.dispatch()));
    await eventually('all have all, the server too', async () => {
      const counts = await Promise.all(peers.map(async (peer) => (await peer.status()).actions));
      counts.push((await server.statistics()).actions);
      return counts.every((count) => count === round * peers.length);
    });
  }
  assert.equal((await server.statistics()).connected, 1);
  assert.equal(await leader(peers), first);

  // Whoever wants the store alone hears why not; whoever reads it does not mind.
  const alone = await run('join', `tcp://${server.tcp}`, '--store', join(path, 'app.sqlite'), 'quit\n');
  assert.notEqual(alone.code, 0);
  assert.match(alone.errors, /--shared/);
  assert.equal((await stored(join(path, 'app.sqlite'))).length, 15);
  const named = await run('join', `tcp://${server.tcp}`, '--store', join(path, 'app.sqlite'), '--shared', '--id', 'x', 'quit\n');
  assert.match(named.errors, /--shared and --id/);

  for (const peer of peers) {
    peer.program.write('quit');
    assert.equal(await peer.program.exited, 0);
  }
  assert.deepEqual((await readdir(path)).filter((name) => name.startsWith('app')), ['app.sqlite']);
});

test(`whoever is connected is killed ${rounds} times, and every answered dispatch is at the server once`, { timeout: 60 * minutes }, async (t) => {
  const { path, server, peers } = await start(t, 3);
  const random = new Random(seed);
  for (let round = 0; round < rounds; round += 1) {
    for (const peer of peers) peer.load();
    const connected = await leader(peers);
    const before = (await server.statistics()).actions;
    await eventually('actions arrive', async () => (await server.statistics()).actions > before);
    // Mostly the one that is connected; now and then another one as well, or all.
    const victims = new Set([connected]);
    if (random.below(3) === 0) victims.add(random.pick(peers));
    if (random.below(6) === 0) for (const peer of peers) victims.add(peer);
    await Promise.all([...victims].map((peer) => peer.kill()));
    const others = peers.filter((peer) => !victims.has(peer));
    if (others.length > 0) assert.notEqual(await leader(others), connected);
    await Promise.all(others.map((peer) => peer.rest()));
    await Promise.all([...victims].map((peer) => peer.start()));
    assert.equal(new Set(peers.map((peer) => peer.id)).size, peers.length);
  }
  for (const peer of peers) assert.deepEqual(peer.refused, []);
  const acknowledged = peers.flatMap((peer) => peer.acknowledged);
  assert.ok(acknowledged.length > rounds);

  // Everything that was dispatched, answered or not, is everywhere, and in one order.
  let history;
  await eventually('all have the same, the server too', async () => {
    const counts = await Promise.all(peers.map(async (peer) => (await peer.status()).actions));
    counts.push((await server.statistics()).actions);
    return new Set(counts).size === 1 && counts[0] >= acknowledged.length;
  });
  for (const peer of peers) {
    const own = await peer.history();
    history ??= own;
    assert.deepEqual(own, history, peer.name);
    const { state } = await peer.ask('state');
    assert.deepEqual(state, history.map(([action]) => action), peer.name);
  }
  const entries = await stored(join(path, 'server.sqlite'));
  assert.deepEqual(entries, history);
  const found = new Map();
  for (const [{ peer, n }, timestamp] of entries) {
    const key = `${peer} ${n}`;
    assert.ok(!found.has(key), `${key} is there twice`);
    found.set(key, timestamp);
  }
  for (const { action, timestamp } of acknowledged) {
    assert.equal(found.get(`${action.peer} ${action.n}`), timestamp, JSON.stringify(action));
  }
  // As many names as processes at a time.
  assert.equal(new Set(entries.map(([, , source]) => source)).size, peers.length);
});
