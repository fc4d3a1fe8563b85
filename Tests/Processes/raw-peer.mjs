// SPDX-License-Identifier: MIT
//
// A peer that is nothing but lines over TCP, and a command that is run to its end.
import { spawn } from 'node:child_process';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { soon } from '../Browser/eventually.mjs';

/** Writes the lines that a test wants, and keeps those that arrive. */
export class RawPeer {
  lines = [];

  static async dial(address) {
    const peer = new RawPeer();
    const [host, port] = address.split(':');
    peer.socket = connect(Number(port), host);
    peer.socket.on('error', () => {});
    createInterface({ input: peer.socket }).on('line', (line) => peer.lines.push(line));
    await soon('a connection', new Promise((resolve) => peer.socket.on('connect', resolve)));
    return peer;
  }

  send(...lines) {
    this.socket.write(lines.map((line) => `${line}\n`).join(''));
  }

  close() { this.socket.destroy(); }
}

/**
 * Runs a command of the program to its end. A last argument that ends with a line feed is its
 * input. Returns its exit code, its output, and what it said on standard error.
 */
export async function run(...args) {
  const input = args.at(-1).endsWith('\n') ? args.pop() : '';
  const child = spawn(process.env.SCUTTLEBUTT, args);
  const result = { output: '', errors: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => { result.output += text; });
  child.stderr.setEncoding('utf8').on('data', (text) => { result.errors += text; });
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  try {
    result.code = await soon(args.join(' '), new Promise((resolve) => {
      child.on('close', (code, signal) => resolve(code ?? signal));
    }));
  } finally {
    child.kill('SIGKILL');
  }
  return result;
}
