// SPDX-License-Identifier: MIT
//
// What WCAG 2.2 AA asks of the pages, as far as a program can tell: names and roles, targets, reflow, focus, forced
// colours. Contrast is computed in contrast.test.mjs.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually } from './eventually.mjs';
import { Front } from './front.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

const PAGES = ['', 'counter', 'chat', 'life', 'board', 'todo', 'devtools'];

describe('the pages for everybody', { skip: obstacle() ?? false }, () => {
  let driver;
  let browser;
  let window;

  before(async () => {
    driver = await Driver.start();
    browser = await driver.open();
    window = browser.window;
    await window.media({ 'prefers-reduced-motion': 'reduce' });
  });
  after(() => endEverything(driver));

  /** A page with some life in it: names, messages, late actions, everything that is usually hidden shown. */
  async function visit(site, page) {
    await window.visit(`${site.url}/${page}`);
    await window.run(`window.peer?.dispatch({ type: 'ADD_MESSAGE', payload: 'text', at: Date.now(), name: 'Ada' });
      window.peer?.dispatch({ type: 'TODO_ADD', payload: 'milk' });
      window.peer?.dispatch({ type: 'INCREMENT' });
      document.querySelector('details')?.setAttribute('open', '');
      for (const item of document.querySelectorAll('main [hidden]')) item.hidden = false;`);
    await window.run('return new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); })');
  }

  /** What the browser tells an assistant of the page: `[{ role, name, focusable }]`. */
  async function tree() {
    const { nodes } = await browser.devtools('Accessibility.getFullAXTree', {});
    return nodes.filter(({ ignored }) => !ignored).map(({ role, name, properties = [] }) => ({
      role: role.value, name: name?.value ?? '',
      isFocusable: properties.some((one) => one.name === 'focusable' && one.value.value),
    }));
  }

  test('every control has a name and a role, and every page its landmarks', async (t) => {
    const site = await Front.during(t);
    await browser.devtools('Accessibility.enable', {});
    for (const page of PAGES) {
      await visit(site, page);
      const nodes = await tree();
      const nameless = nodes.filter(({ role, name, isFocusable }) => (
        isFocusable && !name && !['RootWebArea', 'scrollable'].includes(role)));
      assert.deepEqual(nameless, [], page);
      const roles = nodes.map(({ role }) => role);
      for (const role of ['banner', 'navigation', 'main', 'heading']) assert.ok(roles.includes(role), `${page}: ${role}`);
      assert.equal(await window.run("return document.querySelectorAll('h1').length"), 1);
      assert.equal(await window.run("return document.querySelectorAll('nav [aria-current=page]').length"), 1);
      const ids = await window.run("return [...document.querySelectorAll('[id]')].map(({ id }) => id)");
      assert.equal(new Set(ids).size, ids.length, `${page}: every id once`);
    }
  });

  for (const width of [320, 390, 1280, 2560]) {
    test(`at ${width} pixels nothing is cut off, and targets have at least 24 pixels`, async (t) => {
      const site = await Front.during(t);
      await browser.devtools('Emulation.setDeviceMetricsOverride', { width, height: 800, deviceScaleFactor: 1, mobile: false });
      t.after(() => browser.devtools('Emulation.clearDeviceMetricsOverride', {}));
      for (const page of PAGES) {
        await visit(site, page);
        assert.ok(await window.run('return document.documentElement.scrollWidth') <= width, `${page} is too wide`);
        // Cells of Life are spaced by their number; each can also be reached by keys.
        const small = await window.run(`const controls = 'button, input, select, summary, nav a, .cards a, .strip-actions li';
          return [...document.querySelectorAll(controls)]
          .filter((item) => !item.closest('#life') && item.checkVisibility())
          .filter((item) => {
            const { width, height } = (item.closest('label') ?? item).getBoundingClientRect();
            return width < 24 || height < 24;
          })
          .map((item) => item.id || item.textContent)`);
        assert.deepEqual(small, [], page);
        const outside = await window.run(`return [...document.querySelectorAll('main *')].filter((item) => {
          if (item.closest('.strip-actions, .unseen, .peer .strip-title') || !item.checkVisibility()) return false;
          const box = item.getBoundingClientRect();
          return box.width > 0 && (box.left < -1 || box.right > innerWidth + 1);
        }).map((item) => item.id || item.className)`);
        assert.deepEqual(outside, [], page);
      }
    });
  }

  test('the first stop of the Tab key leads past the navigation, and every stop is seen', async (t) => {
    const site = await Front.during(t);
    for (const page of PAGES) {
      await visit(site, page);
      const press = async () => {
        for (const type of ['keyDown', 'keyUp']) {
          await browser.devtools('Input.dispatchKeyEvent', { type, key: 'Tab', code: 'Tab', windowsVirtualKeyCode: 9 });
        }
        return window.run(`const { activeElement: item } = document;
          return { id: item.id, href: item.getAttribute('href'), outline: getComputedStyle(item).outlineStyle }`);
      };
      assert.equal((await press()).href, '#main', page);
      for (let stop = 0; stop < 6; stop++) assert.notEqual((await press()).outline, 'none', page);
    }
  });

  test('with forced colours, what is alive, late and pressed still differs', async (t) => {
    const site = await Front.during(t);
    await window.media({ 'forced-colors': 'active' });
    t.after(() => window.media({ 'prefers-reduced-motion': 'reduce' }));
    await visit(site, 'life');
    await window.click('cell-3-3');
    const colour = (id) => window.run('return getComputedStyle(document.getElementById(arguments[0])).backgroundColor', id);
    await eventually('it is alive', async () => (await colour('cell-3-3')) !== (await colour('cell-4-3')));
    assert.notEqual(await window.run("return getComputedStyle(document.querySelector('.strip-who')).borderStyle"), 'none');
  });

  test('text may be twice as large without loss', async (t) => {
    const site = await Front.during(t);
    for (const page of PAGES) {
      await visit(site, page);
      await window.run("document.documentElement.style.fontSize = '200%'");
      assert.equal(await window.run('return document.documentElement.scrollWidth <= innerWidth'), true, page);
    }
  });
});
