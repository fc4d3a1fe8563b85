// SPDX-License-Identifier: MIT
//
// Pictures of every page for people to look at: light, dark, on a phone, with forced colours. They are written to
// .build/screenshots, or to the folder that SCUTTLEBUTT_SCREENSHOTS names.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { eventually } from './eventually.mjs';
import { Site } from './site.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

const folder = process.env.SCUTTLEBUTT_SCREENSHOTS
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
      await pause();
    }`,
  'counter': `await together({ type: 'INCREMENT' }, { type: 'INCREMENT' }, { type: 'INCREMENT_ODD' });
    ada.goOffline();
    for (const type of ['INCREMENT', 'INCREMENT_ODD']) ada.dispatch({ type, name: 'Ada' });
    await together(null, { type: 'DECREMENT' }, { type: 'INCREMENT' });
    ada.goOnline();`,
  'chat': `const at = Date.now() - 3_000_000;
    await together({ type: 'ADD_MESSAGE', payload: 'Shall we meet at the station?', at }, { type: 'ADD_MESSAGE', payload: 'Gladly. Which train do you take?', at: at + 60_000 },
      { type: 'ADD_MESSAGE', payload: 'The one at nine.', at: at + 200_000 });
    ada.goOffline();
    ada.dispatch({ type: 'ADD_MESSAGE', payload: 'I am in a tunnel; this was written in it.', at: at + 300_000, name: 'Ada' });
    await together(null, { type: 'ADD_MESSAGE', payload: 'See you there, then. I shall bring coffee for everybody, and the papers that we left on the table last week.', at: at + 320_000 },
      { type: 'ADD_MESSAGE', payload: 'Perfect 👍', at: at + 400_000 });
    ada.goOnline();`,
  'life': `const toggle = (x, y) => ({ type: 'TOGGLE', payload: { x, y } });
    for (const [x, y] of [[5, 4], [6, 5], [4, 6], [5, 6], [6, 6]]) await together(toggle(x, y), toggle(x + 9, y + 8), toggle(x + 16, y + 1));
    await together(null, { type: 'STEP' }, null);`,
  'board': `const stroke = (fx, fy, from = 0, to = 60, pen = 2) => ({ type: 'BOARD_STROKE', payload: { pen,
      points: Array.from({ length: 61 }, (_, n) => from + (to - from) * n / 60).flatMap((n) => [Math.round(fx(n)), Math.round(fy(n))]) } });
    const turn = (n) => n / 60 * Math.PI * 2;
    await together(stroke((n) => 500 + 260 * Math.cos(turn(n)), (n) => 450 + 260 * Math.sin(turn(n))),
      stroke((n) => 950 + 260 * Math.cos(turn(n)), (n) => 450 + 260 * Math.sin(turn(n)), 0, 60, 3),
      stroke((n) => 300 + 15 * n, (n) => 820 + 60 * Math.sin(turn(n) * 3), 0, 60, 1));`,
  'todo': `await together({ type: 'TODO_ADD', payload: 'Buy milk' }, { type: 'TODO_ADD', payload: 'Water the plants on the balcony' },
      { type: 'TODO_ADD', payload: 'Write to Grandmother' });
    const [{ id }] = peer.getState().todos;
    await together(null, { type: 'TODO_CHECK', payload: { id, isDone: true } }, null);`,
};

describe('pictures of the pages', { skip: obstacle() ?? false }, () => {
  let driver;

  before(async () => {
    await mkdir(folder, { recursive: true });
    driver = await Driver.start();
  });
  after(() => endEverything(driver));

  async function stage(window, page) {
    await window.run(`return (async () => {
      const pause = () => new Promise((resolve) => { setTimeout(resolve, 50); });
      if (window.peer) {
        const url = new URL('ws?batch=1', document.baseURI).href.replace(/^http/, 'ws');
        const other = (source) => {
          const made = new Scuttlebutt.Peer({ source, url, reducer: (state = 0) => state, storage: new Scuttlebutt.MemoryStorage() });
          made.goOnline();
          return made;
        };
        window.others = { ada: other('AD' + Date.now()), ben: other('BE' + Date.now()) };
        await Promise.all([peer, others.ada, others.ben].map((one) => one.synced()));
        document.getElementById('name').click();
        document.getElementById('name-field').value = 'Cy';
        document.getElementById('name-save').click();
      }
      const { ada, ben } = window.others ?? {};
      const together = async (first, second, third) => {
        for (const [one, action, name] of [[ada, first, 'Ada'], [ben, second, 'Ben'], [peer, third, 'Cy']]) {
          if (!action) continue;
          one.dispatch({ ...action, name });
          await Promise.all([ada, ben, peer].filter((each) => each.isOnline).map((each) => each.synced()));
          await pause();
        }
      };
      ${scenes[page]}
    })()`);
    const isSettled = page === '' ? "return document.getElementById('stage').dataset.verdict === 'agree'"
      : "return peer.status().phase === 'in-sync' && others.ada.status().phase === 'in-sync'";
    await eventually('the scene is set', () => window.run(isSettled));
    await window.run("return new Promise((resolve) => { setTimeout(resolve, 1800); })"); // what flashes has flashed
  }

  for (const mode of Object.keys(modes)) {
    test(`every page, ${mode}`, async (t) => {
      const { window } = await driver.open({ phone: mode === 'phone' });
      await window.media(modes[mode]);
      for (const page of Object.keys(scenes)) {
        const site = await Site.during(t);
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
