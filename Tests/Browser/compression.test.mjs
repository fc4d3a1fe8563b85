// SPDX-License-Identifier: MIT
//
// Compression (RFC 7692) between Chromium and the server, over `/ws` and Primus.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, reaches } from './eventually.mjs';
import { Server } from './server.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

const MESSAGES = 5_000;

describe('compression in a browser', { skip: obstacle() ?? false }, () => {
  let driver;
  let window;

  before(async () => {
    driver = await Driver.start();
    window = (await driver.open()).window;
  });
  after(() => endEverything(driver));

  /** A server with a history of messages in a chat. */
  async function chat(t, options = []) {
    const folder = await mkdtemp(join(tmpdir(), 'scuttlebutt-compression-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const file = join(folder, 'history');
    const lines = Array.from({ length: MESSAGES }, (_, n) => (
      `[{"type":"ADD_MESSAGE","payload":"message ${n} – é"},${n + 1},"AUTHOR"]\n`));
    await writeFile(file, lines.join(''));
    return Server.during(t, { options: ['--import', file, ...options] });
  }

  /** What a WebSocket of the page has agreed on. */
  async function agreed(url) {
    await window.run(`
      window.agreed = null;
      const socket = new WebSocket(arguments[0]);
      socket.onopen = () => { window.agreed = [socket.extensions]; socket.close(); };`, url);
    const [extensions] = await eventually('a socket', () => window.run('return window.agreed'), (value) => value !== null);
    return extensions;
  }

  test('Chromium agrees on compression, and a history crosses in compressed form', { timeout: 120_000 }, async (t) => {
    const server = await chat(t);
    await window.visit(`${server.url}/chat`);
    await eventually('the badge', () => window.text('badge'), (text) => /^in sync/.test(text));
    await reaches(MESSAGES, () => window.run('return peer.getState().messages.length'), 'the history');
    const texts = await window.run('return peer.getState().messages.map(({ payload, text }) => payload ?? text ?? "")');
    assert.equal(texts.length, MESSAGES);
    const { bytesBeforeCompression, bytesAfterCompression } = await server.statistics();
    assert.ok(bytesBeforeCompression > 50 * MESSAGES, `${bytesBeforeCompression} bytes`);
    assert.ok(bytesAfterCompression * 6 < bytesBeforeCompression, `${bytesAfterCompression} of ${bytesBeforeCompression}`);
    const base = server.url.replace('http', 'ws');
    for (const path of ['/ws', '/ws?batch=1', '/primus']) {
      const extensions = await agreed(base + path);
      assert.match(extensions, /^permessage-deflate/);
      assert.match(extensions, /server_no_context_takeover/);
      assert.match(extensions, /client_no_context_takeover/);
    }
  });

  test('a page over Primus gets the history in compressed form', { timeout: 120_000 }, async (t) => {
    const server = await chat(t);
    await window.visit(`${server.url}/chat`);
    await window.run(`
      window.got = '';
      const socket = new WebSocket(arguments[0]);
      socket.onmessage = ({ data }) => { window.got += JSON.parse(data); };
      socket.onopen = () => socket.send(JSON.stringify('{"id":"NEW","start":0,"clock":{}}\\n'));`,
    `${server.url.replace('http', 'ws')}/primus`);
    const lines = await eventually('SYNC', () => window.run('return window.got.includes(\'"SYNC"\') ? window.got : null'),
      (text) => text !== null);
    const updates = lines.split('\n').filter((line) => line.startsWith('['));
    assert.equal(updates.length, MESSAGES);
    assert.equal(JSON.parse(updates[7])[0].payload, 'message 7 – é');
  });

  test('with --no-compression nothing is agreed on', { timeout: 120_000 }, async (t) => {
    const server = await chat(t, ['--no-compression']);
    await window.visit(`${server.url}/chat`);
    await eventually('the badge', () => window.text('badge'), (text) => /^in sync/.test(text));
    assert.equal(await agreed(`${server.url.replace('http', 'ws')}/ws`), '');
    assert.equal((await server.statistics()).bytesBeforeCompression, 0);
  });
});
