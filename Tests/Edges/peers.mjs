// SPDX-License-Identifier: MIT
//
// The peers that stand behind the box, each with the same few verbs: `start`, `stop` (in good
// order), `dispatch`, `status`, `history`, `kill`. `acknowledged` is what a peer has promised to
// keep: `[action, timestamp, source]`.
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { modulePath } from '../Browser/module.mjs';
import { Program } from '../Browser/processes.mjs';
import { Driver } from '../Browser/webdriver.mjs';
import { Observer } from './observer.mjs';
import { Original } from './original.mjs';

export const binary = process.env.SCUTTLEBUTT;

/** The option that makes probes quick. */
export const probing = (seconds) => ['--probe-after', String(seconds)];

/** `scuttlebutt join` with a store. */
class JoinPeer {
  #program; #turn = Promise.resolve(); #count = 0; #unanswered = 0;
  acknowledged = [];

  constructor(url, { id, folder, probeAfter }) {
    this.id = id;
    this.args = ['join', url, '--id', id, '--store', join(folder, 'peer.sqlite'), '--json',
      '--stay', ...probing(probeAfter)];
  }

  start() {
    this.#program = new Program(binary, this.args);
    this.#turn = Promise.resolve();
    this.#unanswered = 0;
  }

  /** Answers come in the order of the questions. A peer that has ended answers null. */
  #ask(line) {
    const program = this.#program;
    this.#unanswered += 1;
    program.write(line);
    const answer = this.#turn.then(async () => {
      try { return JSON.parse(await program.line()); } catch { return null; }
    });
    this.#turn = answer.then(() => { this.#unanswered -= 1; });
    return answer;
  }

  dispatch() {
    const action = { type: 'ADD', peer: this.id, n: this.#count += 1 };
    return this.#ask(`dispatch ${JSON.stringify(action)}`).then((answer) => {
      if (answer?.ok) this.acknowledged.push([action, answer.timestamp, answer.source]);
    });
  }

  async status() {
    const answer = await this.#ask('status');
    return answer && { ...answer, connected: answer.connected > 0 };
  }

  async history() { return (await this.#ask('history'))?.history ?? []; }

  async stop() {
    this.#program.write('quit');
    // Whoever still reads answers reads them to the end.
    const code = await Promise.race([this.#program.exited, pause(15_000, 'does not end')]);
    await this.#turn;
    if (code !== 0) throw new Error(`quit: ${code}`);
  }

  async kill() {
    this.#program?.child.kill('SIGKILL');
    await this.#program?.exited;
  }
}

/** An original, which keeps what it wrote as long as the process lives. */
class OriginalPeer {
  #original; #count = 0;
  acknowledged = [];

  constructor(url, { id, probeAfter }) {
    this.id = id;
    this.#original = new Original(id, url, probeAfter * 1_000);
  }

  start() { this.#original.start(); }
  async stop() { this.#original.stop(); }
  async kill() { this.#original.stop(); }

  async dispatch() {
    this.acknowledged.push(
      this.#original.dispatch({ type: 'ADD', peer: this.id, n: this.#count += 1 }));
  }

  /** It promises nothing about being in sync. */
  async status() {
    return { connected: this.#original.isConnected, actions: this.#original.history.length };
  }

  async history() { return this.#original.history; }
}

/** `scuttlebutt serve --peer`: a server that dials. What it writes comes from a peer of its own. */
class RelayPeer {
  #program; #http; #count = 0;
  acknowledged = [];

  constructor(url, { id, folder, probeAfter }) {
    this.id = id;
    this.writer = new Observer(`${id}-WRITER`);
    this.args = ['serve', '--peer', url, '--id', id, '--store', join(folder, 'peer.sqlite'),
      '--port', '0', '--tcp-port', '0', '--json', ...probing(probeAfter)];
  }

  async start() {
    this.#program = new Program(binary, this.args);
    const { http, tcp } = JSON.parse(await this.#program.line());
    this.#http = http;
    await this.writer.start(Number(tcp.split(':').at(-1)));
  }

  /** What the relay counts has been taken by it. */
  async dispatch() {
    const update = this.writer.write({ type: 'ADD', peer: this.id, n: this.#count += 1 });
    const size = this.writer.updates.size;
    while ((await this.#statistics()).actions < size) await pause(20);
    this.acknowledged.push(update);
  }

  async #statistics() { return (await fetch(`${this.#http}/statistics`)).json(); }

  /** It says how many are connected, not whether it is in sync; one of them is the writer. */
  async status() {
    const { connected, actions } = await this.#statistics();
    return { connected: connected > 1, actions };
  }

  async history() { return [...this.writer.updates.values()]; }

  async stop() {
    this.writer.stop();
    const code = await this.#program.end();
    if (code !== 0) throw new Error(`the end of the relay: ${code}`);
  }

  async kill() {
    this.writer.stop();
    this.#program?.child.kill('SIGKILL');
    await this.#program?.exited;
  }
}

/** A page in Chromium with a peer for each cell, and the server that it is loaded from. */
export class Pages {
  #driver; #server; window;

  static async start() {
    const pages = new Pages();
    const page = await readFile(new URL('page.html', import.meta.url));
    pages.#server = createServer(async (request, response) => {
      const [, script] = /^\/([a-z]+\.js)$/.exec(request.url) ?? [];
      const isModule = request.url === '/core.wasm';
      const type = isModule ? 'application/wasm' : script ? 'text/javascript' : 'text/html; charset=utf-8';
      response.setHeader('Content-Type', type);
      if (isModule) response.end(await readFile(modulePath()));
      else response.end(script ? await readFile(new URL(`../../Web/${script}`, import.meta.url)) : page);
    });
    await new Promise((resolve) => { pages.#server.listen(0, '127.0.0.1', resolve); });
    pages.#driver = await Driver.start();
    pages.window = (await pages.#driver.open()).window;
    await pages.window.visit(`http://127.0.0.1:${pages.#server.address().port}/`);
    return pages;
  }

  async stop() {
    this.#server.closeAllConnections();
    this.#server.close();
    await this.#driver.stop();
  }
}

/** A peer in that page. */
class PagePeer {
  #window; #options; #acknowledged = new Map();

  constructor(url, { id, probeAfter, pages }) {
    this.id = id;
    this.#window = pages.window;
    this.#options = { url, name: id, probeAfter: probeAfter * 1_000 };
  }

  get acknowledged() { return [...this.#acknowledged.values()]; }

  #run(verb, ...rest) {
    return this.#window.run(
      'return cells[arguments[0]](...arguments[1])', verb, [this.id, ...rest]);
  }

  async start() { await this.#run('start', this.#options); }
  async dispatch() { await this.#run('dispatch'); }
  async history() { return this.#run('history'); }

  async stop() {
    await this.status();
    await this.#run('stop');
    await this.status();
  }

  async kill() { await this.#run('stop').catch(() => {}); }

  async status() {
    const { saved, ...status } = await this.#run('status');
    for (const update of saved) this.#acknowledged.set(`${update[1]}@${update[2]}`, update);
    return status;
  }
}

const joining = (scheme, path = '') => (port, options) => (
  new JoinPeer(`${scheme}://127.0.0.1:${port}${path}`, options));

/** Each way in: how a peer is made, and what the box sees of its wire. */
export const kinds = {
  tcp: { wire: 'lines', make: joining('tcp') },
  // One line a frame, for the sake of the box.
  ws: { wire: 'http', make: joining('ws', '/ws?batch=0') },
  primus: { wire: 'http', isPrimus: true, make: joining('http') },
  relay: {
    wire: 'http', isPrimus: true,
    make: (port, options) => new RelayPeer(`http://127.0.0.1:${port}`, options),
  },
  page: {
    wire: 'http', isScript: true,
    make: (port, options) => new PagePeer(`ws://127.0.0.1:${port}/ws`, options),
  },
  original: {
    wire: 'http', isPrimus: true, isScript: true,
    make: (port, options) => new OriginalPeer(`http://127.0.0.1:${port}`, options),
  },
};
