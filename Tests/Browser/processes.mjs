// SPDX-License-Identifier: MIT
//
// The programs that the tests start, each ended by its own id.
import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { soon } from './eventually.mjs';

/** Where `name` is in PATH, or null. */
export function programPath(name) {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    const path = join(folder, name);
    try { accessSync(path, constants.X_OK); return path; } catch { /* look on */ }
  }
  return null;
}

const running = new Set();

/** Ends what a failed test has left. */
export function killStragglers() {
  for (const child of running) child.kill('SIGKILL');
}

process.on('exit', killStragglers);

/** A child process whose output is read by line. */
export class Program {
  #lines = []; #waiters = []; #errors = [];

  constructor(path, args, { cwd } = {}) {
    this.name = [path.split('/').at(-1), ...args].join(' ');
    this.child = spawn(path, args, { stdio: ['pipe', 'pipe', 'pipe'], cwd });
    running.add(this.child);
    this.exited = new Promise((resolve) => {
      this.child.on('error', (error) => { this.#errors.push(String(error)); resolve(null); });
      this.child.on('exit', (code, signal) => resolve(code ?? signal));
    }).finally(() => running.delete(this.child));
    this.child.stdin.on('error', () => {}); // it has ended; whoever waits for its answer hears so
    createInterface({ input: this.child.stdout }).on('line', (line) => {
      const waiter = this.#waiters.shift();
      if (waiter) waiter(line);
      else this.#lines.push(line);
    }).on('close', () => { for (const waiter of this.#waiters.splice(0)) waiter(null); });
    createInterface({ input: this.child.stderr }).on('line', (line) => {
      this.#errors.push(line);
      if (this.#errors.length > 50) this.#errors.shift();
    });
  }

  /** The next line of its output. */
  async line() {
    const line = this.#lines.shift()
      ?? await soon(this.name, new Promise((resolve) => { this.#waiters.push(resolve); }));
    if (line === null) throw new Error(`${this.name} ended (${await this.exited}):\n${this.#errors.join('\n')}`);
    return line;
  }

  /** What it has said on standard error, the last lines of it. */
  complaints() { return this.#errors.join('\n'); }

  write(line) {
    this.child.stdin.write(`${line}\n`);
  }

  /** Sends a signal and waits for the end. Returns the exit code, or the signal that ended it. */
  async end(signal = 'SIGTERM') {
    this.child.kill(signal);
    try {
      return await soon(`the end of ${this.name}`, this.exited);
    } catch (error) {
      this.child.kill('SIGKILL');
      throw error;
    }
  }
}
