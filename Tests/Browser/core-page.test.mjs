// SPDX-License-Identifier: MIT
//
// The module in Chromium: served by the real server, and in a page whose policy does not allow it.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { reaches } from './eventually.mjs';
import { modulePath } from './module.mjs';
import { Server, TerminalPeer } from './server.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

describe('the core in a browser', { skip: obstacle() ?? false }, () => {
  let driver;
  let window;

  before(async () => {
    driver = await Driver.start();
    window = (await driver.open()).window;
  });
  after(() => endEverything(driver));

  test('it is streamed, and agrees with the peer of the page, a terminal and the server', async (t) => {
    const server = await Server.during(t, { options: ['--core-module', modulePath()] });
    const terminal = await TerminalPeer.during(t, server.url, 'counter');
    await terminal.dispatch({ type: 'INCREMENT' });
    await window.visit(`${server.url}/counter`);
    await window.run(`
      return (async () => {
        const { Core } = await import('/core.js');
        const reducer = (state = 0, { type }) => ({ INCREMENT: state + 1, DECREMENT: state - 1 }[type] ?? state);
        const core = window.core = await Core.open({ source: 'CORE', reducer });
        const socket = new WebSocket('ws?batch=1');
        const send = () => { for (let lines; (lines = core.pull(core.session)) !== null;) socket.send(lines); };
        socket.onopen = () => { core.session = core.openSession(); core.dispatch({ type: 'INCREMENT' }); send(); };
        socket.onmessage = ({ data }) => { core.receive(core.session, data); core.fold(); send(); };
      })();`);
    await reaches(2, () => window.run('return core.state'), 'the core');
    await window.click('increment');
    await reaches(3, () => window.run('return core.state'), 'the core');
    await reaches('3', () => window.text('counter'), 'the page');
    await reaches({ counter: 3 }, () => terminal.state(), 'the terminal');
    await reaches(0, () => window.run("return core.number('pending')"), 'what is not confirmed');
    const loaded = await window.run("return performance.getEntriesByType('resource').filter(({ name }) => name.endsWith('core.wasm')).length");
    assert.equal(loaded, 1);
    await window.go('about:blank');
    assert.deepEqual(await window.complaints(), []);
  });

  test('a page whose policy allows no WebAssembly is told what to add', async (t) => {
    const script = readFileSync(new URL('../../Web/core.js', import.meta.url));
    const server = createServer((request, response) => {
      const isScript = request.url === '/core.js';
      response.writeHead(200, {
        'content-type': isScript ? 'text/javascript' : request.url === '/core.wasm' ? 'application/wasm' : 'text/html',
        'content-security-policy': "default-src 'self'",
      });
      response.end(isScript ? script : request.url === '/core.wasm' ? readFileSync(modulePath()) : '<!doctype html>');
    });
    await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => { server.closeAllConnections(); server.close(); });
    await window.go(`http://127.0.0.1:${server.address().port}/`);
    const message = await window.run(`
      return import('/core.js').then(({ Core }) => Core.open({ source: 'A', reducer: () => 0 })).then(() => 'opened', (error) => error.message);`);
    assert.match(message, /allows no WebAssembly.*'wasm-unsafe-eval'/);
  });
});
