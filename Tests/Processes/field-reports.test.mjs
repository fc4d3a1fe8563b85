// SPDX-License-Identifier: MIT
//
// What users of other programs have reported, tried on this one: docs/field-reports.md has the
// sources. A test that is marked `todo` describes what is right and fails today; whoever mends it
// removes the mark.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { copyFile, link, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { constants, deflateRawSync } from 'node:zlib';
import { eventually, soon } from '../Browser/eventually.mjs';
import { killStragglers, Program } from '../Browser/processes.mjs';
import { Cable, converge, folder, later, minutes, StoredPeer, StoredServer } from './cluster.mjs';
import { RawPeer, run } from './raw-peer.mjs';

const binary = process.env.SCUTTLEBUTT;
const limit = { timeout: minutes };

test.after(killStragglers);

/** A server with a store in a folder of its own. */
async function server(t, options) {
  const path = await folder(t);
  const started = await new StoredServer(join(path, 'log.sqlite'), { options: options?.(path) })
    .start();
  later(t, () => started.program.end());
  return Object.assign(started, { path, store: join(path, 'log.sqlite') });
}

/** A connection that writes lines, with a greeting that claims nothing. */
async function writer(t, { tcp }, name = 'w') {
  const peer = await RawPeer.dial(tcp);
  later(t, () => peer.close());
  peer.send(`{"id":"${name}","clock":{}}`, '"SYNC"');
  return peer;
}

const hasActions = (it, count) => eventually(
  `${count} actions`, async () => (await it.statistics()).actions, (actions) => actions === count);

const message = (text, timestamp, source) => (
  JSON.stringify([{ type: 'ADD_MESSAGE', payload: text }, timestamp, source]));

// ---- payloads

/** Updates of the source `w` on which parsers of JSON disagree, in order. */
const disagreeable = [
  String.raw`[{"type":"ADD_MESSAGE","payload":"first","payload":"last"},1,"w"]`,
  String.raw`[{"type":"NONE","type":"ADD_MESSAGE","payload":"the last type"},2,"w"]`,
  String.raw`[{"type":"ADD_MESSAGE","payload":"half \ud83d of a pair"},3,"w"]`,
  String.raw`[{"type":"ADD_MESSAGE","payload":"the other \ude00 half"},4,"w"]`,
  String.raw`[{"type":"ADD_MESSAGE","payload":"zero \u0000 byte"},5,"w"]`,
  '[{"type":"ADD_MESSAGE","payload":"separators \u2028\u2029, mark \ufeff, none \uffff"},6,"w"]',
  String.raw`[{"type":"ADD_MESSAGE","payload":"\u0041\/\u00e9"},7,"w"]`,
  '[{"type":"N","a":9007199254740993,"b":1.1e24,"c":1e400,"d":-0,"e":1E2,"f":1.0},8,"w"]',
  '[{"type":"N","n":123456789012345678901234567890},9,"w"]',
  '[{"type":"P","__proto__":{"x":1},"constructor":1,"toString":"t","2":"b","1":"a","":0},10,"w"]',
];

test('JSON that parsers disagree on passes server, store, export and import unchanged', limit,
  async (t) => {
    const it = await server(t, (path) => ['--export', join(path, 'out.log')]);
    (await writer(t, it)).send(...disagreeable);
    await hasActions(it, disagreeable.length);
    const reader = await RawPeer.dial(it.tcp);
    later(t, () => reader.close());
    reader.send('{"id":"r","clock":{}}');
    const received = await eventually('the history', () => reader.lines.slice(1, -1),
      ({ length }) => length === disagreeable.length);
    assert.deepEqual(received, disagreeable, 'on the wire');
    assert.equal(await it.program.end(), 0);
    const text = `${disagreeable.join('\n')}\n`;
    assert.equal(await readFile(join(it.path, 'out.log'), 'utf8'), text, 'in the export');
    assert.equal((await run('log', it.store)).output, text, 'in the store');
    const copy = join(it.path, 'copy.sqlite');
    assert.equal((await run('import', join(it.path, 'out.log'), '--store', copy)).code, 0);
    assert.equal((await run('log', copy)).output, text, 'in a store that imported the export');
    const { state } = JSON.parse((await run('state', it.store, '--reducer', 'chat')).output);
    const texts = state.messages.map((item) => item.message);
    assert.deepEqual(texts.slice(0, 2), ['last', 'the last type'], 'as JSON.parse reads them');
  });

// ---- peers and connections

test('a peer that wrote while away says so, and says that it is synced once it is', limit,
  async (t) => {
    const it = await server(t);
    const peer = await new StoredPeer('A', it.http, join(it.path, 'a.sqlite')).start();
    later(t, () => peer.program.end());
    const isLevel = ({ connected, synced, pending }) => connected === 1 && synced && pending === 0;
    await eventually('the first sync', () => peer.status(), isLevel);
    await it.kill();
    await eventually('the loss', () => peer.status(), ({ connected }) => connected === 0);
    await peer.dispatch();
    await peer.dispatch();
    const away = await peer.status();
    assert.deepEqual([away.synced, away.pending], [false, 2]);
    await it.start();
    await eventually('the second sync', () => peer.status(), isLevel);
    await hasActions(it, 2);
  });

test('peers that wrote under one name while the server was away are told', limit, async (t) => {
  let target;
  const cable = await new Cable(() => target?.tcpPort ?? 1).start(t);
  const twins = [0, 1].map(() => new Program(
    binary, ['join', cable.url, '--id', 'alice', '--new-id', '--json', '--stay']));
  for (const [index, twin] of twins.entries()) {
    later(t, () => twin.end());
    twin.write(`dispatch {"type":"ADD_MESSAGE","payload":"${index}"}`);
    assert.match(await twin.line(), /"ok":true/);
  }
  target = await server(t);
  await eventually('a word', () => twins.map((twin) => twin.complaints()).join('\n'),
    (text) => text.includes('in use by another process') || text.includes('in use elsewhere'));
  assert.equal((await target.statistics()).actions, 1);
});

test('a server that lost its store gets everything back from its peers', limit, async (t) => {
  const it = await server(t);
  const urls = [it.http, `${it.http.replace('http', 'ws')}/ws`, `tcp://${it.tcp}`];
  const peers = await Promise.all(urls.map(
    (url, index) => new StoredPeer(`P${index}`, url, join(it.path, `${index}.sqlite`)).start()));
  later(t, () => Promise.all(peers.map((peer) => peer.program.end())));
  for (let round = 0; round < 5; round += 1) for (const peer of peers) await peer.dispatch();
  const history = await converge(peers, it);
  await it.kill();
  for (const tail of ['', '-wal', '-shm', '-lock']) await rm(it.store + tail, { force: true });
  await it.start();
  assert.deepEqual(await converge(peers, it), history);
});

test('servers that dial each other and themselves pass each action on a few times', limit,
  async (t) => {
    const targets = [];
    const cables = await Promise.all([0, 1].map(
      (index) => new Cable(() => targets[index]?.tcpPort ?? 1).start(t)));
    // Each dials both: the other one, and itself.
    for (let index = 0; index < 2; index += 1) {
      targets[index] = await server(t, () => cables.flatMap(({ url }) => ['--peer', url]));
    }
    const peer = await writer(t, targets[0]);
    const received = async () => {
      const all = await Promise.all(targets.map((it) => it.statistics()));
      return all.reduce((sum, statistics) => sum + statistics.received, 0);
    };
    const send = async (from, to) => {
      for (let stamp = from; stamp <= to; stamp += 1) peer.send(message('m', stamp, 'w'));
      for (const it of targets) await hasActions(it, to);
    };
    // Every server has an action before the last copies of it have come.
    const settled = async () => {
      const counts = [];
      return eventually('the traffic settles', async () => {
        counts.push(await received());
        const last = counts.slice(-10);
        return last.length === 10 && last.every((count) => count === last[0]) ? last[0] : null;
      });
    };
    await send(1, 50);
    const before = await settled();
    await send(51, 60);
    // Over each of the four links an action comes at most once each way.
    const copies = await settled() - before;
    assert.ok(copies <= 10 * 8, `${copies} lines`);
  });

test('localhost reaches a server that listens on 127.0.0.1 only', limit, async (t) => {
  const it = await server(t);
  for (const url of [it.http, `tcp://${it.tcp}`]) {
    const answer = await run('join', url.replace('127.0.0.1', 'localhost'), '--once', 'status\n');
    assert.equal(answer.code, 0, answer.errors);
  }
});

/** A request for a WebSocket as browsers write it, which offers compression. */
const upgrade = (path) => [
  `GET ${path} HTTP/1.1`, 'Host: server', 'Upgrade: websocket', 'Connection: keep-alive, Upgrade',
  'Sec-WebSocket-Version: 13', 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  'Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits', '', '',
].join('\r\n');

/** What comes back for bytes sent to the server's HTTP port, until it closes or `isEnough`. */
async function exchange(t, { http }, bytes, isEnough = () => false) {
  const socket = connect(Number(new URL(http).port), '127.0.0.1');
  later(t, () => socket.destroy());
  let text = '';
  return soon('the answer', new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => resolve(text));
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1');
      if (isEnough(text)) resolve(text);
    });
    socket.write(bytes);
  }));
}

/** A frame of at most 125 bytes, by default of text, masked with zeros. */
const frame = (payload, first = 0x81) => Buffer.concat([
  Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), Buffer.from(payload)]);

test('the first compressed frame is understood where compression was agreed on, and only there', limit, async (t) => {
  const it = await server(t);
  const header = '{"id":"CLIENT","clock":{}}';
  for (const [path, text] of [['/ws', header], ['/primus/?_primuscb=x', JSON.stringify(`${header}\n`)]]) {
    const packed = deflateRawSync(text, { finishFlush: constants.Z_SYNC_FLUSH }).subarray(0, -4);
    const offering = Buffer.concat([Buffer.from(upgrade(path)), frame(packed, 0xC1)]);
    const answer = await exchange(t, it, offering, (heard) => heard.includes('SYNC'));
    assert.match(answer, /^HTTP\/1\.1 101 /);
    assert.match(answer, /\r\nsec-websocket-extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n/i);
    const silent = upgrade(path).replace(/Sec-WebSocket-Extensions.*\r\n/, '');
    const refusal = await exchange(t, it, Buffer.concat([Buffer.from(silent), frame(packed, 0xC1)]), (heard) => heard.includes('\x88'));
    assert.doesNotMatch(refusal, /sec-websocket-extensions/i);
    const close = Buffer.from(refusal.slice(refusal.indexOf('\x88')), 'latin1');
    assert.equal(close.readUInt16BE(2), 1002);
  }
});

test('a line that ends a WebSocket is told by a close code other than 1000, and why', limit,
  async (t) => {
    const it = await server(t);
    const bytes = Buffer.concat([Buffer.from(upgrade('/ws')), frame('not JSON')]);
    const answer = await exchange(t, it, bytes, (text) => text.includes('\x88'));
    const close = Buffer.from(answer.slice(answer.indexOf('\x88')), 'latin1');
    assert.notEqual(close.readUInt16BE(2), 1000);
    assert.ok(close[1] > 2, 'there is a reason');
  });

test('a server ends soon although its clients neither close nor read', limit, async (t) => {
  const it = await server(t);
  const port = Number(new URL(it.http).port);
  const greetings = [
    '', 'GET /healthz HTTP/1.1\r\nHost: s\r\n\r\n', 'GET /counter HTTP/1.1\r\nHo',
    upgrade('/ws'), upgrade('/primus/?_primuscb=x'), `${upgrade('/ws')}\x81\xfe`,
  ];
  const sockets = await Promise.all(greetings.map((text) => new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true }, () => {
      socket.write(text, 'latin1', () => resolve(socket));
    }).on('error', () => {});
    later(t, () => socket.destroy());
  })));
  await Promise.all(sockets.map((socket, index) => (
    /^GET \S+ HTTP.*\r\n\r\n/s.test(greetings[index]) && new Promise((resolve) => {
      socket.once('data', () => { socket.pause(); resolve(); });
    }))));
  const start = Date.now();
  assert.equal(await it.program.end(), 0);
  assert.ok(Date.now() - start < 10_000, `it took ${Date.now() - start} ms`);
});

test('a new writer gets through, or is told, however many have written before', {
  ...limit, todo: 'from 65,536 sources on its updates are refused, and only the server is told',
}, async (t) => {
  const path = await folder(t);
  const count = 65_535;
  const lines = Array.from({ length: count }, (_, index) => message('m', index + 1, `s${index}`));
  await writeFile(join(path, 'many.log'), `${lines.join('\n')}\n`);
  const it = await server(t, () => ['--import', join(path, 'many.log')]);
  const peer = await writer(t, it, 'NEW');
  let isTold = false;
  peer.socket.on('close', () => { isTold = true; });
  // What an old source writes behind it shows that the server has read both.
  peer.send(message('new', count + 1, 'NEW'), message('old', count + 2, 's0'));
  const { actions, refused } = await eventually('an outcome', () => it.statistics(),
    (statistics) => isTold || statistics.actions + statistics.refused >= count + 2);
  assert.ok(isTold || actions === count + 2, `${refused} refused in silence`);
});

test('what a server refuses is not called synced by its writer', limit, async (t) => {
  const it = await server(t, () => ['--max-depth', '8']);
  const peer = await new StoredPeer('A', it.http, join(it.path, 'a.sqlite')).start();
  later(t, () => peer.program.end());
  await eventually('the first sync', () => peer.status(), ({ synced }) => synced);
  const nested = `${'['.repeat(20)}${']'.repeat(20)}`;
  const answer = await peer.ask(`dispatch {"type":"A","payload":${nested}}`);
  await eventually('the refusal', () => it.statistics(),
    ({ refused }) => refused > 0 || answer.error);
  const { synced, pending, setAside } = await peer.status();
  assert.ok(answer.error || !synced || pending > 0 || setAside > 0, 'acknowledged, synced, and nowhere');
});

test('a server that has no room for another connection still answers its health check', limit,
  async (t) => {
    const it = await server(t, () => ['--max-connections', '1']);
    await exchange(t, it, upgrade('/ws'), (text) => text.includes('\r\n\r\n'));
    const answer = await fetch(`${it.http}/healthz`, { signal: AbortSignal.timeout(5_000) });
    assert.ok(answer.status === 200 || answer.status === 503);
  });

// ---- the process

/** A server that a shell starts after `preparation`. */
async function prepared(t, preparation, options = () => []) {
  const path = await folder(t);
  const started = new StoredServer(join(path, 'log.sqlite'), {
    prefix: ['/bin/sh', '-c', `${preparation.replace('COMMAND', 'exec "$@"')}`, 'sh'],
    options: options(path),
  });
  await started.start();
  later(t, () => started.program.end());
  return Object.assign(started, { path, store: join(path, 'log.sqlite') });
}

test('a server that was started with nohup outlives a hang-up', limit, async (t) => {
  const it = await prepared(t, "trap '' HUP; COMMAND");
  it.program.child.kill('SIGHUP');
  (await writer(t, it)).send(message('one', 1, 'w'));
  await hasActions(it, 1);
  assert.equal(await it.program.end(), 0);
});

test('without standard error, messages get into no file and no connection', limit, async (t) => {
  const it = await prepared(t, 'COMMAND 2>&-', (path) => ['--export', join(path, 'out.log')]);
  const peer = await writer(t, it);
  peer.send(message('one', 1, 'w'), '[null,2,"w"]', message('two', 3, 'w'));
  await hasActions(it, 2);
  assert.equal(await it.program.end(), 0);
  const text = `${message('one', 1, 'w')}\n${message('two', 3, 'w')}\n`;
  assert.equal(await readFile(join(it.path, 'out.log'), 'utf8'), text);
  assert.equal((await run('log', it.store)).output, text);
  for (const line of peer.lines) JSON.parse(line);
});

// ---- files

test('a reader that stalls does not let the write-ahead log grow without end', limit, async (t) => {
  const it = await server(t);
  const peer = await writer(t, it);
  const text = 'x'.repeat(1 << 20);
  for (let stamp = 1; stamp <= 4; stamp += 1) peer.send(message(text, stamp, 'w'));
  await hasActions(it, 4);
  // Nobody takes its output, so it stops in the middle of the log.
  const reader = spawn(binary, ['log', it.store], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise((resolve) => { reader.on('exit', resolve); });
  later(t, () => { reader.kill('SIGKILL'); return ended; });
  await soon('the first output', new Promise((resolve) => {
    reader.stdout.once('readable', resolve);
  }));
  for (let stamp = 5; stamp <= 64; stamp += 1) peer.send(message(text, stamp, 'w'));
  await hasActions(it, 64);
  const { size } = await stat(`${it.store}-wal`);
  assert.ok(size < 32 << 20, `${size} bytes after 64 MiB`);
});

for (const name of ['q?mode=memory', 'sms#1', '100%25', 'file:x', ':memory:', "it's\nü 😀"]) {
  test(`a store may be called ${JSON.stringify(name)}`, limit, async (t) => {
    const path = await folder(t);
    const store = join(path, name);
    const input = 'dispatch {"type":"A"}\nquit\n';
    const peer = await run('join', 'tcp://127.0.0.1:1', '--id', 'a', '--store', store, input);
    assert.equal(peer.code, 0, peer.errors);
    assert.equal((await run('log', store)).output, '[{"type":"A"},1,"a"]\n');
    await stat(store);
  });
}

test('a file of wire lines may end its lines with CRLF', limit, async (t) => {
  const path = await folder(t);
  await writeFile(join(path, 'a.log'), '[{"type":"A"},1,"a"]\r\n[{"type":"B"},2,"a"]\r\n\r\n');
  const { code, errors } = await run('import', join(path, 'a.log'), '--store', join(path, 's'));
  assert.equal(code, 0, errors);
  assert.equal((await run('log', join(path, 's'))).output,
    '[{"type":"A"},1,"a"]\n[{"type":"B"},2,"a"]\n');
});

test('a file that begins with a byte order mark is imported, or the mark is named', limit,
  async (t) => {
    const path = await folder(t);
    await writeFile(join(path, 'a.log'), '\ufeff[{"type":"A"},1,"a"]\n');
    const { code, errors } = await run('import', join(path, 'a.log'), '--store', join(path, 's'));
    assert.ok(code === 0 || /byte order mark/.test(errors), errors);
  });

test('an export that is cut by copytruncate has no hole, and is completed at the next start', limit,
  async (t) => {
    const it = await server(t, (path) => ['--export', join(path, 'out.log')]);
    const file = join(it.path, 'out.log');
    const peer = await writer(t, it);
    peer.send(message('one', 1, 'w'), message('two', 2, 'w'));
    await eventually('two lines', () => readFile(file, 'utf8'), (text) => text.includes('two'));
    await truncate(file, 0);
    peer.send(message('three', 3, 'w'));
    await eventually('the third', () => readFile(file, 'utf8'), (text) => text.includes('three'));
    assert.equal(await readFile(file, 'utf8'), `${message('three', 3, 'w')}\n`);
    assert.equal(await it.program.end(), 0);
    await it.start();
    assert.equal(await it.program.end(), 0);
    const lines = (await readFile(file, 'utf8')).trimEnd().split('\n').sort();
    assert.deepEqual(lines, ['one', 'two', 'three'].map((text, index) => (
      message(text, index + 1, 'w'))).sort());
  });

test('an export whose last line was torn by a power cut does not keep the server down', limit,
  async (t) => {
    const it = await server(t, (path) => ['--export', join(path, 'out.log')]);
    const file = join(it.path, 'out.log');
    (await writer(t, it)).send(message('one', 1, 'w'), message('two', 2, 'w'));
    await hasActions(it, 2);
    assert.equal(await it.program.end(), 0);
    const whole = await readFile(file, 'utf8');
    await truncate(file, whole.length - 7);
    await it.start();
    assert.equal(await it.program.end(), 0);
    assert.equal(await readFile(file, 'utf8'), whole);
  });

test('what is written after the store was removed is kept, or the server says that it is not', {
  ...limit,
}, async (t) => {
  const it = await server(t);
  const peer = await writer(t, it);
  peer.send(message('one', 1, 'w'));
  await hasActions(it, 1);
  for (const tail of ['', '-wal', '-shm']) await rm(it.store + tail);
  peer.send(message('two', 2, 'w'));
  // It may end by itself, or when it is asked to.
  await Promise.race([hasActions(it, 2).catch(() => {}), it.program.exited]);
  const code = await it.program.end();
  const { output } = await run('log', it.store);
  assert.ok(code !== 0 || output.includes('two'), `exit code ${code}, and the log is: ${output}`);
});

test('a second server is refused a store that is open under the name of a hard link', limit,
  async (t) => {
    const it = await server(t);
    (await writer(t, it)).send(message('one', 1, 'w'));
    await hasActions(it, 1);
    const other = join(it.path, 'other.sqlite');
    await link(it.store, other);
    const second = new StoredServer(other);
    later(t, () => second.program.end());
    await assert.rejects(second.start(), /other\.sqlite/);
  });

test('a backup put back beside the write-ahead log of its successor is recognised', limit,
  async (t) => {
    const it = await server(t);
    (await writer(t, it)).send(message('one', 1, 'w'));
    await hasActions(it, 1);
    assert.equal(await it.program.end(), 0);
    await copyFile(it.store, join(it.path, 'backup'));
    await it.start();
    const peer = await writer(t, it);
    const text = 'x'.repeat(1 << 20);
    // Enough for a checkpoint in between, so that the log builds on pages that the backup lacks.
    for (let stamp = 2; stamp <= 21; stamp += 1) peer.send(message(text, stamp, 'w'));
    await hasActions(it, 21);
    for (let stamp = 22; stamp <= 60; stamp += 1) peer.send(message('small', stamp, 'w'));
    await hasActions(it, 60);
    await it.kill();
    await copyFile(join(it.path, 'backup'), it.store);
    const { output, errors } = await run('log', it.store);
    assert.ok(/-wal/.test(errors), `${output.length} bytes of log; ${errors}`);
  });

test('log --follow notices that the store it follows was replaced', limit, async (t) => {
  const it = await server(t);
  (await writer(t, it)).send(message('one', 1, 'w'));
  await hasActions(it, 1);
  const follower = new Program(binary, ['log', it.store, '--follow']);
  later(t, () => follower.end());
  assert.equal(await follower.line(), message('one', 1, 'w'));
  assert.equal(await it.program.end(), 0);
  for (const tail of ['', '-wal', '-shm']) await rm(it.store + tail, { force: true });
  await it.start();
  (await writer(t, it)).send(message('two', 1, 'v'));
  await hasActions(it, 1);
  const outcome = await Promise.race([
    follower.line().catch(() => {}).then(() => 'a line'), follower.exited.then(() => 'its end'),
    pause(5_000, 'nothing'),
  ]);
  assert.notEqual(outcome, 'nothing');
});
