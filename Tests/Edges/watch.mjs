// SPDX-License-Identifier: MIT
//
// What goes through a connection, seen from outside: the bytes of one direction, cut into pieces.

/** Bytes of an unfinished piece that are kept; whoever sends more is no longer understood. */
const LONGEST = 16 << 20;

/** What a protocol line is: 'header', 'update', 'sync', 'ping', 'pong' or 'other'. */
export function lineKind(line) {
  const text = line.trim();
  if (text.startsWith('[')) return 'update';
  if (text.startsWith('{')) return 'header';
  return { '"SYNC"': 'sync', '"PING"': 'ping', '"PONG"': 'pong' }[text] ?? 'other';
}

/** What a text frame is. Primus wraps a line, with its line feed, into one more JSON string. */
function frameKind(text) {
  if (text.startsWith('"primus::')) return 'control';
  if (!text.startsWith('"') || lineKind(text) !== 'other') return lineKind(text);
  try { return lineKind(JSON.parse(text)); } catch { return 'other'; }
}

/** The WebSocket frame at the beginning of `data`, or null while it is not whole. */
export function readFrame(data) {
  if (data.length < 2) return null;
  const isMasked = (data[1] & 0x80) !== 0;
  let length = data[1] & 0x7f;
  let at = 2;
  if (length === 126) {
    if (data.length < 4) return null;
    length = data.readUInt16BE(2);
    at = 4;
  } else if (length === 127) {
    if (data.length < 10) return null;
    length = Number(data.readBigUInt64BE(2));
    at = 10;
  }
  const mask = isMasked ? data.subarray(at, at + 4) : null;
  if (isMasked) at += 4;
  if (data.length < at + length) return null;
  const payload = Buffer.from(data.subarray(at, at + length));
  if (mask) for (let index = 0; index < length; index += 1) payload[index] ^= mask[index % 4];
  return { isFinal: (data[0] & 0x80) !== 0, opcode: data[0] & 15, payload, end: at + length };
}

/**
 * One direction of a connection. `wire` is 'lines' for newline-delimited JSON, or 'http', which
 * begins with a head and goes on with frames after an upgrade.
 */
export class Watch {
  #mode; #direction; #rest = Buffer.alloc(0); #text = ''; #body = 0;

  constructor(wire, direction) {
    this.#mode = wire === 'lines' ? 'lines' : 'head';
    this.#direction = direction;
  }

  /**
   * The pieces that end in this chunk: `{kind, start, end}`, where `end` is an offset in the chunk
   * and `start` may lie before it, below 0.
   */
  feed(chunk) {
    if (this.#mode === 'opaque') return [];
    const known = this.#rest.length;
    const data = known > 0 ? Buffer.concat([this.#rest, chunk]) : chunk;
    const pieces = [];
    let at = 0;
    while (at < data.length) {
      const piece = this.#next(data.subarray(at));
      if (!piece) break;
      pieces.push({ kind: piece.kind, start: at - known, end: at + piece.end - known });
      at += piece.end;
    }
    this.#rest = Buffer.from(data.subarray(at));
    if (this.#rest.length > LONGEST) this.#stop();
    return pieces;
  }

  #stop() {
    this.#mode = 'opaque';
    this.#rest = Buffer.alloc(0);
  }

  #next(data) {
    switch (this.#mode) {
      case 'lines': {
        const end = data.indexOf(10) + 1;
        return end > 0 ? { kind: lineKind(data.toString('utf8', 0, end)), end } : null;
      }
      case 'head': return this.#head(data);
      case 'body': {
        const end = Math.min(this.#body, data.length);
        this.#body -= end;
        if (this.#body === 0) this.#mode = 'head';
        return { kind: 'body', end };
      }
      case 'frames': return this.#frame(data);
      default: return null;
    }
  }

  #head(data) {
    const end = data.indexOf('\r\n\r\n') + 4;
    if (end < 4) return null;
    const head = data.toString('latin1', 0, end);
    const isUpgrade = this.#direction === 'up'
      ? /^upgrade: *websocket/im.test(head) : /^HTTP\/1\.1 101/.test(head);
    this.#body = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
    if (isUpgrade) this.#mode = 'frames';
    else if (/^transfer-encoding/im.test(head)) this.#mode = 'opaque';
    else if (this.#body > 0) this.#mode = 'body';
    return { kind: isUpgrade ? 'upgrade' : 'head', end };
  }

  #frame(data) {
    const frame = readFrame(data);
    if (!frame) return null;
    if (frame.opcode === 8) return { kind: 'close', end: frame.end };
    if (frame.opcode > 8) return { kind: 'control', end: frame.end };
    this.#text += frame.payload.toString('utf8');
    if (!frame.isFinal) return { kind: 'fragment', end: frame.end };
    const kind = frameKind(this.#text);
    this.#text = '';
    return { kind, end: frame.end };
  }
}
