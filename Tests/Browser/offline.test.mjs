// SPDX-License-Identifier: MIT
//
// The pages in Chromium without a server: the files of Web/ from the disk, a real service worker, and a server that is
// stopped, changed, and started again at the same address.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { eventually, reaches } from './eventually.mjs';
import { moduleBytes } from './module.mjs';
import { programPath } from './processes.mjs';
import { Server, TerminalPeer } from './server.mjs';
import { servedFiles, Site } from './site.mjs';
import { Driver, endEverything } from './webdriver.mjs';

const missing = ['chromium', 'chromedriver'].filter((name) => !programPath(name));
const noServer = process.env.SCUTTLEBUTT ? false : 'SCUTTLEBUTT does not name the built program';
const htmlFiles = readdirSync(new URL('../../Web', import.meta.url)).filter((name) => name.endsWith('.html'));

describe('pages without a server', { skip: missing.length > 0 && `${missing.join(' and ')} not found in PATH` }, () => {
  let driver;
  let window;

  before(async () => {
    driver = await Driver.start();
    window = (await driver.open({ options: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'] })).window;
  });
  after(() => endEverything(driver));

  const offlineState = (page = window) => page.run('return document.documentElement.dataset.offline');
  const untilKept = (page = window) => reaches('ready', () => offlineState(page), 'the worker');

  /** Visits a page, and waits until the next visit needs no server. */
  async function visited(site, page = 'counter') {
    await window.visit(site.url + page);
    await untilKept();
  }

  for (const file of htmlFiles) {
    test(`${file} registers the worker and names the manifest`, () => {
      const text = readFileSync(new URL(`../../Web/${file}`, import.meta.url), 'utf8');
      assert.match(text, /<script src="offline\.js" defer><\/script>/);
      assert.match(text, /<link rel="manifest" href="manifest\.webmanifest">/);
    });
  }

  test('every page opens and works after one visit, and what was done is still there', async (t) => {
    const site = await Site.during(t);
    await visited(site);
    await site.stop();
    await window.reload();
    await window.click('increment');
    await window.click('increment');
    await reaches('2', () => window.text('counter'), 'the counter');
    await window.run('return peer.flush()');
    await window.reload();
    await reaches('2', () => window.text('counter'), 'the counter after a reload');
    for (const [name, file] of servedFiles()) {
      if (!file.endsWith('.html')) continue;
      await window.go(site.url + name);
      await reaches(name === '' ? 'home' : name, () => window.run('return document.body.dataset.page'), name);
    }
    const module = await window.run(`
      return fetch('core.wasm').then(async (answer) => (
        [answer.headers.get('content-type'), (await answer.arrayBuffer()).byteLength]))`);
    assert.deepEqual(module, ['application/wasm', moduleBytes().byteLength]);
  });

  test('the policy of a page is the same without the server', async (t) => {
    const site = await Site.during(t);
    await visited(site);
    await site.stop();
    await window.reload();
    const [policy, isEvaluated] = await window.run(`
      return fetch('counter').then((answer) => {
        let isEvaluated = false;
        const script = document.createElement('script');
        script.textContent = 'window.wasEvaluated = true';
        document.head.append(script);
        return [answer.headers.get('content-security-policy'), window.wasEvaluated === true];
      })`);
    assert.match(policy, /^default-src 'self'/);
    assert.equal(isEvaluated, false);
  });

  test('below a path', async (t) => {
    const site = await Site.during(t, { base: '/sub/path/' });
    await visited(site);
    await site.stop();
    await window.visit(`${site.url}chat`);
    assert.equal(await window.run('return navigator.serviceWorker.controller.scriptURL'), `${site.url}worker.js`);
  });

  test('a new version is there at the next visit, and the open page stays in its own', async (t) => {
    const site = await Site.during(t);
    await visited(site);
    await window.reload(); // now from the worker
    const marks = (page) => page.run(`
      return fetch('late.js').then((answer) => answer.text()).then((late) => [document.title, late.trim()])`);
    site.put('late.js', '1', 'js');
    await window.reload();
    assert.deepEqual(await marks(window), ['Counter · scuttlebutt', '1']);
    site.edit('counter', (text) => text.replace('Counter · scuttlebutt', 'Counter 2'));
    site.put('late.js', '2', 'js');
    const other = await window.beside();
    t.after(() => other.close());
    await other.visit(`${site.url}counter`);
    assert.deepEqual(await marks(other), ['Counter 2', '2']);
    assert.deepEqual(await marks(window), ['Counter · scuttlebutt', '1'], 'no mix of old and new');
    await window.reload();
    assert.deepEqual(await marks(window), ['Counter 2', '2']);
  });

  test('caches hold the files and nothing else', async (t) => {
    const site = await Site.during(t);
    await visited(site);
    await window.reload();
    await window.run(`
      return Promise.all(['statistics', 'healthz', 'primus/spec', 'other'].map((name) => fetch(name))).then(() => 0)`);
    const kept = await window.run(`
      return caches.keys().then((names) => Promise.all(names.map(async (name) => (
        (await (await caches.open(name)).keys()).map(({ url }) => url))))).then((lists) => lists.flat().sort())`);
    const names = [...servedFiles().keys()].filter((name) => name !== 'worker.js' && !name.startsWith('primus/'));
    assert.deepEqual(kept, [...names, 'core.wasm', 'worker.js?state'].map((name) => site.url + name).sort());
  });

  test('another program at the same address shows its own page', async (t) => {
    const site = await Site.during(t);
    await visited(site);
    site.answersList = false;
    site.files.clear();
    site.put('counter', '<!doctype html><html data-ready="true"><title>other</title>', 'html');
    await window.reload();
    assert.equal(await window.run('return document.title'), 'other');
  });

  test('the browser finds everything it needs to install it', async (t) => {
    const site = await Site.during(t, { base: '/sub/path/' });
    await visited(site);
    await window.reload();
    const manifest = await window.devtools('Page.getAppManifest');
    assert.deepEqual(manifest.errors, []);
    assert.equal(manifest.url, `${site.url}manifest.webmanifest`);
    // Whether a window is a private one says nothing of the page.
    const { installabilityErrors } = await window.devtools('Page.getInstallabilityErrors');
    assert.deepEqual(installabilityErrors.filter(({ errorId }) => errorId !== 'in-incognito'), []);
  });

  test('a page from an insecure origin works, and says what it cannot do', async (t) => {
    const site = await Site.during(t);
    site.edit('counter', (text) => text.replace('<main', '<p id="note" data-offline-note hidden></p><main'));
    await window.visit(`http://insecure.test:${site.port}/counter`);
    await window.click('increment');
    await reaches('1', () => window.text('counter'), 'the counter');
    assert.equal(await offlineState(), 'unavailable');
    assert.match(await window.text('note'), /does not open without the server.*https/);
    assert.equal(await window.run("return document.getElementById('note').hidden"), false);
  });

  test('a server without a list of files leaves a page that works, and says so', async (t) => {
    const site = await Site.during(t);
    site.answersList = false;
    await window.visit(`${site.url}counter`);
    await reaches('failed', () => offlineState(), 'the worker');
    await window.click('increment');
    await reaches('1', () => window.text('counter'), 'the counter');
  });

  test('what was done without the server reaches everyone when it is back', { skip: noServer }, async (t) => {
    const server = await Server.during(t);
    const site = await Site.during(t, { backend: server.url });
    const terminal = await TerminalPeer.during(t, server.url, 'counter');
    await visited(site);
    await window.click('increment');
    await reaches({ counter: 1 }, () => terminal.state(), 'the terminal');
    await site.stop();
    await window.reload();
    await window.click('increment');
    await window.click('increment');
    await terminal.dispatch({ type: 'DECREMENT' });
    await eventually('the badge', () => window.text('badge'), (text) => /^offline.*2 to send/.test(text));
    await site.start();
    await reaches({ counter: 2 }, () => terminal.state(), 'the terminal');
    await reaches('2', () => window.text('counter'), 'the counter');
    await eventually('the badge', () => window.text('badge'), (text) => /^in sync/.test(text));
  });

  test('the real server lists its files', { skip: noServer }, async (t) => {
    const server = await Server.during(t);
    await window.visit(`${server.url.replace('127.0.0.1', 'localhost')}/counter`);
    await untilKept();
  });
});
