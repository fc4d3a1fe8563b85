// SPDX-License-Identifier: MIT
//
// The files of Web/ from the disk, as the relay serves them: same paths, types, tags, policy and list, so that a test
// can change a file, stop the server, and start it again at the same address. Sockets and statistics are passed on to
// a real server where there is one.
import { readFileSync, readdirSync } from 'node:fs';
import { createServer, request as makeRequest } from 'node:http';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { moduleBytes } from './module.mjs';

const { fingerprint } = createRequire(import.meta.url)('../../Web/worker.js');
const read = (path) => readFileSync(new URL(`../../${path}`, import.meta.url));

/** The relay's policy for all pages. */
const POLICY = "default-src 'self'; img-src 'self' data:; connect-src 'self' ws: wss:; "
  + "script-src 'self' 'wasm-unsafe-eval'";

const TYPES = {
  html: 'text/html; charset=utf-8', js: 'text/javascript; charset=utf-8', mjs: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8', webmanifest: 'application/manifest+json; charset=utf-8',
  svg: 'image/svg+xml; charset=utf-8', png: 'image/png', wasm: 'application/wasm',
};

/** Name → file of Web/, read from the server's own table, so that a new page is in the tests as well. */
export function servedFiles() {
  const table = read('Sources/ScuttlebuttRelay/HTTP/Page.swift').toString();
  const names = readdirSync(new URL('../../Web', import.meta.url));
  const files = new Map(names.map((file) => [file.replace(/[^\w]/g, '_'), file]));
  const found = table.matchAll(/"\/([^"]*)":\s*(?:html|script|Page)\(\s*(?:file: )?PackageResources\.(\w+)/g);
  return new Map([...found].map(([, name, mangled]) => [name, files.get(mangled)]));
}

export class Site {
  files = new Map(); // name → { type, bytes }
  asked = []; // names, in order
  answersList = true;
  held = null; // while it is a promise, nothing is answered
  #server; #sockets = new Set();

  constructor({ base = '/', backend, module = moduleBytes() } = {}) {
    this.base = base;
    this.backend = backend && new URL(backend);
    for (const [name, file] of servedFiles()) this.put(name, read(`Web/${file}`), file.split('.').at(-1));
    this.put('core.wasm', module, 'wasm');
  }

  /** Serves while a test runs. */
  static async during(t, options) {
    const site = new Site(options);
    await site.start();
    t.after(() => site.stop());
    return site;
  }

  put(name, contents, type) {
    this.files.set(name, { type: TYPES[type] ?? this.files.get(name)?.type, bytes: Buffer.from(contents) });
  }

  /** Changes the text of a file. */
  edit(name, change) {
    this.put(name, change(this.files.get(name).bytes.toString()));
  }

  list() {
    const files = Object.fromEntries([...this.files].map(([name, { bytes }]) => [name, fingerprint(bytes)]));
    return JSON.stringify({ version: 1, files });
  }

  get url() { return `http://localhost:${this.port}${this.base}`; }

  async start() {
    this.#server = createServer((request, response) => { this.#answer(request, response); });
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.on('close', () => this.#sockets.delete(socket));
    });
    this.#server.on('upgrade', (request, socket, head) => this.#pass(request, socket, head));
    await new Promise((resolve, reject) => {
      this.#server.on('error', reject);
      this.#server.listen(this.port ?? 0, 'localhost', resolve);
    });
    this.port = this.#server.address().port;
  }

  /** Nobody listens any more, and who was connected is not. */
  async stop() {
    if (!this.#server?.listening) return;
    const closed = new Promise((resolve) => { this.#server.close(resolve); });
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #answer(request, response) {
    const path = request.url.split('?')[0];
    const name = path.startsWith(this.base) ? path.slice(this.base.length) : null;
    this.asked.push(name);
    await this.held;
    const headers = {
      'Cache-Control': 'no-cache', 'Content-Security-Policy': POLICY, 'X-Content-Type-Options': 'nosniff',
    };
    if (name === 'files.json' && this.answersList) {
      response.writeHead(200, { ...headers, 'Content-Type': 'application/json; charset=utf-8' }).end(this.list());
      return;
    }
    const file = this.files.get(name);
    if (file) {
      const tag = `"${fingerprint(file.bytes)}"`;
      const isKnown = request.headers['if-none-match'] === tag;
      response.writeHead(isKnown ? 304 : 200, { ...headers, 'Content-Type': file.type, ETag: tag });
      response.end(isKnown ? undefined : file.bytes);
    } else if (name !== null && this.backend) {
      const { hostname, port } = this.backend;
      const passed = makeRequest({ hostname, port, path: `/${name}`, method: request.method }, (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      });
      passed.on('error', () => response.destroy());
      passed.end();
    } else {
      response.writeHead(404, headers).end('Not found.');
    }
  }

  #pass(request, socket, head) {
    socket.on('error', () => {});
    if (!this.backend) { socket.destroy(); return; }
    const onward = connect(Number(this.backend.port), this.backend.hostname, () => {
      const headers = request.rawHeaders.map((text, index) => text + (index % 2 === 0 ? ': ' : '\r\n')).join('');
      onward.write(`${request.method} /${request.url.slice(this.base.length)} HTTP/1.1\r\n${headers}\r\n`);
      onward.write(head);
      socket.pipe(onward).pipe(socket);
    });
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
  }
}
