// SPDX-License-Identifier: MIT
//
// A server and peers as real processes with stores on disk, and the faults that befall them.
import assert from 'node:assert/strict';
import { createServer, connect } from 'node:net';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually } from '../Browser/eventually.mjs';
import { Program } from '../Browser/processes.mjs';

const binary = process.env.SCUTTLEBUTT;

/** How many faults a test makes, and which ones. */
export const rounds = Number(process.env.ROUNDS ?? 8);
export const seed = Number(process.env.SEED ?? 1);
export const minutes = 60_000;

/** The same numbers for the same seed, so that a failed run can be tried again. */
export class Random {
  #state;
  constructor(seed) { this.#state = BigInt(seed); }

  #next() {
    const mask = (1n << 64n) - 1n;
    this.#state = (this.#state + 0x9E3779B97F4A7C15n) & mask;
    let z = this.#state;
    z = ((z ^ (z >> 30n)) * 0xBF58476D1CE4E5B9n) & mask;
    z = ((z ^ (z >> 27n)) * 0x94D049BB133111EBn) & mask;
    return z ^ (z >> 31n);
  }

  below(limit) { return Number(this.#next() % BigInt(limit)); }
  pick(list) { return list[this.below(list.length)]; }
}

const stacks = new WeakMap();

/** Undoes something at the end of the test, the last first. */
export function later(t, undo) {
  if (!stacks.has(t)) {
    stacks.set(t, []);
    t.after(async () => { for (const step of stacks.get(t).reverse()) await step(); });
  }
  stacks.get(t).push(undo);
}

/** A folder that goes with the test. */
export async function folder(t) {
  const path = await mkdtemp(join(tmpdir(), 'scuttlebutt-processes-'));
  later(t, () => rm(path, { recursive: true, force: true }));
  return path;
}

/** `scuttlebutt serve` with a store, which can be killed and comes back on the same ports. */
export class StoredServer {
  #store; #extra; #ports;

  /** `options` are further ones of `serve`. */
  constructor(store, { prefix = [], host = '127.0.0.1', options = [] } = {}) {
    this.#store = store;
    this.#extra = { prefix, host, options };
    this.#ports = { http: 0, tcp: 0 };
  }

  async start() {
    const { prefix, host, options } = this.#extra;
    const args = [
      'serve', '--host', host, '--port', this.#ports.http, '--tcp-port', this.#ports.tcp,
      '--store', this.#store, '--json', ...options,
    ].map(String);
    this.program = new Program(...command(prefix, args));
    const event = JSON.parse(await this.program.line());
    assert.equal(event.event, 'listening');
    this.#ports = { http: Number(new URL(event.http).port), tcp: Number(event.tcp.split(':').at(-1)) };
    this.http = event.http;
    this.tcp = event.tcp;
    return this;
  }

  get tcpPort() { return this.#ports.tcp; }

  async kill() {
    assert.equal(await this.program.end('SIGKILL'), 'SIGKILL');
  }

  async statistics() {
    return (await fetch(`${this.http}/statistics`)).json();
  }
}

function command(prefix, args) {
  const whole = [...prefix, binary, ...args];
  return [whole[0], whole.slice(1)];
}

/** `scuttlebutt join` with a store, and what it has acknowledged. */
export class StoredPeer {
  #turn = Promise.resolve(); #count = 0; #isLoading = false; #load = null;
  /** What was answered with ok: the action and its stamp. */
  acknowledged = [];
  /** Answers that were errors. */
  refused = [];

  constructor(name, url, store, { prefix = [] } = {}) {
    Object.assign(this, { name, url, store, prefix });
  }

  async start() {
    this.program = new Program(...command(
      this.prefix, ['join', this.url, '--id', this.name, '--store', this.store, '--json', '--stay']));
    const { id } = await this.ask('clock');
    assert.equal(id, this.name);
    return this;
  }

  ask(line) {
    const answer = this.#turn.then(async () => {
      this.program.write(line);
      return JSON.parse(await this.program.line());
    });
    this.#turn = answer.catch(() => {});
    return answer;
  }

  /** Dispatches one action and notes what was answered. */
  async dispatch() {
    const action = { type: 'ADD', peer: this.name, n: this.#count += 1 };
    const answer = await this.ask(`dispatch ${JSON.stringify(action)}`);
    if (answer.ok) this.acknowledged.push({ action, timestamp: answer.timestamp });
    else this.refused.push({ action, error: answer.error });
    return answer;
  }

  /** Dispatches all the time until `rest`. */
  load(interval = 2) {
    this.#isLoading = true;
    const loop = async () => {
      while (this.#isLoading) {
        await this.dispatch();
        await pause(interval);
      }
    };
    // A kill in the middle of a command ends the loop; what was not answered counts for nothing.
    this.#load = loop().catch((error) => { if (this.#isLoading) throw error; });
  }

  async rest() {
    this.#isLoading = false;
    await this.#load;
  }

  async kill() {
    this.#isLoading = false;
    assert.equal(await this.program.end('SIGKILL'), 'SIGKILL');
    await this.#load?.catch(() => {});
    this.#turn = Promise.resolve();
  }

  async history() { return (await this.ask('history')).history; }
  async status() { return this.ask('status'); }
}

/** A way to the server that can be cut, also in the middle of a line. */
export class Cable {
  #sockets = new Set();
  constructor(target) { this.target = target; }

  async start(t) {
    this.server = createServer((near) => {
      const far = connect(this.target(), '127.0.0.1');
      for (const socket of [near, far]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
        socket.on('close', () => { this.#sockets.delete(socket); near.destroy(); far.destroy(); });
      }
      near.pipe(far);
      far.on('data', (chunk) => {
        // With a budget only part of a line arrives before the cut.
        if (this.budget === undefined) { near.write(chunk); return; }
        near.write(chunk.subarray(0, this.budget));
        this.budget -= chunk.length;
        if (this.budget <= 0) { this.budget = undefined; this.cut(); }
      });
    });
    await new Promise((resolve) => { this.server.listen(0, '127.0.0.1', resolve); });
    later(t, () => { this.cut(); this.server.close(); });
    this.url = `tcp://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  cut() { for (const socket of this.#sockets) socket.destroy(); }
}

/** Waits until all have the same history, and checks it against what was acknowledged. */
export async function converge(peers, server) {
  let histories;
  await eventually('all have the same actions', async () => {
    histories = await Promise.all(peers.map((peer) => peer.history()));
    const counts = histories.map((history) => history.length);
    if (server) counts.push((await server.statistics()).actions);
    // As many need not be the same ones: two peers may each wait for the other's.
    const stamps = histories.map((history) => history.map(([, ...stamp]) => stamp.join('@')).sort().join());
    return { counts, areEqual: new Set(counts).size === 1 && new Set(stamps).size === 1 };
  }, ({ areEqual }) => areEqual);
  for (const history of histories) assert.deepEqual(history, histories[0], 'one order for all');
  const seen = new Map();
  for (const [action, timestamp, source] of histories[0]) {
    const stamp = `${timestamp}@${source}`;
    assert.ok(!seen.has(stamp), `two actions are stamped ${stamp}`);
    seen.set(stamp, action);
  }
  const numbers = new Set(histories[0].map(([action]) => `${action.peer} ${action.n}`));
  assert.equal(numbers.size, histories[0].length, 'no action is there twice');
  for (const peer of peers) {
    for (const { action, timestamp } of peer.acknowledged) {
      assert.deepEqual(seen.get(`${timestamp}@${peer.name}`), action, 'what was acknowledged is there');
    }
  }
  return histories[0];
}

/** Says what a test came to. */
export function report(t, peers, history) {
  const acknowledged = peers.reduce((sum, peer) => sum + peer.acknowledged.length, 0);
  t.diagnostic(`${rounds} rounds, seed ${seed}: ${acknowledged} acknowledged, ${history.length} in the history`);
  assert.ok(acknowledged >= rounds, 'there was something to lose');
}
