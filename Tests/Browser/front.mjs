// SPDX-License-Identifier: MIT
//
// The files of Web/ as they are in this folder, below any path, in front of the real server: as a proxy would serve
// both. A page can be looked at without building the server, and the server can be taken away from it.
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { moduleBytes } from './module.mjs';
import { Server } from './server.mjs';

const folder = fileURLToPath(new URL('../../Web/', import.meta.url));
const types = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css' };

/** What the server says of scripts and connections (PageResponder.swift). */
const POLICY = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; script-src 'self' 'wasm-unsafe-eval'";

export class Front {
  /** Starts it with a server of its own, or with none (`server: false`); ends it with the test. */
  static async during(t, { base = '/', server = true, options } = {}) {
    const site = new Front();
    site.base = base;
    site.server = server ? await Server.during(t, options) : null;
    site.isServing = true;
    const sockets = new Set();
    site.listener = createServer((asked, answer) => site.#answer(asked, answer));
    site.listener.on('connection', (socket) => { sockets.add(socket); socket.on('close', () => sockets.delete(socket)); });
    site.listener.on('upgrade', (asked, socket, head) => site.#upgrade(asked, socket, head));
    await new Promise((resolve) => site.listener.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      for (const socket of sockets) socket.destroy();
      site.listener.close();
    });
    site.url = `http://127.0.0.1:${site.listener.address().port}${base.replace(/\/$/, '')}`;
    return site;
  }

  #below(url) {
    return url.startsWith(this.base) ? `/${url.slice(this.base.length)}` : null;
  }

  async #answer(asked, answer) {
    const target = this.#below(asked.url);
    const path = target?.split('?')[0];
    answer.setHeader('Content-Security-Policy', POLICY);
    answer.setHeader('X-Content-Type-Options', 'nosniff');
    if (path === '/statistics' && this.server) { this.#pass(target, answer); return; }
    if (path === '/core.wasm') {
      answer.setHeader('Content-Type', 'application/wasm');
      answer.end(moduleBytes());
      return;
    }
    try {
      if (!path) throw new Error('not below the base');
      const name = path === '/' ? 'index.html' : extname(path) ? path : `${path}.html`;
      const body = await readFile(join(folder, normalize(name)));
      answer.setHeader('Content-Type', `${types[extname(name)] ?? 'text/plain'}; charset=utf-8`);
      answer.end(body);
    } catch {
      answer.statusCode = 404;
      answer.end();
    }
  }

  #pass(target, answer) {
    const asking = request(this.server.url + target, (given) => {
      answer.writeHead(given.statusCode, given.headers);
      given.pipe(answer);
    });
    asking.on('error', () => answer.destroy());
    asking.end();
  }

  #upgrade(asked, socket, head) {
    socket.on('error', () => {});
    const target = this.#below(asked.url);
    if (!this.server || !target) { socket.destroy(); return; }
    const upstream = connect(this.server.port, '127.0.0.1', () => {
      const headers = Object.entries(asked.headers).map(([name, value]) => `${name}: ${value}\r\n`).join('');
      upstream.write(`GET ${target} HTTP/1.1\r\n${headers}\r\n`);
      upstream.write(head);
      socket.pipe(upstream).pipe(socket);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('close', () => upstream.destroy());
    upstream.on('close', () => socket.destroy());
  }
}
