// SPDX-License-Identifier: MIT
//
// The box itself, between two sockets of the test: each fault does what it says.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { eventually } from '../Browser/eventually.mjs';
import { faults } from './faults.mjs';
import { Middlebox } from './middlebox.mjs';
import { Watch } from './watch.mjs';

const fault = (name) => faults.find((one) => one.name === name);

/** One end of a connection: what it heard, and how it ended. */
class End {
  heard = ''; ending = null;

  constructor(socket) {
    this.socket = socket;
    socket.on('data', (chunk) => { this.heard += chunk; });
    socket.on('end', () => { this.ending ??= 'end'; });
    socket.on('error', (error) => { this.ending = error.code; });
  }

  say(text) { this.socket.write(text); }
}

/** A box and the two ends of a connection through it. */
async function world(t, { wire = 'lines', prepare = () => {} } = {}) {
  const servers = [];
  const listener = createServer({ allowHalfOpen: true }, (socket) => servers.push(new End(socket)));
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const box = await new Middlebox(() => listener.address().port, wire).start();
  prepare(box);
  const dial = () => new End(connect({ port: box.port, host: '127.0.0.1', allowHalfOpen: true }));
  const peer = dial();
  t.after(() => {
    box.stop();
    listener.close();
    for (const end of [peer, ...servers]) end.socket.destroy();
  });
  const server = async (index = 0) => eventually('a connection', () => servers[index]);
  return { box, peer, dial, server, servers };
}

const hears = (end, text) => (
  eventually(`hears ${text}`, () => end.heard, (heard) => heard === text));
const ends = (end, how) => (
  eventually(`ends by ${how}`, () => end.ending, (ending) => ending === how));

test('without a fault, bytes and ends go both ways', async (t) => {
  const { peer, server } = await world(t);
  const far = await server();
  peer.say('one\n');
  await hears(far, 'one\n');
  far.say('two\n');
  await hears(peer, 'two\n');
  peer.socket.end();
  await ends(far, 'end');
  far.say('three\n');
  await hears(peer, 'two\nthree\n');
  far.socket.end();
  await ends(peer, 'end');
});

test('silence to one side leaves the other way open and hides the end', async (t) => {
  const { box, peer, server } = await world(t);
  const far = await server();
  box.strike(fault('silent to the server'));
  peer.say('lost\n');
  peer.socket.end();
  far.say('heard\n');
  await hears(peer, 'heard\n');
  assert.deepEqual([far.heard, far.ending], ['', null]);
});

test('what is frozen goes on when it thaws, and loses nothing', async (t) => {
  const { box, peer, server } = await world(t);
  const far = await server();
  box.strike(fault('frozen, then thawed'));
  peer.say('late\n');
  peer.socket.end();
  far.say('too\n');
  await new Promise((resolve) => { setImmediate(resolve); });
  assert.deepEqual([far.heard, peer.heard], ['', '']);
  box.heal();
  await hears(far, 'late\n');
  await hears(peer, 'too\n');
  await ends(far, 'end');
});

test('a trickle brings every byte, one after the other', async (t) => {
  const { box, peer, server } = await world(t);
  const far = await server();
  box.strike(fault('a byte at a time'));
  peer.say('bytes\n');
  await eventually('the first bytes', () => far.heard.length, (length) => length > 0 && length < 6);
  await hears(far, 'bytes\n');
});

test('a reset strikes in the middle of the line, for both sides', async (t) => {
  const { box, peer, server } = await world(t, {
    prepare: (box) => box.arm(fault('reset in mid-frame'), 'header'),
  });
  const far = await server();
  far.say('{"id":"A","clock":{}}\n[1,2,3]\n');
  await ends(far, 'ECONNRESET');
  // Node takes a reset behind what it has just read for an end.
  await eventually('the end of the peer', () => peer.ending);
  assert.ok('{"id":"A","clock":{}}\n'.startsWith(peer.heard) && peer.heard.length < 22, peer.heard);
  assert.equal(box.struck.length, 1);
});

test('an end that is kept from one side is told to the other', async (t) => {
  const { box, peer, server, dial } = await world(t);
  const far = await server();
  box.strike(fault('closed, peer not told'));
  await ends(far, 'end');
  assert.equal(peer.ending, null);
  const other = dial();
  const second = await server(1);
  box.strike(fault('closed, server not told'));
  await ends(other, 'end');
  assert.equal(second.ending, null);
});

test('an answer in place of the server, half of one included, ends the connection', async (t) => {
  for (const name of ['429, Retry-After: 2', 'half a status line']) {
    const { peer, servers } = await world(t, {
      wire: 'http', prepare: (box) => box.arm(fault(name), 'dialling'),
    });
    peer.say('GET /ws HTTP/1.1\r\nHost: a\r\n\r\n');
    await ends(peer, 'end');
    assert.match(peer.heard, /^HTTP\/1\.1 (10$|429 )/);
    assert.deepEqual(servers.map((server) => server.heard).join(''), '');
  }
});

test('the history strikes at its third update, and dials are counted by attempt', async (t) => {
  const { box, peer, dial, server } = await world(t, {
    prepare: (box) => box.arm(fault('closed'), 'history'),
  });
  const far = await server();
  far.say('{"id":"A","clock":{}}\n["a",1,"A"]\n["a",2,"A"]\n["a",3,"A"]\n["a",4,"A"]\n');
  await ends(peer, 'end');
  assert.match(peer.heard, /\["a",3,"A"\]\n$/);
  const second = dial();
  await server(1);
  assert.equal(box.dials.length, 1, 'two connections at once are one attempt');
  second.socket.destroy();
});

test('a plain request is no dial', async (t) => {
  const { box, peer, server } = await world(t, { wire: 'http' });
  const far = await server();
  assert.equal(box.dials.length, 1, 'nobody knows yet what it will be');
  peer.say('GET /primus/spec HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually('the request', () => far.heard);
  assert.equal(box.dials.length, 0);
});

test('a watch reads lines, WebSocket frames and Primus strings, however they are cut', () => {
  const kinds = (wire, direction, data) => {
    for (const size of [1, 3, data.length]) {
      const watch = new Watch(wire, direction);
      const seen = [];
      for (let at = 0; at < data.length; at += size) {
        seen.push(...watch.feed(data.subarray(at, at + size)).map(({ kind }) => kind));
      }
      if (size === data.length) return seen;
      assert.deepEqual(seen, new Watch(wire, direction).feed(data).map(({ kind }) => kind));
    }
    return [];
  };
  const lines = Buffer.from('{"id":"A","clock":{}}\n"SYNC"\n["a",1,"A"]\n"PING"\n"PONG"\n\n');
  assert.deepEqual(
    kinds('lines', 'down', lines), ['header', 'sync', 'update', 'ping', 'pong', 'other']);
  const frame = (text) => Buffer.concat([Buffer.from([0x81, text.length]), Buffer.from(text)]);
  const masked = (text) => Buffer.concat([
    Buffer.from([0x81, 0x80 | text.length, 1, 2, 3, 4]),
    Buffer.from(text).map((byte, index) => byte ^ (index % 4 + 1)),
  ]);
  const head = Buffer.from('GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n');
  assert.deepEqual(kinds('http', 'up', Buffer.concat([
    head, masked('["a",1,"A"]'), masked('"\\"SYNC\\"\\n"'), masked('"primus::ping::1"'),
  ])), ['upgrade', 'update', 'sync', 'control']);
  const answer = Buffer.from('HTTP/1.1 101 Switching Protocols\r\n\r\n');
  assert.deepEqual(kinds('http', 'down', Buffer.concat([
    answer, frame('{"id":"A","clock":{}}'), Buffer.from([0x88, 0]),
  ])), ['upgrade', 'header', 'close']);
});
