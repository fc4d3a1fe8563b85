// SPDX-License-Identifier: MIT
//
// Compressed messages that would grow past every bound, and how much memory they take from a server.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { test } from 'node:test';
import { constants, deflateRawSync } from 'node:zlib';
import { Server } from '../Browser/server.mjs';
import { soon } from '../Browser/eventually.mjs';
import { minutes } from './cluster.mjs';

const REQUEST = ['GET /ws HTTP/1.1', 'Host: h', 'Connection: Upgrade', 'Upgrade: websocket', 'Sec-WebSocket-Version: 13',
  'Sec-WebSocket-Key: MTMtMTc5NTIzNDc2NjY2NQ==', 'Sec-WebSocket-Extensions: permessage-deflate', '', ''].join('\r\n');

/** A whole masked frame of a client. */
function frame(first, payload) {
  const head = Buffer.alloc(14);
  head[0] = first;
  head[1] = 0x80 | 127;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return Buffer.concat([head, payload]); // a mask of zeros
}

/** Sends one frame on a connection of its own, and returns the code of the close frame that comes. */
async function closeCode(port, payload) {
  const socket = connect(port, '127.0.0.1');
  let got = Buffer.alloc(0);
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.on('error', () => {});
  const upgraded = new Promise((resolve) => {
    socket.on('data', (data) => {
      got = Buffer.concat([got, data]);
      if (got.includes('\r\n\r\n')) resolve();
    });
  });
  socket.write(REQUEST);
  await soon('the upgrade', upgraded);
  socket.write(frame(0xC1, payload));
  await soon('the end', closed);
  const place = got.indexOf(0x88, got.indexOf('\r\n\r\n'));
  assert.ok(place > 0, 'a close frame came');
  return got.readUInt16BE(place + 2);
}

/** The most memory that a process has had, in bytes. */
function peak(pid) {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) * 1024;
}

test('a bomb ends its connection with 1009, and takes no more memory than its own bytes and the bound', { timeout: 2 * minutes }, async (t) => {
  const server = await Server.during(t);
  const { pid } = server.program.child;
  // 1 GB in 1 MB; whole blocks, so that it can be repeated.
  const options = { finishFlush: constants.Z_SYNC_FLUSH, level: 9 };
  const part = deflateRawSync(Buffer.alloc(1 << 27, 0x20), options);
  const bomb = Buffer.concat(Array(8).fill(part)).subarray(0, -4);
  assert.ok(bomb.length < 2 << 20);
  assert.equal(await closeCode(server.port, Buffer.from('ff', 'hex')), 1007);
  const before = peak(pid);
  assert.equal(await closeCode(server.port, bomb), 1009);
  const after = peak(pid);
  // The bound is 10 MiB; the frame is buffered once in the kernel's chunks and once as a message.
  assert.ok(after - before < (10 << 20) + 3 * bomb.length + (4 << 20), `${after - before} bytes`);
  assert.equal((await server.statistics()).connected, 0);
});
