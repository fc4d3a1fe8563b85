// SPDX-License-Identifier: MIT
//
// The site of a Redux app: its own files, the drop-in, the core, and the real Redux and React from where they are
// installed. The policy is that of our own pages.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname } from 'node:path';
import { modulePath } from './module.mjs';
import { packageFiles } from './redux-packages.mjs';

const root = new URL('../../', import.meta.url);
const APP = ['index.html', 'app.css', 'app.js', 'reducers.js'];
const WEB = ['redux.js', 'redux-gossip.js', 'redux-link.js', 'redux-actions.js', 'core.js', 'primus.js'];
const TYPES = {
  '.html': 'text/html; charset=utf-8', '.css': 'text/css', '.js': 'text/javascript', '.wasm': 'application/wasm',
};
const POLICY = "default-src 'self'; img-src 'self' data:; connect-src 'self' http: ws: wss:; "
  + "script-src 'self' 'wasm-unsafe-eval'";

const files = new Map([
  ...APP.map((name) => [name, new URL(`Examples/ReduxApp/${name}`, root)]),
  ...WEB.map((name) => [name, new URL(`Web/${name}`, root)]),
  ...Object.entries(packageFiles).map(([name, path]) => [`vendor/${name}`, path]),
]);

export class ReduxSite {
  #server;
  #hold = null;

  /** `primus` is the address of a Primus client that the page loads before the app; without it, it loads its own. */
  static async during(t, { primus } = {}) {
    const site = new ReduxSite();
    site.#server = createServer(async (request, response) => {
      const name = request.url.slice(1).split('?')[0] || 'index.html';
      const path = name === 'core.wasm' ? modulePath() : files.get(name);
      if (!path) { response.writeHead(404).end(); return; }
      if (name === 'core.wasm') await site.#hold?.promise;
      response.setHeader('content-type', TYPES[extname(name)]);
      response.setHeader('content-security-policy', primus ? `${POLICY} ${new URL(primus).origin}` : POLICY);
      const bytes = await readFile(path);
      const script = `<script src="${primus}"></script>\n`;
      response.end(primus && name === 'index.html' ? bytes.toString().replace('<script', `${script}<script`) : bytes);
    });
    await new Promise((resolve) => site.#server.listen(0, '127.0.0.1', resolve));
    t.after(() => {
      site.release();
      site.#server.closeAllConnections();
      site.#server.close();
    });
    site.url = `http://127.0.0.1:${site.#server.address().port}`;
    return site;
  }

  /** The core is not served until `release`. */
  holdCore() {
    let release;
    const promise = new Promise((resolve) => { release = resolve; });
    this.#hold = { promise, release };
  }

  release() { this.#hold?.release(); }

  /** The app, gossiping with that server. */
  page(server) {
    return `${this.url}/?${new URLSearchParams({ server: server.url })}`;
  }
}
