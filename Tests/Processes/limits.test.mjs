// SPDX-License-Identifier: MIT
//
// What surrounds a process: descriptors, threads, standard error, signals, an empty environment.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { eventually, soon } from '../Browser/eventually.mjs';
import { folder, later, minutes } from './cluster.mjs';
import { compile, run } from './faulty-files.mjs';

const binary = process.env.SCUTTLEBUTT;

/** `serve` in a folder of its own, started by the shell command `before`. */
async function serve(t, before, { env = process.env, stdio, program } = {}) {
  const path = await folder(t);
  const line = `${before}exec "$0" "$@"`;
  const [command, ...first] = program ?? ['/bin/sh', '-c', line, binary];
  const child = spawn(command, [
    ...first, 'serve', '--port', '0', '--tcp-port', '0', '--json',
  ], { cwd: path, env, stdio: stdio ?? ['pipe', 'pipe', 'pipe'] });
  const exited = new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal)));
  later(t, () => child.kill('SIGKILL'));
  const server = { child, exited, errors: '', path };
  child.stderr?.on('data', (data) => { server.errors += data; });
  const event = await soon('the server', new Promise((resolve, reject) => {
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
      if (output.includes('\n')) resolve(JSON.parse(output));
    });
    exited.then((code) => reject(new Error(`it ended (${code}): ${server.errors}`)));
  }));
  return Object.assign(server, { http: new URL(event.http), tcp: Number(event.tcp.split(':').at(-1)) });
}

/** A connection that notes what it gets. */
function client(t, port, first) {
  const socket = connect(port, '127.0.0.1');
  const self = { socket, got: '', isClosed: false };
  socket.on('error', () => {});
  socket.on('close', () => { self.isClosed = true; });
  socket.on('data', (data) => { self.got += data; });
  if (first) socket.write(first);
  later(t, () => socket.destroy());
  return self;
}

/** The seconds of processor time that a process has used. */
function processorTime(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

for (const kind of ['tcp', 'http']) {
  test(`48 descriptors and 100 ${kind} clients: accepting pauses, is said once, and goes on`, { timeout: minutes }, async (t) => {
    const server = await serve(t, 'ulimit -n 48; ');
    const port = kind === 'tcp' ? server.tcp : Number(server.http.port);
    const header = '{"id":"CLIENT","clock":{}}\n';
    const request = 'GET /healthz HTTP/1.1\r\nHost: here\r\n\r\n';
    const clients = Array.from({ length: 100 }, () => client(t, port, kind === 'tcp' ? header : request));
    const served = () => clients.filter(({ got, isClosed }) => got && !isClosed).length;
    await eventually('accepting has paused', () => /cannot accept more/.test(server.errors));
    const count = await eventually('some are served', served, (number) => number > 10);
    assert.ok(count < 48);
    // It may still be busy with those that it has accepted, but not for long.
    await eventually('it is idle', async () => {
      const before = processorTime(server.child.pid);
      await pause(1_000);
      return processorTime(server.child.pid) - before;
    }, (seconds) => seconds < 0.1);
    assert.equal(server.errors.match(/cannot accept more/g).length, 1, 'said once');
    assert.match(server.errors, /too many open files; raise the limit/);
    // Who is connected is served.
    const one = clients.find(({ got }) => got);
    const length = one.got.length;
    one.socket.write(kind === 'tcp' ? '[{"type":"A"},1,"CLIENT"]\n' : request);
    if (kind === 'http') await eventually('another answer', () => one.got.length > length);
    assert.equal(one.isClosed, false);
    // Who waits is served when others leave.
    for (const client of clients.filter(({ got }) => got)) client.socket.destroy();
    await eventually('the next ones', served, (number) => number > 10);
    server.child.kill('SIGTERM');
    assert.equal(await soon('its end', server.exited), 0);
  });
}

test('without threads it says so and ends', { timeout: minutes }, async (t) => {
  const path = await folder(t);
  const { path: shim, reason } = compile(path);
  if (reason) { t.skip(reason); return; }
  for (const threads of [0, 2]) {
    const result = await run(['serve', '--port', '0', '--in-memory'], { shim, fault: { threads } });
    assert.equal(result.code, 2);
    assert.match(result.errors, /cannot start \d+ threads: only \d are permitted; raise/);
  }
});

test('with too few descriptors to begin with it says so and ends', { timeout: minutes }, async () => {
  for (const count of [6, 9, 12]) {
    const result = await run(['-c', `ulimit -n ${count}; exec "$0" join tcp://127.0.0.1:1 --once`, binary], {
      program: '/bin/sh',
    });
    assert.equal(result.code, 2, `${count}: ${result.errors}`);
    assert.match(result.errors, /cannot open \d+ files at a time: .*too many open files; raise the limit/);
  }
});

test('a standard error that nobody reads holds up nothing', { timeout: minutes }, async (t) => {
  // A pipe that is full from the start, and whose reader does not read.
  const reader = spawn('sleep', ['1000'], { stdio: ['pipe', 'ignore', 'ignore'] });
  later(t, () => reader.kill('SIGKILL'));
  const full = 'dd if=/dev/zero bs=1000 count=200 oflag=nonblock >&2 2>/dev/null; ';
  const server = await serve(t, full, { stdio: ['pipe', 'pipe', reader.stdin] });
  for (let index = 0; index < 20; index += 1) client(t, server.tcp, 'nonsense\n');
  const answer = await fetch(new URL('/healthz', server.http));
  assert.equal(answer.status, 200);
  await answer.text();
  server.child.kill('SIGTERM');
  assert.equal(await soon('its end', server.exited), 0);
});

test('standard error closed at its other end, or never opened, harms nobody', { timeout: minutes }, async (t) => {
  for (const before of ['exec 2>&-; ', 'exec 0<&- 2>&-; ', 'exec 2> >(:); sleep 0.1; ']) {
    const program = ['/bin/bash', '-c', `${before}exec "$0" "$@"`, binary];
    const server = await serve(t, '', { program });
    if (before.includes('2>&-')) {
      // Otherwise the next socket or store would be "standard error".
      assert.equal(readlinkSync(`/proc/${server.child.pid}/fd/2`), '/dev/null');
    }
    const one = client(t, server.tcp, 'nonsense\n{"id":"CLIENT","clock":{}}\n');
    await eventually('the connection ends', () => one.isClosed);
    assert.doesNotMatch(one.got, /connected|refused/, 'no message has gone to a peer');
    assert.equal((await fetch(new URL('/healthz', server.http))).status, 200);
    server.child.kill('SIGTERM');
    assert.equal(await soon('its end', server.exited), 0, before);
    const log = await run(['log', join(server.path, 'scuttlebutt.sqlite')]);
    assert.equal(log.code, 0, log.errors);
  }
});

/** The memory of a process in MiB. */
function memory(pid) {
  return Number(readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/)[1]) / 1024;
}

test('a message that is announced and not sent takes no memory', { timeout: minutes }, async (t) => {
  const server = await serve(t, '');
  const upgrade = 'GET /ws HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n'
    + 'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n';
  const frame = Buffer.alloc(14);
  frame.writeUInt8(0x81, 0);
  frame.writeUInt8(0xFF, 1);
  frame.writeBigUInt64BE(10_000_000n, 2);
  const before = memory(server.child.pid);
  const clients = Array.from({ length: 100 }, () => client(t, Number(server.http.port), upgrade));
  await eventually('all are open', () => clients.every(({ got }) => got.includes('101 ')));
  for (const { socket } of clients) socket.write(frame);
  const lines = Array.from({ length: 50 }, () => client(t, server.tcp, `{"id":"${'x'.repeat(1_000)}`));
  await eventually('it has taken note', async () => {
    const answer = await fetch(new URL('/statistics', server.http));
    return (await answer.json()).connected === clients.length + lines.length;
  });
  const grown = memory(server.child.pid) - before;
  assert.ok(grown < 60, `it grew by ${grown} MiB for 1,000 MB that were announced`);
});

test('a limit of the size of files ends no peer, and nothing acknowledged is lost', { timeout: minutes }, async (t) => {
  const path = await folder(t);
  const store = join(path, 'log.sqlite');
  const child = spawn('/bin/sh', [
    '-c', 'ulimit -f 600; exec "$0" "$@"', binary, 'join', 'tcp://127.0.0.1:1', '--store', store, '--id', 'ME',
  ], { stdio: ['pipe', 'pipe', 'ignore'] });
  later(t, () => child.kill('SIGKILL'));
  let output = '';
  child.stdout.on('data', (data) => { output += data; });
  const action = `dispatch {"type":"${'x'.repeat(1_000)}"}\n`;
  child.stdin.end(`${action.repeat(200)}quit\n`);
  const code = await soon('its end', new Promise((resolve) => {
    child.on('close', (number, signal) => resolve(number ?? signal));
  }));
  assert.equal(code, 2);
  const answers = output.trim().split('\n').map((line) => JSON.parse(line));
  assert.equal(answers.length, 201);
  assert.match(output, /larger than allowed/);
  const acknowledged = answers.filter(({ timestamp }) => timestamp);
  const log = await run(['log', store]);
  assert.equal(log.code, 0, log.errors);
  assert.ok(acknowledged.length > 10, `${acknowledged.length} were acknowledged`);
  const found = log.lines.map((line) => JSON.parse(line)[1]);
  assert.deepEqual(acknowledged.filter(({ timestamp }) => !found.includes(timestamp)), []);
});

test('a folder that is gone is named', { timeout: minutes }, async (t) => {
  const path = await folder(t);
  const program = ['/bin/sh', '-c', 'mkdir gone && cd gone && rmdir ../gone && exec "$0" "$@"', binary];
  await assert.rejects(serve(t, '', { program }), /folder/);
  const result = await run(['join', 'tcp://127.0.0.1:1', '--store', join(path, 'none/log.sqlite')]);
  assert.equal(result.code, 2);
  assert.match(result.errors, /the folder .*none does not exist; create it/);
});

test('an empty environment is enough', { timeout: minutes }, async (t) => {
  const server = await serve(t, '', { env: {}, program: [binary] });
  assert.equal((await fetch(new URL('/healthz', server.http))).status, 200);
  server.child.kill('SIGTERM');
  assert.equal(await soon('its end', server.exited), 0);
});

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`as process 1 of a container it ends with ${signal}`, { timeout: minutes }, async (t) => {
    let server;
    try {
      const rights = process.getuid() === 0 ? [] : ['--user', '--map-root-user'];
      server = await serve(t, '', {
        program: ['unshare', ...rights, '--pid', '--fork', '--kill-child', binary],
      });
    } catch (error) {
      if (!/unshare/.test(error.message)) throw error;
      t.skip(`no namespaces here: ${error.message}`);
      return;
    }
    const { pid } = server.child;
    const child = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
    process.kill(child, signal);
    assert.equal(await soon('its end', server.exited), 0);
    assert.match(server.errors, /stopped/);
  });
}
