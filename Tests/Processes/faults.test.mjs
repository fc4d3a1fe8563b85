// SPDX-License-Identifier: MIT
//
// Real servers and peers over loopback: killed, frozen, cut off. What a peer has acknowledged must be
// in everybody's history in the end, once. What needs root to go wrong is in hosts.test.mjs.
//
// ROUNDS says how many faults each test makes (8 by default), SEED which ones.
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { killStragglers } from '../Browser/processes.mjs';
import {
  Cable, converge, folder, later, minutes, Random, report, rounds, seed, StoredPeer, StoredServer,
} from './cluster.mjs';

/** A server and three peers, one over each transport. */
async function cluster(t) {
  const path = await folder(t);
  const server = await new StoredServer(join(path, 'server.sqlite')).start();
  later(t, () => server.program.end());
  const cable = await new Cable(() => server.tcpPort).start(t);
  const urls = [server.http, `${server.http.replace('http', 'ws')}/ws`, cable.url];
  const peers = await Promise.all(urls.map(
    (url, index) => new StoredPeer(`PEER${index}`, url, join(path, `${index}.sqlite`)).start()));
  later(t, () => Promise.all(peers.map((peer) => peer.program.end())));
  return { path, server, cable, peers };
}

test.after(killStragglers);

test('kill -9 of the server under load loses nothing that was acknowledged', { timeout: 30 * minutes }, async (t) => {
  const random = new Random(seed);
  const { server, peers } = await cluster(t);
  for (const peer of peers) peer.load();
  for (let round = 0; round < rounds; round += 1) {
    await pause(20 + random.below(300));
    await server.kill();
    await pause(random.below(50));
    await server.start();
  }
  await Promise.all(peers.map((peer) => peer.rest()));
  report(t, peers, await converge(peers, server));
});

test('kill -9 of peers under load: they come back with all that they acknowledged', { timeout: 30 * minutes }, async (t) => {
  const random = new Random(seed + 1);
  const { server, peers } = await cluster(t);
  for (const peer of peers) peer.load();
  for (let round = 0; round < rounds; round += 1) {
    await pause(20 + random.below(200));
    const victim = random.pick(peers);
    await victim.kill();
    await victim.start();
    victim.load();
  }
  await Promise.all(peers.map((peer) => peer.rest()));
  report(t, peers, await converge(peers, server));
});

test('links that are cut in the middle of lines lose nothing', { timeout: 30 * minutes }, async (t) => {
  const random = new Random(seed + 2);
  const { server, cable, peers } = await cluster(t);
  for (const peer of peers) peer.load();
  for (let round = 0; round < rounds; round += 1) {
    await pause(20 + random.below(100));
    if (random.below(2)) cable.cut();
    else cable.budget = 1 + random.below(2_000);
  }
  await Promise.all(peers.map((peer) => peer.rest()));
  report(t, peers, await converge(peers, server));
});

test('a server or a peer that freezes and goes on catches up', { timeout: 30 * minutes }, async (t) => {
  const random = new Random(seed + 3);
  const { server, peers } = await cluster(t);
  for (const peer of peers) peer.load();
  for (let round = 0; round < Math.ceil(rounds / 2); round += 1) {
    const victim = random.pick([server, ...peers]);
    victim.program.child.kill('SIGSTOP');
    await pause(100 + random.below(400));
    victim.program.child.kill('SIGCONT');
    await pause(random.below(100));
  }
  await Promise.all(peers.map((peer) => peer.rest()));
  report(t, peers, await converge(peers, server));
});
