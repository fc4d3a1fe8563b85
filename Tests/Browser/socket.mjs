// SPDX-License-Identifier: MIT
//
// A WebSocket of text messages for tests in node, which has none.
import { randomBytes } from 'node:crypto';
import { request } from 'node:http';
import { soon } from './eventually.mjs';

export class Socket {
  onmessage = () => {};
  onclose = () => {};
  #socket; #waiting = Buffer.alloc(0); #parts = [];

  /** Opens one to an http address with the path. */
  static async open(url) {
    const socket = new Socket();
    const asking = request(url.replace(/^ws/, 'http'), {
      headers: {
        connection: 'Upgrade', upgrade: 'websocket', 'sec-websocket-version': '13',
        'sec-websocket-key': randomBytes(16).toString('base64'),
      },
    });
    const answer = new Promise((resolve, reject) => {
      asking.on('upgrade', (response, connection, head) => resolve([connection, head]));
      asking.on('response', (response) => reject(new Error(`status ${response.statusCode}`)));
      asking.on('error', reject);
    });
    asking.end();
    const [connection, head] = await soon('a WebSocket', answer);
    socket.#socket = connection;
    connection.on('error', () => {}).on('close', () => socket.onclose());
    connection.on('data', (data) => socket.#take(data));
    setImmediate(() => socket.#take(head));
    return socket;
  }

  #take(data) {
    let bytes = this.#waiting = Buffer.concat([this.#waiting, data]);
    for (;;) {
      if (bytes.length < 2) break;
      let [length, at] = [bytes[1] & 127, 2];
      if (length === 126 && bytes.length >= 4) [length, at] = [bytes.readUInt16BE(2), 4];
      else if (length === 127 && bytes.length >= 10) [length, at] = [Number(bytes.readBigUInt64BE(2)), 10];
      else if (length > 125) break;
      if (bytes.length < at + length) break;
      const [opcode, isLast, payload] = [bytes[0] & 15, bytes[0] >> 7, bytes.subarray(at, at + length)];
      this.#waiting = bytes = bytes.subarray(at + length);
      if (opcode === 9) this.#send(10, payload);
      if (opcode > 2) continue;
      this.#parts.push(payload);
      if (isLast) this.onmessage(Buffer.concat(this.#parts.splice(0)).toString());
    }
  }

  #send(opcode, payload) {
    const mask = randomBytes(4);
    const isShort = payload.length < 126;
    const head = Buffer.alloc(isShort ? 2 : 10);
    head[0] = 0x80 | opcode;
    head[1] = 0x80 | (isShort ? payload.length : 127);
    if (!isShort) head.writeBigUInt64BE(BigInt(payload.length), 2);
    this.#socket.write(Buffer.concat([head, mask, payload.map((byte, index) => byte ^ mask[index % 4])]));
  }

  send(text) { this.#send(1, Buffer.from(text)); }

  close() { this.#socket.destroy(); }
}
