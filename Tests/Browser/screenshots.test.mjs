// SPDX-License-Identifier: MIT
//
// Pictures of every page for people to look at: light, dark, on a phone, with forced colours. They are written to
// .build/screenshots, or to the folder that SCUTTLEBUTT_SCREENSHOTS names; where the tree cannot be written, to a folder
// for temporary files.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.mjs';
import { Front } from './front.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

let folder = process.env.SCUTTLEBUTT_SCREENSHOTS
  ?? fileURLToPath(new URL('../../.build/screenshots/', import.meta.url));

const still = { 'prefers-reduced-motion': 'reduce' };
const modes = {
  light: { ...still, 'prefers-color-scheme': 'light' },
  dark: { ...still, 'prefers-color-scheme': 'dark' },
  forced: { ...still, 'forced-colors': 'active', 'prefers-color-scheme': 'dark' },
  phone: { ...still, 'prefers-color-scheme': 'light' },
};

/** What others have done and do, in the page: Ada and Ben are peers of their own, and Ada's last actions come late. */
const scenes = {
  '': `for (const id of ['ada-add', 'ben-add', 'ben-offline', 'ada-double', 'ben-add', 'ben-double', 'ben-offline']) {
      document.getElementById(id).click();
      await frames();
    }`,
  'counter': `await together({ type: 'INCREMENT' }, { type: 'INCREMENT' }, { type: 'INCREMENT_ODD' });
    ada.goOffline();
    for (const type of ['INCREMENT', 'INCREMENT_ODD']) ada.dispatch({ type, name: 'Ada' });
    await together(null, { type: 'DECREMENT' }, { type: 'INCREMENT' });
    ada.goOnline();`,
  'chat': `const say = (payload, minutes) => ({ type: 'ADD_MESSAGE', payload, at: Date.now() + (minutes - 50) * 60_000 });
    await together(say('Shall we meet at the station?', 0), say('Gladly. Which train do you take?', 1),
      say('The one at nine.', 3));
    ada.goOffline();
    ada.dispatch({ ...say('I am in a tunnel; this was written in it.', 5), name: 'Ada' });
    await together(null, say('See you there, then. I shall bring coffee for everybody, and the papers that we left '
      + 'on the table last week.', 6), say('Perfect!', 7));
    ada.goOnline();`,
  'life': `const toggle = (x, y) => ({ type: 'TOGGLE', payload: { x, y } });
    for (const [x, y] of [[5, 4], [6, 5], [4, 6], [5, 6], [6, 6]]) {
      await together(toggle(x, y), toggle(x + 9, y + 8), toggle(x + 16, y + 1));
    }
    await together(null, { type: 'STEP' }, null);`,
  'board': `const stroke = (pen, at) => ({ type: 'BOARD_STROKE', payload: { pen,
      points: Array.from({ length: 61 }, (_, n) => at(n / 60 * Math.PI * 2)).flat().map(Math.round) } });
    const circle = (x) => (turn) => [x + 260 * Math.cos(turn), 450 + 260 * Math.sin(turn)];
    await together(stroke(2, circle(500)), stroke(3, circle(950)),
      stroke(1, (turn) => [300 + 143 * turn, 820 + 60 * Math.sin(turn * 3)]));`,
  'todo': `const add = (payload) => ({ type: 'TODO_ADD', payload });
    await together(add('Buy milk'), add('Water the plants on the balcony'), add('Write to Grandmother'));
    const [{ id }] = peer.getState().todos;
    await together(null, { type: 'TODO_CHECK', payload: { id, isDone: true } }, null);`,
  'devtools': `await together({ type: 'INCREMENT' }, { type: 'INCREMENT' }, { type: 'INCREMENT_ODD' });
    ada.goOffline();
    for (const type of ['INCREMENT', 'INCREMENT_ODD', 'WAVE']) ada.dispatch({ type, name: 'Ada' });
    await together(null, { type: 'DECREMENT', payload: { from: ['a', 'list'] } }, { type: 'INCREMENT' });
    ada.goOnline();
    while (tools.model.folded < 8) await frames();
    tools.show(4);
    await frames();`,
};

describe('pictures of the pages', { skip: obstacle() ?? false }, () => {
  let driver;

  before(async () => {
    try {
      await mkdir(folder, { recursive: true });
    } catch {
      folder = await mkdtemp(join(tmpdir(), 'screenshots-'));
    }
    driver = await Driver.start();
  });
  after(() => endEverything(driver));

  async function stage(window, page) {
    await window.run(`return (async () => {
      const frames = () => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); });
      if (window.peer) {
        const url = new URL('ws?batch=1', document.baseURI).href.replace(/^http/, 'ws');
        const { MemoryStorage } = await Scuttlebutt.modules();
        const other = (source) => {
          const storage = new MemoryStorage();
          return Scuttlebutt.open({ source, name: source, url, reducer: (state = 0) => state, storage });
        };
        window.others = { ada: await other('A4'), ben: await other('B2') };
        await Promise.all([peer, others.ada, others.ben].map((one) => one.synced()));
        if (document.getElementById('name')) {
          document.getElementById('name').click();
          document.getElementById('name-field').value = 'Cy';
          document.getElementById('name-save').click();
        }
      }
      const { ada, ben } = window.others ?? {};
      /** Each does something once the others have what was done before, so that nothing comes late by chance. */
      const together = async (first, second, third) => {
        for (const [one, action, name] of [[ada, first, 'Ada'], [ben, second, 'Ben'], [peer, third, 'Cy']]) {
          if (!action) continue;
          const length = one.history().length + 1;
          one.dispatch({ ...action, name });
          const lacks = (each) => each.isOnline && each.history().length < length;
          while ([ada, ben, peer].some(lacks)) await frames();
        }
      };
      ${scenes[page]}
    })()`);
    const isSettled = page === '' ? "document.getElementById('stage').dataset.verdict === 'agree'"
      : "peer.status().phase === 'in-sync' && others.ada.status().phase === 'in-sync'";
    const isStill = "document.querySelector('[data-again]') === null && document.getAnimations().length === 0";
    await eventually('the scene is set', () => window.run(`return ${isSettled} && ${isStill}`));
  }

  for (const mode of Object.keys(modes)) {
    test(`every page, ${mode}`, async (t) => {
      const { window } = await driver.open({ phone: mode === 'phone' });
      await window.media(modes[mode]);
      for (const page of Object.keys(scenes)) {
        const site = await Front.during(t);
        await window.visit(`${site.url}/${page}`);
        await stage(window, page);
        const take = async (name) => {
          const picture = await window.picture();
          assert.ok(picture.length > 5_000, `${name} is not blank`);
          await writeFile(join(folder, `${name}-${mode}.png`), picture);
        };
        await take(page || 'home');
        if (page !== 'counter') continue;
        await window.run(`const slider = document.getElementById('strip-slider');
          slider.value = '3';
          slider.dispatchEvent(new Event('input'));`);
        await eventually('the past', () => window.run("return !document.getElementById('strip-past').hidden"));
        await take('past');
      }
    });
  }
});
