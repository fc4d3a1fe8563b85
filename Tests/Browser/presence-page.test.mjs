// SPDX-License-Identifier: MIT
//
// Who is here, as the pages show it: in Chromium, over the real server, with honest and hostile others.
import { after, afterEach, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, reaches } from './eventually.mjs';
import { Server } from './server.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

describe('who is here, in the pages', { skip: obstacle() ?? false }, () => {
  let driver;
  let ada;
  let ben;

  before(async () => {
    driver = await Driver.start();
    ada = (await driver.open()).window;
    ben = (await driver.open()).window;
  });
  after(() => endEverything(driver));
  afterEach(async () => {
    for (const window of [ada, ben]) {
      await window.go('about:blank');
      assert.deepEqual((await window.complaints()).filter((text) => !/net::ERR_|WebSocket connection to/.test(text)), []);
    }
  });

  async function name(window, text) {
    await window.click('name');
    await window.run("document.getElementById('name-field').value = arguments[0]", text);
    await window.click('name-save');
  }

  const presence = (window) => window.run(`
    const element = document.getElementById('presence');
    return element.hidden ? null : element.querySelector('.unseen').textContent;`);

  test('two people see each other come, type, and go', async (t) => {
    const { url } = await Server.during(t);
    await ada.visit(`${url}/chat`);
    assert.equal(await presence(ada), null);
    await ben.visit(`${url}/chat`);
    await name(ben, 'Ben');
    await reaches('Ben is here', () => presence(ada), 'Ada sees Ben');
    await ben.type('message', 'hello');
    await reaches('Ben is typing …', () => ada.text('typing'), 'Ada sees him type');
    await ben.click('send');
    await reaches('', () => ada.text('typing'), 'he has sent it');
    await ben.go('about:blank');
    await reaches(null, () => presence(ada), 'Ben has gone');
  });

  test('the cursor of one is on the board of the other, and no action', async (t) => {
    const server = await Server.during(t);
    await ada.visit(`${server.url}/board`);
    await ben.visit(`${server.url}/board`);
    await name(ben, 'Ben');
    const box = await ben.run("return document.getElementById('board').getBoundingClientRect().toJSON()");
    await ben.drag([[box.left + box.width / 2, box.top + box.height / 2]]);
    const cursors = () => ada.run(`return [...document.querySelectorAll('#board .cursor')].map((one) => (
      [one.textContent, ...one.getAttribute('transform').match(/[\\d.]+/g).map(Number)]))`);
    const [[who, x, y]] = await eventually('the cursor', cursors, (list) => list[0]?.[0] === 'Ben');
    assert.equal(who, 'Ben');
    assert.ok(Math.abs(x - 800) < 20 && Math.abs(y - 500) < 20, `${x}, ${y}`);
    await reaches(1, async () => (await server.statistics()).actions, 'only the dot that the press has drawn');
    await ben.drag([[box.left + 20, box.top - 20]]);
    await reaches([], cursors, 'it has left the board');
  });

  test('ten thousand hostile values are shown bounded and as text, and the page goes on', async (t) => {
    const { url } = await Server.during(t);
    for (const page of ['chat', 'board']) {
      await ada.visit(`${url}/${page}`);
      await ada.run(`
        window.evil = 0;
        const socket = new WebSocket(document.baseURI.replace(/^http/, 'ws').replace(/[^/]*$/, 'ws?batch=1'));
        const value = (n) => JSON.stringify({
          name: '<img src=x onerror="evil=1"><script>evil=1</' + 'script>' + n, page: 'board', typing: true, at: [n % 1600, 10],
          __proto: 'x'.repeat(500) });
        const line = (n) => JSON.stringify('HERE 1 30 ' + value(n) + ' 0evil' + n);
        socket.onopen = () => {
          socket.send(JSON.stringify({ id: '0evil', start: 0, clock: {} }));
          window.sent = 0;
          window.sending = setInterval(() => {
            const lines = Array.from({ length: 500 }, (_, index) => line(window.sent + index));
            socket.send(lines.join('\\n'));
            window.sent += 500;
            if (window.sent >= 10000) clearInterval(window.sending);
          }, 50);
        };`);
      await eventually('all are sent', () => ada.run('return window.sent'), (sent) => sent >= 10_000);
      await eventually('some are shown', () => presence(ada), (words) => /and [\d,]+ others are here$/.test(words ?? ''));
      const shown = await ada.run(`
        return [document.querySelectorAll('#presence .mark').length, document.querySelectorAll('#board .cursor').length,
          document.querySelectorAll('#presence img, #presence script, #typing *, #board img').length,
          document.getElementById('presence').textContent.length, peer.presence.others().length, window.evil]`);
      assert.equal(shown[0], 3, 'marks');
      assert.equal(shown[1], page === 'board' ? 32 : 0, 'cursors');
      assert.deepEqual([shown[2], shown[5]], [0, 0], 'nothing of it is HTML');
      assert.ok(shown[3] < 2_000 && shown[4] <= 1_024, JSON.stringify(shown));
      if (page === 'chat') assert.equal(await ada.text('typing'), 'Several people are typing …');
      await ada.run("peer.dispatch({ type: 'ADD_MESSAGE', payload: 'still here' })");
      await reaches(0, () => ada.run('return peer.status().pending'), 'it goes on');
      const wide = await ada.run('return document.documentElement.scrollWidth <= innerWidth');
      assert.ok(wide, 'nothing sticks out');
    }
  });
});
