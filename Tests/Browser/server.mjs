// SPDX-License-Identifier: MIT
//
// The real server and peers in a terminal: the program that the environment variable SCUTTLEBUTT names.
import assert from 'node:assert/strict';
import { modulePath } from './module.mjs';
import { Program } from './processes.mjs';

const binary = process.env.SCUTTLEBUTT;
const folder = new URL('../../Web', import.meta.url).pathname;

/** `scuttlebutt serve`, with the log in memory unless `store` names a file, and whatever `options` add. */
export class Server {
  static async start({ port = 0, store, bot, options = [] } = {}) {
    const server = new Server();
    const log = store ? ['--store', store] : ['--in-memory'];
    const pages = options.includes('--pages') ? [] : ['--pages', folder];
    const module = options.includes('--core-module') ? [] : ['--core-module', modulePath()];
    const args = [
      'serve', '--port', String(port), ...log, ...(bot ? ['--bot', bot] : []), ...pages, ...module, ...options, '--json',
    ];
    server.program = new Program(binary, args);
    const { event, http, source } = JSON.parse(await server.program.line());
    assert.equal(event, 'listening');
    return Object.assign(server, { url: http, source, port: Number(new URL(http).port) });
  }

  /** Starts it and ends it with the test, which checks that it ends cleanly. */
  static async during(t, options) {
    const server = await Server.start(options);
    t.after(async () => assert.equal(await server.program.end(), 0, 'the server ends cleanly'));
    return server;
  }

  /** Ends it in the middle of whatever it does. */
  async kill() {
    assert.equal(await this.program.end('SIGKILL'), 'SIGKILL');
  }

  async statistics() {
    return (await fetch(`${this.url}/statistics`)).json();
  }
}

/** `scuttlebutt join`. */
export class TerminalPeer {
  #program; #turn = Promise.resolve();

  static async during(t, url, reducer, options = []) {
    const peer = new TerminalPeer();
    peer.#program = new Program(binary, ['join', url, '--reducer', reducer, '--json', ...options]);
    t.after(() => peer.#program.end());
    peer.source = (await peer.ask('clock')).id;
    return peer;
  }

  /** Writes a command and returns its answer. */
  ask(command) {
    // Answers come in the order of the commands, so askers take turns.
    const answer = this.#turn.then(async () => {
      this.#program.write(command);
      return JSON.parse(await this.#program.line());
    });
    this.#turn = answer.catch(() => {});
    return answer;
  }

  async dispatch(action) {
    const answer = await this.ask(`dispatch ${JSON.stringify(action)}`);
    assert.equal(answer.ok, true, JSON.stringify(answer));
    return answer;
  }

  async state() {
    return (await this.ask('state')).state;
  }

  async history() {
    return (await this.ask('history')).history;
  }
}
