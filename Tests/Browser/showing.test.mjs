// SPDX-License-Identifier: MIT
//
// What the pages show of the order: the two peers of the first page, the strip, the slider, names. In Chromium, with
// the files of Web/ as they are in this folder, in front of the real server.
import { after, afterEach, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, reaches } from './eventually.mjs';
import { Front } from './front.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

describe('what the pages show', { skip: obstacle() ?? false }, () => {
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
      await window.media({});
      await window.go('about:blank');
      const complaints = await window.complaints();
      assert.deepEqual(complaints.filter((text) => !/net::ERR_|WebSocket connection to/.test(text)), []);
    }
  });

  const still = (window) => window.media({ 'prefers-reduced-motion': 'reduce' });
  const number = async (window, side) => Number(await window.text(`${side}-number`));
  const both = async (window) => [await number(window, 'ada'), await number(window, 'ben')];
  const verdict = (window) => window.run("return document.getElementById('stage').dataset.verdict");
  const strip = (window, id = 'strip') => window.run(`
    return [...document.querySelectorAll('#' + arguments[0] + '-actions li')].map((item) => (
      item.querySelector('.strip-what').textContent + (item.hasAttribute('data-late') ? ' late' : '')
        + (item.hasAttribute('data-pending') ? ' unsent' : '')))`, id);
  const untilInSync = (...windows) => Promise.all(windows.map((window) => (
    eventually('in sync', () => window.text('badge'), (text) => /^in sync/.test(text)))));

  /** Chooses a place of the slider, as dragging it does. */
  const look = (window, count, id = 'strip') => window.run(`
    const slider = document.getElementById(arguments[1] + '-slider');
    slider.value = String(arguments[0]);
    slider.dispatchEvent(new Event('input', { bubbles: true }));`, count, id);

  async function name(window, text) {
    await window.click('name');
    await window.run("document.getElementById('name-field').value = arguments[0]", text);
    await window.click('name-save');
  }

  // ---- the first page

  for (const isServing of [true, false]) {
    test(`on the first page two peers disagree and agree again, ${isServing ? 'beside' : 'without'} a server`, async (t) => {
      const site = await Front.during(t, { server: isServing });
      await still(desk);
      await desk.visit(`${site.url}/`);
      await desk.click('ada-add');
      await reaches([1, 1], () => both(desk), 'both have it at once');
      await reaches('agree', () => verdict(desk), 'they agree');
      await desk.click('ben-offline');
      await desk.click('ada-double');
      await desk.click('ben-add');
      await desk.click('ben-add');
      await reaches([2, 3], () => both(desk), 'they have gone apart');
      await reaches('differ', () => verdict(desk), 'and the page says so');
      assert.deepEqual(await strip(desk, 'ben-strip'), ['+1', '+1 unsent', '+1 unsent']);
      await desk.click('ben-offline');
      await reaches([4, 4], () => both(desk), 'the order of all four');
      await reaches('agree', () => verdict(desk), 'they agree again');
      assert.deepEqual(await strip(desk, 'ben-strip'), ['+1', '×2 late', '+1', '+1']);
      assert.deepEqual(await strip(desk, 'ada-strip'), ['+1', '×2', '+1', '+1']);
      assert.equal(await desk.text('ben-strip-words'), '1 earlier action from Ada arrived, 2 of Ben’s ran again: 3 → 4');
    });
  }

  test('either of the two may go and come back, again and again, and after a long time', async (t) => {
    const site = await Front.during(t, { server: false });
    await still(desk);
    await desk.visit(`${site.url}/`);
    for (const side of ['ada', 'ben', 'ada', 'ben']) {
      await desk.click(`${side}-offline`);
      await desk.click('ada-add');
      await desk.click('ben-add');
      await desk.click(`${side}-offline`);
      await reaches('agree', () => verdict(desk), `after ${side} came back`);
    }
    assert.deepEqual(await both(desk), [8, 8]);
    await desk.click('ada-offline');
    await desk.click('ben-offline');
    await desk.click('ben-double');
    await desk.click('ben-offline');
    await desk.click('ada-offline');
    await reaches([16, 16], () => both(desk), 'after both were away');
  });

  test('something moves before anybody acts, and stops at the first touch', async (t) => {
    const site = await Front.during(t, { server: false });
    await desk.media({ 'prefers-reduced-motion': 'no-preference' });
    await desk.visit(`${site.url}/`);
    await eventually('the first step', () => number(desk, 'ada'), (count) => count > 0);
    assert.equal(await desk.run('return document.documentElement.dataset.playing'), 'true');
    await desk.drag([[5, 300]]); // nowhere in particular
    assert.equal(await desk.run('return document.documentElement.dataset.playing'), 'false');
    assert.match(await desk.text('caption'), /^Your turn/);
    assert.equal(await desk.text('play'), 'Show me');
    await desk.click('play');
    assert.equal(await desk.text('play'), 'Stop');
    await reaches('differ', () => verdict(desk), 'the demonstration makes them differ');
    await eventually('the end', () => desk.text('play'), (text) => text === 'Show me');
    assert.equal(await verdict(desk), 'agree');
    const [ada, ben] = await both(desk);
    assert.equal(ada, ben);
  });

  test('nothing moves by itself for who wants less motion', async (t) => {
    const site = await Front.during(t, { server: false });
    await still(desk);
    await desk.visit(`${site.url}/`);
    assert.equal(await desk.run('return document.documentElement.dataset.playing'), 'false');
    assert.deepEqual(await desk.run('return document.getAnimations().length'), 0);
  });

  // ---- the strip

  test('what comes late is marked where it went in, and a line says what ran again', async (t) => {
    const site = await Front.during(t);
    for (const window of [desk, phone]) await window.visit(`${site.url}/counter`);
    await name(phone, 'Ada');
    await name(desk, 'Ben');
    await phone.click('increment');
    await reaches('1', () => desk.text('counter'), 'the first press');
    await untilInSync(desk, phone);
    await desk.click('offline');
    for (let time = 0; time < 2; time++) await phone.click('odd');
    // On their own two of these would count: 1 + 1 − 1 + 1.
    for (const id of ['increment', 'decrement', 'odd']) await desk.click(id);
    await reaches(['+1', '+1 unsent', '−1 unsent', '+1 odd unsent'], () => strip(desk), 'what is not sent');
    await reaches('2', () => phone.text('counter'), 'what the other knows');
    await desk.click('offline');
    await untilInSync(desk, phone);
    const state = await eventually('both agree', async () => [await desk.text('counter'), await phone.text('counter')],
      ([one, other]) => one === other);
    const words = await desk.text('strip-words');
    assert.match(words, /^2 earlier actions from Ada arrived, [123] of yours ran again: (still )?2( → \d)?$/);
    assert.ok(words.endsWith(state[0]), `${words}: ${state[0]}`);
    assert.equal((await strip(desk)).filter((text) => text.endsWith(' late')).length, 2);
    assert.match(await phone.text('strip-words'), /^[123] earlier actions? from Ben arrived, |^Nothing/);
    const changes = await desk.texts('#changes li');
    assert.ok(changes.some((text) => /Ada added one if oddcame late/.test(text)), changes.join(' | '));
    assert.equal(changes.length, 6);
  });

  test('what a page lacks when it opens is nothing to tell of', async (t) => {
    const site = await Front.during(t);
    await desk.visit(`${site.url}/counter`);
    await desk.click('increment');
    await untilInSync(desk);
    await phone.visit(`${site.url}/counter`);
    for (let time = 0; time < 3; time++) await phone.click('increment');
    await reaches('4', () => desk.text('counter'), 'all four');
    await desk.click('increment');
    await desk.run('return peer.flush()');
    await desk.reload();
    await untilInSync(desk);
    assert.equal(await desk.text('strip-words'), 'Nothing has come late yet.');
  });

  test('the slider shows the state at any place, says that it is the past, and touches nothing', async (t) => {
    const site = await Front.during(t);
    await desk.visit(`${site.url}/counter`);
    for (let time = 0; time < 5; time++) await desk.click('increment');
    await untilInSync(desk);
    const before = await desk.run('return JSON.stringify(peer.history())');
    const shown = [];
    for (const count of [0, 1, 2, 3, 4]) {
      await look(desk, count);
      await reaches(String(count), () => desk.text('counter'), 'the number of then');
      shown.push(await desk.text('strip-where'));
      assert.equal(await desk.run("return document.getElementById('strip-past').hidden"), false);
    }
    assert.deepEqual(shown, [0, 1, 2, 3, 4].map((count) => `after ${count} of 5 actions`));
    assert.match(await desk.text('strip-past'), /^You are looking at the past: after 4 of 5 actions/);
    const spoken = "return document.getElementById('strip-slider').getAttribute('aria-valuetext')";
    assert.equal(await desk.run(spoken), 'after 4 of 5 actions');
    assert.equal(await desk.run('return JSON.stringify(peer.history())'), before);
    assert.equal(await desk.run('return peer.getState().counter'), 5);
    await desk.click('strip-now');
    await reaches('5', () => desk.text('counter'), 'the number of now');
    assert.equal(await desk.run("return document.getElementById('strip-past').hidden"), true);
    assert.equal(await desk.run('return document.activeElement.id'), 'strip-slider', 'the focus is not lost');
  });

  test('while somebody looks back the past stays, and what they press takes them to now', async (t) => {
    const site = await Front.during(t);
    for (const window of [desk, phone]) await window.visit(`${site.url}/counter`);
    for (let time = 0; time < 3; time++) await desk.click('increment');
    await reaches('now, 3 actions', () => desk.text('strip-where'), 'they are drawn');
    await look(desk, 2);
    await phone.click('increment');
    await reaches('after 2 of 4 actions', () => desk.text('strip-where'), 'the other’s press');
    assert.equal(await desk.text('counter'), '2');
    await desk.click('increment');
    await reaches('5', () => desk.text('counter'), 'now');
    assert.equal(await desk.text('strip-where'), 'now, 5 actions');
  });

  test('the slider is moved by keys, and a touch of an action shows the state after it', async (t) => {
    const site = await Front.during(t);
    await desk.visit(`${site.url}/counter`);
    for (let time = 0; time < 3; time++) await desk.click('increment');
    await desk.type('strip-slider', '\uE012'); // arrow left
    await reaches('2', () => desk.text('counter'), 'one back');
    await desk.run("document.querySelector('#strip-actions li').click()");
    await reaches('1', () => desk.text('counter'), 'after the first');
  });

  test('of many actions the newest 24 are shown', async (t) => {
    const site = await Front.during(t);
    await desk.visit(`${site.url}/counter`);
    await desk.run("for (let n = 0; n < 500; n++) peer.dispatch({ type: 'INCREMENT' })");
    await reaches('500', () => desk.text('counter'), 'all of them');
    assert.equal((await strip(desk)).length, 24);
    await look(desk, 250);
    await reaches('250', () => desk.text('counter'), 'the middle');
  });

  // ---- names

  test('a name is chosen once, and others see it', async (t) => {
    const site = await Front.during(t);
    for (const window of [desk, phone]) await window.visit(`${site.url}/counter`);
    await name(desk, '  Ada \u202e Lovelace ');
    assert.equal(await desk.text('name'), 'AAda Lovelace');
    await desk.click('increment');
    await reaches(['Ada Lovelace'], () => phone.texts('.change-who'), 'the name elsewhere');
    assert.deepEqual(await desk.texts('.change-who'), ['you']);
    await desk.visit(`${site.url}/chat`);
    assert.equal(await desk.text('name'), 'AAda Lovelace');
    const colours = await Promise.all([desk, phone].map((window) => window.run(
      "return People.colour(peer.history()[0][2])")));
    assert.equal(colours[0], colours[1], 'a source has one colour everywhere');
  });

  test('hostile names are shown as text, and are no longer than others', async (t) => {
    const site = await Front.during(t);
    for (const window of [desk, phone]) await window.visit(`${site.url}/counter`);
    const hostile = [
      '<img src=x onerror="window.broken = 1">', 'x'.repeat(100_000), '\u202egro\u0000.live', `e${'\u0301'.repeat(9_999)}`,
      'you', { toString: 'x' }, 7, null,
    ];
    await phone.run(`for (const name of arguments[0]) peer.dispatch({ type: 'INCREMENT', name });
      peer.dispatch({ type: '<script>window.broken = 1</script>' });
      peer.dispatch({ type: 'x'.repeat(100000) });`, hostile);
    await reaches('8', () => desk.text('counter'), 'all of them');
    const shown = await desk.texts('.change-who');
    assert.equal(new Set(shown).size, 1, 'one source has one name, the last that it used');
    for (const text of await desk.texts('#strip-actions .strip-what')) assert.ok(text.length <= 13 * 8, text);
    for (const name of hostile) {
      await phone.run("peer.dispatch({ type: 'INCREMENT', name: arguments[0] })", name);
      const words = await desk.texts('.change-who, .strip-who, .strip-what');
      for (const text of words) assert.ok(text.length <= 33 * 8, `${text.length}`);
    }
    assert.deepEqual(await desk.texts('main img, main script'), []);
    assert.equal(await desk.run('return window.broken ?? null'), null);
    const width = await desk.run('return document.documentElement.scrollWidth <= innerWidth');
    assert.equal(width, true);
  });

  // ---- below a path, and without the server

  test('everything works below a path', async (t) => {
    const site = await Front.during(t, { base: '/sub/path/' });
    await still(desk);
    await desk.visit(`${site.url}/`);
    await desk.click('ada-add');
    await reaches([1, 1], () => both(desk), 'the first page');
    for (const page of ['counter', 'chat', 'life', 'board', 'todo']) {
      await desk.run("document.querySelector(`nav a[href='${arguments[0]}']`).click()", page);
      await eventually('the page', () => desk.run('return location.pathname'), (path) => path === `/sub/path/${page}`);
      await desk.untilReady();
      await untilInSync(desk);
    }
    await desk.run("document.querySelector('nav a').click()");
    await eventually('home', () => desk.run('return location.pathname'), (path) => path === '/sub/path/');
  });

  test('the icon of the tab and the question before leaving follow the peer', async (t) => {
    const site = await Front.during(t);
    await desk.visit(`${site.url}/counter`);
    await untilInSync(desk);
    const icon = () => desk.run("return document.querySelector('link[rel=icon]').href");
    const inSync = await icon();
    await desk.click('offline');
    await eventually('another icon', icon, (address) => address !== inSync);
    const wouldAsk = (status) => desk.run('return Badge.wouldLose(arguments[0])', status);
    assert.equal(await wouldAsk({ pending: 1, isDurable: false }), true);
    assert.equal(await wouldAsk({ pending: 1, isDurable: true }), false, 'it is kept for the next visit');
    assert.equal(await wouldAsk({ pending: 0, isDurable: false }), false);
  });

  test('live regions say only what lasts', async (t) => {
    const site = await Front.during(t);
    await desk.visit(`${site.url}/counter`);
    await untilInSync(desk);
    await desk.run(`window.said = [];
      const live = '[role=status], [role=alert], [role=log], [aria-live=polite], [aria-live=assertive]';
      for (const region of document.querySelectorAll(live)) new MutationObserver(() => said.push(region.textContent))
        .observe(region, { subtree: true, childList: true, characterData: true });`);
    for (let time = 0; time < 20; time++) await desk.click('increment');
    await look(desk, 3);
    await look(desk, 4);
    await desk.click('strip-now');
    await untilInSync(desk);
    assert.deepEqual(await desk.run('return said'), [], 'twenty presses and two looks back');
    await desk.click('offline');
    await reaches(['Offline'], () => desk.run('return said'), 'what has changed for longer');
  });
});
