// SPDX-License-Identifier: MIT
//
// A site of redux-scuttlebutt: a page that takes Primus from our server, and a played Primus server that ends its
// clients in both ways.
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';

/** What RFC 6455 appends to the key of a handshake. */
const HANDSHAKE = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';

/** An unmasked frame of at most 125 bytes. */
function frame(opcode, payload) {
  return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);
}

export class ClassicSite {
  #server; #sockets = new Set();
  connections = 0; // to the played Primus server

  static async during(t) {
    const site = new ClassicSite();
    const page = await readFile(new URL('classic-page.html', import.meta.url));
    site.#server = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html; charset=utf-8');
      response.end(request.url.startsWith('/?') ? page : '');
    });
    site.#server.on('connection', (socket) => {
      site.#sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => site.#sockets.delete(socket));
    });
    site.#server.on('upgrade', (request, socket) => site.#upgrade(request, socket));
    await new Promise((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      for (const socket of site.#sockets) socket.destroy();
      site.#server.close();
    });
    site.url = `http://127.0.0.1:${site.#server.address().port}`;
    return site;
  }

  /** The page; it takes its Primus from `library` and connects to `target`. `how` is `new` or `connect`. */
  page({ library, target, how = 'connect' }) {
    return `${this.url}/?${new URLSearchParams({ library, target, how })}`;
  }

  /** The first connection ends as the query says; later ones stay. */
  #upgrade(request, socket) {
    const accept = createHash('sha1').update(request.headers['sec-websocket-key'] + HANDSHAKE).digest('base64');
    socket.write(['HTTP/1.1 101 Switching Protocols', 'Upgrade: websocket', 'Connection: Upgrade',
      `Sec-WebSocket-Accept: ${accept}`, '', ''].join('\r\n'));
    socket.on('data', () => {});
    this.connections += 1;
    if (this.connections > 1) return;
    if (request.url.includes('for-good')) socket.write(frame(1, Buffer.from('"primus::server::close"')));
    socket.end(frame(8, Buffer.from([0x03, 0xe8]))); // 1000
  }
}
