// SPDX-License-Identifier: MIT
//
// The page of docs/plain-script.md, as it stands there, in Chromium.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { eventually, reaches } from './eventually.mjs';
import { Server, TerminalPeer } from './server.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

const root = new URL('../../', import.meta.url);
const folder = new URL('Examples/ShoppingList/pages/', root);

test('the page shows the files that are tried here', async () => {
  const page = await readFile(new URL('docs/plain-script.md', root), 'utf8');
  for (const [language, file] of [['html', 'list.html'], ['js', 'list.js']]) {
    const text = (await readFile(new URL(file, folder), 'utf8')).replace('// SPDX-License-Identifier: MIT\n', '');
    assert.ok(page.includes(`\`\`\`${language}\n${text}\`\`\`\n`), file);
  }
});

describe('a page with a plain script', { skip: obstacle() ?? false }, () => {
  let driver;
  let windows;

  before(async () => {
    driver = await Driver.start();
    windows = [(await driver.open()).window, (await driver.open()).window];
  });
  after(() => endEverything(driver));

  const list = (window) => window.run("return [...document.querySelectorAll('#list li')].map((row) => row.textContent)");
  const add = (window, item) => window.run(
    "document.getElementById('item').value = arguments[0]; document.querySelector('#form button').click();", item);
  const status = (window) => window.run("return document.getElementById('status').textContent");

  test('two windows and a terminal share the list, also after the server was away', async (t) => {
    const options = ['--pages', folder.pathname];
    const server = await Server.start({ options });
    const [one, other] = windows;
    for (const window of windows) await window.go(`${server.url}/list`);
    for (const window of windows) await eventually('in sync', () => status(window), (text) => text.startsWith('in sync'));
    await add(one, 'milk');
    for (const window of windows) await reaches(['milk'], () => list(window), 'milk');
    const peer = await TerminalPeer.during(t, server.url, 'log');
    await peer.dispatch({ type: 'ADD', payload: { item: '<b>bread</b>' } });
    for (const strange of [null, 5, {}, { item: 5 }, { item: null }]) await peer.dispatch({ type: 'ADD', payload: strange });
    await peer.dispatch({ type: 'REMOVE', payload: { item: 'milk' } });
    for (const window of windows) await reaches(['<b>bread</b>'], () => list(window), 'what others say is text');

    await server.kill();
    await add(one, 'jam');
    await add(other, 'tea');
    await reaches(['<b>bread</b>', 'jam'], () => list(one), 'jam');
    await eventually('it says what is to be sent', () => status(one), (text) => text.includes('1 to send'));
    await Server.during(t, { port: server.port, options });
    const both = await eventually('all of it', () => list(one), (items) => items.length === 3);
    await reaches(both, () => list(other), 'the same order');
    for (const window of windows) await window.go('about:blank');
  });
});
