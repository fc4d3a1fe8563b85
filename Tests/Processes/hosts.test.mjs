// SPDX-License-Identifier: MIT
//
// Real servers and peers on full disks, and on two hosts with a bad line between them. Making small
// disks and hosts takes root; where it cannot be done the test is skipped and says why.
//
// ROUNDS says how many faults each test makes (8 by default), SEED which ones.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { eventually, soon } from '../Browser/eventually.mjs';
import { killStragglers } from '../Browser/processes.mjs';
import {
  converge, folder, later, minutes, Random, report, rounds, seed, StoredPeer, StoredServer,
} from './cluster.mjs';

test.after(killStragglers);

/** A file system of 2 MB, or why there is none. */
async function smallDisk(t) {
  const path = join(await folder(t), 'disk');
  await mkdir(path);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', path], { stdio: 'pipe' });
  } catch (error) {
    return { reason: `no small file system can be mounted here: ${error.stderr?.toString().trim() || error.message}` };
  }
  later(t, () => execFileSync('umount', [path]));
  return { path };
}

test('a full disk costs no acknowledged action, and when there is room again all goes on', { timeout: 5 * minutes }, async (t) => {
  const disk = await smallDisk(t);
  if (disk.reason) { t.skip(disk.reason); return; }
  const path = await folder(t);
  const server = await new StoredServer(join(disk.path, 'server.sqlite')).start();
  later(t, () => server.program.end());
  const peers = [
    await new StoredPeer('FULL', server.http, join(disk.path, 'peer.sqlite')).start(),
    await new StoredPeer('FREE', server.http, join(path, 'peer.sqlite')).start(),
  ];
  later(t, () => Promise.all(peers.map((peer) => peer.program.end())));
  for (let index = 0; index < 20; index += 1) for (const peer of peers) await peer.dispatch();
  const ballast = join(disk.path, 'ballast');
  // Writes until nothing more fits.
  for (let size = 1 << 20; size >= 512;) {
    try { await writeFile(ballast, new Uint8Array(size), { flag: 'a' }); } catch { size >>= 1; }
  }
  await eventually('the disk is full', async () => {
    for (const peer of peers) await peer.dispatch();
    return peers[0].refused.length;
  }, (refusals) => refusals > 0);
  const before = peers[1].acknowledged.length;
  for (let index = 0; index < 20; index += 1) await peers[1].dispatch();
  assert.equal(peers[1].acknowledged.length, before + 20, 'others go on');
  // A server that cannot save stops with a clear line rather than keep what a crash would lose.
  assert.equal(await soon('the end of the server', server.program.exited), 2);
  await rm(ballast);
  await server.start();
  await eventually('there is room again', async () => (await peers[0].dispatch()).ok === true);
  const history = await converge(peers, server);
  await server.kill();
  await server.start();
  assert.deepEqual(await converge(peers, server), history, 'the server has saved all of it');
});

/** A network of its own with two hosts, or why there is none. */
async function network(t) {
  const names = ['a', 'b'].map((end) => `scuttlebutt-${process.pid}-${end}`);
  const ip = (...args) => execFileSync('ip', args, { stdio: 'pipe' });
  const address = () => names.forEach((name, index) => {
    ip('-n', name, 'addr', 'add', `10.77.0.${index + 1}/24`, 'dev', 'wire');
    ip('-n', name, 'link', 'set', 'wire', 'up');
  });
  later(t, () => { for (const name of names) { try { ip('netns', 'del', name); } catch { /* was not made */ } } });
  try {
    for (const name of names) { ip('netns', 'add', name); ip('-n', name, 'link', 'set', 'lo', 'up'); }
    ip('-n', names[0], 'link', 'add', 'wire', 'type', 'veth', 'peer', 'name', 'wire', 'netns', names[1]);
    address();
  } catch (error) {
    return { reason: `no network namespaces here: ${error.stderr?.toString().trim() || error.message}` };
  }
  try {
    for (const name of names) {
      execFileSync('ip', ['netns', 'exec', name, 'tc', 'qdisc', 'add', 'dev', 'wire', 'root', 'netem', 'loss', '10%', 'delay', '5ms', '3ms'], { stdio: 'pipe' });
    }
    return { names, ip, loss: 'the kernel loses one packet in ten' };
  } catch { /* Not every kernel has it: a line of our own does the same. */ }
  const taps = ['a', 'b'].map((end) => `sb${process.pid}${end}`);
  try {
    await lossyLine(t, taps);
  } catch (error) {
    return { names, ip, loss: `skipped: no packet loss here: ${error.message}` };
  }
  // What fails from here on leaves no line at all, and so fails the test.
  ip('-n', names[0], 'link', 'del', 'wire');
  taps.forEach((tap, index) => ip('link', 'set', tap, 'netns', names[index], 'name', 'wire'));
  address();
  return { names, ip, loss: 'one frame in ten is lost by lossy-line.py' };
}

/** Starts lossy-line.py; rejects when it does not come up. */
async function lossyLine(t, taps) {
  const script = fileURLToPath(new URL('lossy-line.py', import.meta.url));
  const line = spawn('python3', [script, ...taps], { stdio: ['ignore', 'pipe', 'pipe'] });
  later(t, () => { line.kill(); });
  let complaint = '';
  line.stderr.on('data', (text) => { complaint += text; });
  await new Promise((resolve, reject) => {
    line.on('error', reject);
    line.on('exit', () => reject(new Error(complaint.trim().split('\n').at(-1))));
    line.stdout.once('data', resolve);
  });
}

test('two hosts over a line that goes down and loses packets agree', { timeout: 10 * minutes }, async (t) => {
  const net = await network(t);
  if (net.reason) { t.skip(net.reason); return; }
  t.diagnostic(net.loss);
  const random = new Random(seed + 4);
  const path = await folder(t);
  const on = (index) => ['ip', 'netns', 'exec', net.names[index]];
  const server = await new StoredServer(join(path, 'server.sqlite'), { prefix: on(0), host: '10.77.0.1' }).start();
  later(t, () => server.program.end());
  const peers = await Promise.all([1, 1, 0].map((host, index) => new StoredPeer(
    `HOST${host}-${index}`, server.http, join(path, `${index}.sqlite`), { prefix: on(host) }).start()));
  later(t, () => Promise.all(peers.map((peer) => peer.program.end())));
  for (const peer of peers) peer.load(5);
  for (let round = 0; round < Math.ceil(rounds / 4); round += 1) {
    await pause(200 + random.below(300));
    net.ip('-n', net.names[1], 'link', 'set', 'wire', 'down');
    await pause(200 + random.below(500));
    net.ip('-n', net.names[1], 'link', 'set', 'wire', 'up');
  }
  await Promise.all(peers.map((peer) => peer.rest()));
  // The server is not to be reached from here: its own log file is not read, its peers' are.
  report(t, peers, await converge(peers));
});
