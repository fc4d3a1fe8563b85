// SPDX-License-Identifier: MIT
//
// Runs programs whose file system fails at a chosen call; see Tests/Edges/FaultyFiles.
import { execFileSync, spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { programPath } from '../Browser/processes.mjs';
import { seed } from './cluster.mjs';

/** Whether to try every error at every call. */
export const isThorough = process.env.EVERY === '1';

/** A server that refuses at once. */
export const nobody = 'tcp://127.0.0.1:1';

/** Commands that write actions. */
export const dispatches = (first, count) => Array.from(
  { length: count }, (_, index) => `dispatch {"type":"ADD","n":${first + index}}\n`).join('');

const { EACCES, EDQUOT, EFBIG, EIO, EMFILE, ENOLCK, ENOSPC, ENOSYS, EROFS } = constants.errno;
const SHORT = 0; // not an error: a write takes half of its bytes

/** What may go wrong at each kind of call. */
const errors = {
  open: [EACCES, EIO, EMFILE, EROFS, ENOSPC],
  read: [EIO],
  write: [ENOSPC, EIO, EDQUOT, EFBIG, SHORT],
  sync: [EIO, ENOSPC],
  truncate: [EIO, EFBIG],
  lock: [ENOLCK, ENOSYS, EIO],
  map: [ENOSYS, EIO, EACCES],
  remove: [EACCES, EIO, EROFS],
  rename: [EACCES, EIO, ENOSPC, EROFS],
};

/** What a message about each error says. */
export const causes = {
  [EACCES]: /permission|open for writing in another process/, [EDQUOT]: /quota/,
  [EFBIG]: /larger than allowed/, [EIO]: /input\/output error/, [EMFILE]: /too many open files/,
  [ENOLCK]: /locks|locked/, [ENOSPC]: /disk is full/, [ENOSYS]: /does not support/,
  [EROFS]: /read-only/, [SHORT]: /disk is full/,
};

const nameOf = (number) => Object.entries(constants.errno)
  .find(([, other]) => other === number)?.[0] ?? 'a short write';

/** Compiles the shim into a folder, or says why it cannot. */
export function compile(folder) {
  if (process.platform !== 'linux') return { reason: 'LD_PRELOAD is for Linux' };
  const compiler = ['cc', 'clang', 'gcc'].find((name) => programPath(name));
  if (!compiler) return { reason: 'there is no C compiler' };
  const source = fileURLToPath(new URL('../Edges/FaultyFiles/faulty-files.c', import.meta.url));
  const path = join(folder, 'faulty-files.so');
  execFileSync(compiler, ['-shared', '-fPIC', '-O1', '-o', path, source, '-ldl'], { stdio: 'pipe' });
  return { path };
}

/** The environment in which `fault` happens. */
function environment(shim, { call, at = 1, count = 1, errno, log, clock, threads }) {
  const settings = {
    LD_PRELOAD: shim, FAULTY_PATH: '/faulty/', FAULTY_CALL: call, FAULTY_AT: at,
    FAULTY_COUNT: count, FAULTY_ERRNO: errno, FAULTY_LOG: log, FAULTY_CLOCK: clock,
    FAULTY_THREADS: threads,
  };
  const defined = Object.entries(settings).filter(([, value]) => value !== undefined);
  return { ...process.env, ...Object.fromEntries(defined.map(([name, value]) => [name, String(value)])) };
}

const running = new Set();
process.on('exit', () => { for (const child of running) child.kill('SIGKILL'); });

/**
 * Runs `scuttlebutt`, or another program, to its end with this input. `onLine` gets each line of its
 * output, and the process. Ends it after 30 s.
 */
export async function run(args, { input, shim, fault, onLine, program } = {}) {
  const child = spawn(program ?? process.env.SCUTTLEBUTT, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: shim ? environment(shim, fault) : process.env,
  });
  running.add(child);
  const timer = setTimeout(() => child.kill('SIGKILL'), 30_000);
  const lines = [];
  let errors = '';
  child.stdin.on('error', () => {}); // it ended before it read everything
  child.stdin.end(input ?? '');
  child.stderr.on('data', (data) => { errors += data; });
  let rest = '';
  child.stdout.on('data', (data) => {
    const parts = (rest + data).split('\n');
    rest = parts.pop();
    for (const line of parts) {
      lines.push(line);
      onLine?.(line, child);
    }
  });
  const code = await new Promise((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  clearTimeout(timer);
  running.delete(child);
  return { code, lines, errors };
}

/** Calls `body` with each element, two at a time, until all are done. */
export async function inPairs(list, body) {
  let next = 0;
  const worker = async () => { while (next < list.length) await body(list[next++]); };
  await Promise.all([worker(), worker()]);
}

/** The faults to try, for a program that makes the calls noted in the file `log`. */
export async function faults(log) {
  const counts = {};
  for (const line of (await readFile(log, 'utf8')).trim().split('\n')) {
    const call = line.split(' ')[0];
    counts[call] = (counts[call] ?? 0) + 1;
  }
  const all = [];
  for (const [call, count] of Object.entries(counts)) {
    for (let at = 1; at <= count; at += 1) {
      for (const [index, errno] of errors[call].entries()) {
        if (!isThorough && index !== (at + seed) % errors[call].length) continue;
        // SQLite tries for five seconds to get a lock that it cannot have.
        const mayLast = call !== 'lock' || at < 3;
        for (const times of isThorough ? [1, 0] : [(at + seed) % 3 === 0 ? 0 : 1]) {
          if (times === 1 || mayLast) all.push({ call, at, errno, count: times });
        }
      }
    }
  }
  return all;
}

/** A fault in words. */
export const words = ({ call, at, errno, count }) =>
  `${nameOf(errno)} at ${call} ${at}${count === 0 ? ' and later' : ''}`;

/** A store that a killed peer has left behind, with its write-ahead log. */
export async function leftBehind(path) {
  await mkdir(path, { recursive: true });
  const store = join(path, 'log.sqlite');
  const onLine = (line, child) => { if (JSON.parse(line).timestamp === 3) child.kill('SIGKILL'); };
  await run(['join', nobody, '--store', store, '--id', 'ME', '--stay'], {
    input: dispatches(1, 3), onLine,
  });
  return path;
}
