// SPDX-License-Identifier: MIT
//
// The examples that people show each other, in Chromium, with the files of Web/ in front of the real server.
import { after, afterEach, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, reaches } from './eventually.mjs';
import { TerminalPeer } from './server.mjs';
import { Front } from './front.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

describe('the examples', { skip: obstacle() ?? false }, () => {
  let driver;
  let desk;
  let phone;

  before(async () => {
    driver = await Driver.start();
    desk = (await driver.open()).window;
    phone = (await driver.open({ phone: true })).window;
  });
  after(() => endEverything(driver));
  afterEach(async () => {
    for (const window of [desk, phone]) {
      await window.go('about:blank');
      const complaints = await window.complaints();
      assert.deepEqual(complaints.filter((text) => !/net::ERR_|WebSocket connection to/.test(text)), []);
    }
  });

  async function visit(t, page) {
    const site = await Front.during(t);
    for (const window of [desk, phone]) await window.visit(`${site.url}/${page}`);
    return site;
  }

  const name = (window, text) => window.run("document.getElementById('name').click(); "
    + "document.getElementById('name-field').value = arguments[0]; document.getElementById('name-save').click();", text);
  const choose = (window, id, value) => window.run("document.getElementById(arguments[0]).value = arguments[1]", id, value);
  /** The places of elements, as `[x, y]` of their middles. */
  const middles = (window, ...ids) => window.run(`return arguments[0].map((id) => {
    const box = document.getElementById(id).getBoundingClientRect();
    return [box.x + box.width / 2, box.y + box.height / 2];
  })`, ids);

  // ---- chat

  const messages = (window) => window.texts('#messages .text');
  const isAtEnd = (window) => window.run(
    "const box = document.getElementById('scroller'); return box.scrollHeight - box.scrollTop - box.clientHeight < 40");
  const scrollUp = (window) => window.run("document.getElementById('scroller').scrollTop = 0");

  async function send(window, text) {
    await window.run("document.getElementById('message').value = arguments[0]", text);
    await window.click('send');
  }

  test('a message has its author’s name and time, for originals nothing changes', async (t) => {
    const site = await visit(t, 'chat');
    const terminal = await TerminalPeer.during(t, site.server.url, 'chat');
    await name(desk, 'Ada');
    await send(desk, 'hello');
    await reaches(['hello'], () => messages(phone), 'the message');
    assert.deepEqual(await phone.texts('.author'), ['Ada']);
    assert.deepEqual(await desk.texts('.author'), ['you']);
    const [date] = await phone.run("return [...document.querySelectorAll('#messages time')].map((time) => time.dateTime)");
    assert.ok(Math.abs(Date.parse(date) - Date.now()) < 600_000, date);
    await terminal.dispatch({ type: 'ADD_MESSAGE', payload: 'of an original client' });
    await reaches(['hello', 'of an original client'], () => messages(phone), 'a message without name and time');
    assert.deepEqual((await terminal.state()).messages.map(({ message }) => message), ['hello', 'of an original client']);
  });

  test('one’s own message is edited, for everybody, and nobody else’s can be', async (t) => {
    await visit(t, 'chat');
    await send(desk, 'helo');
    await send(phone, 'hi');
    for (const window of [desk, phone]) await reaches(2, async () => (await messages(window)).length, 'both messages');
    assert.equal((await desk.texts('.edit')).length, 1);
    await desk.run("document.querySelector('.edit').click()");
    assert.equal(await desk.run("return document.getElementById('message').value"), 'helo');
    assert.equal(await desk.text('send'), 'Save');
    await send(desk, 'hello');
    for (const window of [desk, phone]) {
      await reaches(['hello', 'hi'], async () => (await messages(window)).toSorted(), 'the edited message');
      await reaches(1, async () => (await window.texts('.edited')).filter(Boolean).length, 'and that it was edited');
    }
    assert.equal(await desk.text('send'), 'Send');
    await phone.run(`const [[, timestamp]] = peer.history().filter(([, , source]) => source !== peer.source);
      peer.dispatch({ type: 'EDIT_MESSAGE', payload: { timestamp, text: 'stolen' } });
      peer.dispatch({ type: 'ADD_MESSAGE', payload: 'after' });`);
    await reaches(3, async () => (await messages(desk)).length, 'what came after');
    assert.ok(!(await messages(desk)).includes('stolen'));
    await desk.run("document.querySelector('.edit').click()");
    await desk.click('cancel-edit');
    assert.equal(await desk.run("return document.getElementById('message').value"), '');
  });

  test('what is new gets a line and a button, and one’s own message always comes into view', async (t) => {
    await visit(t, 'chat');
    await phone.run("for (let n = 0; n < 60; n++) peer.dispatch({ type: 'ADD_MESSAGE', payload: 'message ' + n })");
    await reaches(60, async () => (await messages(desk)).length, 'the messages');
    await reaches(true, () => isAtEnd(desk), 'the end is in sight');
    await scrollUp(desk);
    await eventually('it has scrolled', () => isAtEnd(desk), (is) => !is);
    await send(phone, 'news');
    await send(phone, 'more news');
    await reaches('2 new ↓', () => desk.text('to-newest'), 'the button');
    assert.deepEqual(await desk.texts('.unread-first .text'), ['news']);
    assert.equal(await isAtEnd(desk), false, 'a reader is not moved');
    await desk.click('to-newest');
    await reaches(true, () => isAtEnd(desk), 'at the end');
    assert.equal(await desk.run("return document.getElementById('to-newest').hidden"), true);
    await scrollUp(desk);
    await send(desk, 'mine');
    await reaches(true, () => isAtEnd(desk), 'one’s own message is in sight');
    await reaches([], () => desk.texts('.unread-first'), 'whoever answers has read');
  });

  test('hostile messages are shown as text and are bounded', async (t) => {
    await visit(t, 'chat');
    const hostile = [
      '<img src=x onerror="window.broken = 1">', 'x'.repeat(1_000_000), '\u202eright to left', '\u0000\u0007',
      'z\u0301'.repeat(50_000),
    ];
    await phone.run(`for (const payload of arguments[0]) {
        peer.dispatch({ type: 'ADD_MESSAGE', payload, name: payload, at: 8.64e15 });
      }
      for (const payload of [null, 7, {}, [], undefined]) peer.dispatch({ type: 'ADD_MESSAGE', payload, at: 'x', name: {} });
      peer.dispatch({ type: 'EDIT_MESSAGE', payload: { timestamp: '1', text: {} } });`, hostile);
    await reaches(5, async () => (await messages(desk)).length, 'the messages');
    for (const text of await messages(desk)) assert.ok(text.length <= 20_001);
    for (const text of await desk.texts('.author')) assert.ok(text.length <= 33 * 8);
    assert.deepEqual(await desk.texts('#messages img'), []);
    assert.equal(await desk.run('return window.broken ?? null'), null);
    assert.equal(await desk.run('return document.documentElement.scrollWidth <= innerWidth'), true);
  });

  // ---- life

  const alive = (window) => window.run(
    `return [...document.querySelectorAll('#life [aria-selected="true"]')].map((cell) => cell.id.slice(5)).sort()`);

  test('a pattern is placed, in the colour of who placed it, for originals too', async (t) => {
    const site = await visit(t, 'life');
    const terminal = await TerminalPeer.during(t, site.server.url, 'life');
    await choose(desk, 'pattern', 'glider');
    await desk.click('cell-10-10');
    const glider = ['10-9', '11-10', '10-11', '11-11', '9-11'].sort();
    for (const window of [desk, phone]) await reaches(glider, () => alive(window), 'the glider');
    assert.equal(await phone.run(`return [...document.querySelectorAll('#life [aria-selected="true"]')]
      .every((cell) => cell.dataset.author === String(People.colour(peer.history()[0][2])))`), true);
    await desk.click('cell-10-10');
    await desk.click('step');
    await phone.run('return peer.synced()');
    const { grid } = await terminal.state();
    const rows = () => phone.run('return peer.getState().grid');
    await reaches(grid, rows, 'the same grid in a terminal');
    assert.ok(grid.flat().includes(1));
  });

  test('dragging paints, and dragging from a living cell wipes', async (t) => {
    await visit(t, 'life');
    await desk.drag(await middles(desk, 'cell-5-5', 'cell-9-5', 'cell-9-8'));
    const line = ['5-5', '6-5', '7-5', '8-5', '9-5', '9-6', '9-7', '9-8'].sort();
    for (const window of [desk, phone]) await reaches(line, () => alive(window), 'the line');
    await desk.drag(await middles(desk, 'cell-9-8', 'cell-9-4'));
    for (const window of [desk, phone]) await reaches(['5-5', '6-5', '7-5', '8-5'], () => alive(window), 'what is left');
    await desk.click('cell-5-5');
    await reaches(['6-5', '7-5', '8-5'], () => alive(phone), 'a click toggles as before');
  });

  test('whoever presses Run steps for everybody, until anybody pauses', async (t) => {
    await visit(t, 'life');
    await name(desk, 'Ada');
    for (const id of ['cell-4-5', 'cell-5-5', 'cell-6-5']) await desk.click(id);
    await desk.click('run');
    const steps = "return peer.history().filter(([action]) => action.type === 'STEP').length";
    await eventually('two steps', () => phone.run(steps), (count) => count >= 2);
    await reaches('Pause', () => phone.text('run'), 'the switch is shared');
    await reaches(', run by Ada', () => phone.text('runner'), 'who runs it');
    await phone.click('run');
    await reaches('Run', () => desk.text('run'), 'paused');
    assert.deepEqual(await phone.run(`return [...new Set(peer.history().filter(([action]) => action.type === 'STEP')
      .map(([, , source]) => source === peer.source))]`), [false], 'only one page steps');
    assert.equal(await phone.run('return peer.getState().isPaused'), true);
  });

  test('an empty board is not stepped, nor one that its runner does not see, nor by two', async (t) => {
    await visit(t, 'life');
    const shallStep = (...values) => desk.run(`const [alive, runner, isHidden, isStepped] = arguments;
      return Pages.life.shallStep({ grid: [[0, alive]], runner }, 'ME', isHidden, isStepped);`, ...values);
    assert.equal(await shallStep(1, 'ME', false, false), true);
    assert.equal(await shallStep(0, 'ME', false, false), false);
    assert.equal(await shallStep(1, 'ME', true, false), false);
    assert.equal(await shallStep(1, 'ME', false, true), false);
    assert.equal(await shallStep(1, 'OTHER', false, false), false);
    assert.equal(await shallStep(1, null, false, false), false);
  });

  test('while the bot of the server steps, pages do not, and anybody may ask it to pause', async (t) => {
    const site = await Front.during(t, { options: { bot: 'life=1' } });
    for (const window of [desk, phone]) await window.visit(`${site.url}/life`);
    for (const id of ['cell-4-4', 'cell-5-4', 'cell-4-5', 'cell-5-5']) await desk.click(id);
    await reaches('Pause', () => desk.text('run'), 'somebody steps');
    await desk.click('run');
    await reaches(true, () => phone.run('return peer.getState().isPaused'), 'the bot is asked to pause');
    await desk.click('run');
    await reaches(await desk.run('return peer.source'), () => phone.run('return peer.getState().runner'), 'it goes on');
    const steps = () => desk.run("return peer.recent(100).filter(({ action }) => action.type === 'STEP')");
    const count = (await steps()).length;
    const later = await eventually('three more steps', steps, ({ length }) => length >= count + 3);
    assert.deepEqual([...new Set(later.map(({ isOwn }) => isOwn))], [false]);
  });

  // ---- board

  const strokes = (window) => window.run("return document.querySelectorAll('#board polyline').length");

  test('a stroke is drawn everywhere, and one’s own is taken back', async (t) => {
    await visit(t, 'board');
    const [[x, y]] = await middles(desk, 'board');
    await desk.drag([[x, y], [x + 50, y + 20], [x + 100, y - 30]]);
    for (const window of [desk, phone]) await reaches(1, () => strokes(window), 'the stroke');
    const points = await phone.run("return document.querySelector('#board polyline').getAttribute('points')");
    assert.match(points, /^(799|80[01]) (499|50[01]) /, 'it begins in the middle, on every screen');
    await desk.drag([[x - 90, y]]);
    for (const window of [desk, phone]) await reaches(2, () => strokes(window), 'a dot');
    assert.equal(await phone.run("return document.getElementById('undo').disabled"), true, 'it has none of its own');
    await desk.click('undo');
    await desk.click('undo');
    for (const window of [desk, phone]) await reaches('0 strokes', () => window.text('strokes'), 'nothing');
  });

  test('hostile strokes draw nothing, and a flood of strokes is bounded', async (t) => {
    await visit(t, 'board');
    await phone.run(`const hostile = [null, 'M0 0', [1], [1, 'x'], ['<b>', 1], [1e9, 1], new Array(5000).fill(3), [NaN, 1]];
      for (const points of hostile) {
        peer.dispatch({ type: 'BOARD_STROKE', payload: { points, pen: 1 } });
      }
      peer.dispatch({ type: 'BOARD_STROKE', payload: { points: [1, 1], pen: '2' } });
      peer.dispatch({ type: 'BOARD_STROKE' });
      for (let n = 0; n < 1500; n++) {
        peer.dispatch({ type: 'BOARD_STROKE', payload: { points: [n, 10, 800, 500], pen: 1 } });
      }`);
    await reaches(1_000, () => strokes(desk), 'the newest thousand');
    assert.equal(await desk.text('strokes'), '1,000 strokes');
  });

  // ---- to-do

  const items = (window) => window.run(`return [...document.querySelectorAll('#todos li')].map((item) => (
    (item.querySelector('input').checked ? '✓ ' : '') + item.querySelector('.what').textContent))`);

  test('a list is kept together, also when both check the same while apart', async (t) => {
    await visit(t, 'todo');
    await desk.type('todo', 'milk\uE007');
    await phone.type('todo', 'bread\uE007');
    for (const window of [desk, phone]) await reaches(2, async () => (await items(window)).length, 'both');
    await desk.click('offline');
    for (const window of [desk, phone]) await window.run("document.querySelector('#todos input').click()");
    await desk.click('offline');
    for (const window of [desk, phone]) {
      await reaches(1, async () => (await items(window)).filter((text) => text.startsWith('✓')).length, 'it is checked');
      await reaches('1 of 2 left to do.', () => window.text('left'), 'what is left');
    }
    await desk.run("document.querySelector('#todos button').click()");
    await reaches(1, async () => (await items(phone)).length, 'one is gone');
    assert.equal(await desk.run("return document.activeElement.closest('#todos') !== null"), true, 'the focus is not lost');
  });

  test('hostile items are shown as text and are bounded', async (t) => {
    await visit(t, 'todo');
    await phone.run(`const hostile = ['<script>window.broken = 1</script>', 'x'.repeat(1e6), null, {}, 7, '\u202e', ' '];
      for (const payload of hostile) {
        peer.dispatch({ type: 'TODO_ADD', payload });
      }
      peer.dispatch({ type: 'TODO_CHECK', payload: { id: { x: 1 }, isDone: 'yes' } });
      peer.dispatch({ type: 'TODO_REMOVE', payload: null });
      for (let n = 0; n < 600; n++) peer.dispatch({ type: 'TODO_ADD', payload: 'item ' + n });`);
    await reaches(500, async () => (await items(desk)).length, 'as many as there may be');
    for (const text of await items(desk)) assert.ok(text.length <= 200);
    assert.equal(await desk.run("return document.getElementById('full').hidden"), false);
    assert.deepEqual(await desk.texts('#todos script'), []);
    assert.equal(await desk.run('return window.broken ?? null'), null);
    assert.equal(await desk.run('return document.documentElement.scrollWidth <= innerWidth'), true);
  });
});
