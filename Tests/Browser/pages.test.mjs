// SPDX-License-Identifier: MIT
//
// The pages in Chromium over the real server, together with peers in a terminal. A server has a port of its own and
// with it, for a browser, an origin of its own; so tests share the two browsers without sharing what pages keep.
import { after, afterEach, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, reaches } from './eventually.mjs';
import { Server, TerminalPeer } from './server.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

const INCREMENT = { type: 'INCREMENT' };
const say = (payload) => ({ type: 'ADD_MESSAGE', payload });

describe('the pages in a browser', { skip: obstacle() ?? false }, () => {
  let driver;
  let desk; // a window of one browser
  let phone; // and one of another, a touch screen of 390 × 844

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

  // ---- what the tests do and look at

  const visit = (server, page) => Promise.all([desk, phone].map((window) => window.visit(`${server.url}/${page}`)));
  const badge = (window) => window.text('badge');
  const badgeMatches = (window, pattern) => eventually('the badge', () => badge(window), (text) => pattern.test(text));
  const untilInSync = (...windows) => Promise.all(windows.map((window) => badgeMatches(window, /^in sync/)));
  const counter = async (window) => Number(await window.text('counter'));
  const source = (window) => window.run('return peer.source');

  async function press(window, id, times = 1) {
    for (let time = 0; time < times; time++) await window.click(id);
  }

  async function switchTo(window, wanted) {
    await window.click('offline');
    await reaches(String(wanted === 'offline'), () => (
      window.run("return document.getElementById('offline').getAttribute('aria-pressed')")), `the switch to ${wanted}`);
    if (wanted === 'offline') await badgeMatches(window, /^offline/);
  }

  async function allShow(count, ...terminals) {
    for (const window of [desk, phone]) await reaches(count, () => counter(window), 'the counter of a window');
    for (const terminal of terminals) {
      await reaches({ counter: count }, () => terminal.state(), 'the counter of a terminal');
    }
  }

  /** Type, timestamp and source of every action, in order, as a page has them. */
  const orderOf = (window) => window.run('return peer.history().map(([action, ...stamp]) => [action.type, ...stamp])');
  const orderIn = async (terminal) => (await terminal.history()).map(([action, ...stamp]) => [action.type, ...stamp]);

  async function agreeOn(count, terminal) {
    const order = await eventually('all actions', () => orderIn(terminal), (list) => list.length === count);
    for (const window of [desk, phone]) await reaches(order, () => orderOf(window), 'the history of a window');
    return order;
  }

  const messages = (window) => window.texts('#messages .text');

  async function send(window, text) {
    await window.run("document.getElementById('message').value = arguments[0]", text);
    await window.click('send');
  }

  const alive = (window) => (
    window.run(`return [...document.querySelectorAll('#life [aria-selected="true"]')].map((cell) => cell.id).sort()`));
  const cells = (...places) => places.map(([x, y]) => `cell-${x}-${y}`).sort();

  // ---- the tests

  test('the first page leads to the others, and none is wider than a phone', async (t) => {
    const server = await Server.during(t);
    for (const page of ['counter', 'chat', 'life', 'board', 'todo']) {
      await phone.go(server.url);
      await phone.run("document.querySelector(`main a[href='${arguments[0]}']`).id = 'link'", page);
      await phone.click('link');
      await phone.untilReady();
      assert.equal(await phone.run('return location.pathname'), `/${page}`);
      const [width, height] = await phone.run('return [document.documentElement.scrollWidth, innerHeight]');
      assert.equal(width, 390);
      assert.equal(height, 844);
      const small = await phone.run(`return [...document.querySelectorAll('button, nav a')].filter((item) => (
        !item.closest('#life') && item.checkVisibility() && item.getBoundingClientRect().height < 44)).map((item) => item.textContent)`);
      assert.deepEqual(small, [], 'everything is large enough to touch');
    }
  });

  test('a desktop, a phone and a terminal share the counter', async (t) => {
    const server = await Server.during(t);
    const terminal = await TerminalPeer.during(t, server.url, 'counter');
    await visit(server, 'counter');
    await press(desk, 'increment', 3);
    await press(phone, 'increment', 3);
    await press(phone, 'decrement');
    for (let time = 0; time < 4; time++) await terminal.dispatch(INCREMENT);
    await allShow(9, terminal);
    await press(desk, 'odd');
    await allShow(10, terminal);
    await press(phone, 'odd');
    await agreeOn(13, terminal);
    await allShow(10, terminal);
  });

  test('the text of a message is shown as text', async (t) => {
    const server = await Server.during(t);
    const terminal = await TerminalPeer.during(t, server.url, 'chat');
    await visit(server, 'chat');
    const said = [
      `<b>bold</b> & "double" 'single' \`back\` \\ <img src=x onerror="window.broken = 1">`,
      '<script>window.broken = 1</script>',
      'family 👩‍👩‍👧, 你好, \u202eright to left, é as e\u0301, \u2028 line',
      'two\nlines',
      'typed & <i>sent</i> "by" key',
    ];
    await send(desk, said[0]);
    await reaches(1, async () => (await messages(phone)).length, 'the first message');
    await send(phone, said[1]);
    await reaches(2, async () => (await messages(desk)).length, 'the second message');
    await send(desk, said[2]);
    await reaches(3, async () => (await terminal.state()).messages.length, 'the third message');
    await terminal.dispatch(say(said[3]));
    await reaches(4, async () => (await messages(desk)).length, 'the fourth message');
    await desk.type('message', `${said[4]}\uE007`); // the key Enter
    for (const window of [desk, phone]) {
      await reaches(said, () => messages(window), 'the messages');
      assert.deepEqual(await window.texts('#messages b, #messages img, #messages i, #messages script'), []);
      assert.equal(await window.run('return window.broken ?? null'), null);
    }
    assert.deepEqual((await terminal.state()).messages.map(({ message }) => message), said);
    assert.deepEqual((await desk.texts('.author')).map((name) => name === 'you'), [true, false, true, false, true]);
    assert.deepEqual((await phone.texts('.author')).map((name) => name === 'you'), [false, true, false, false, false]);
  });

  test('whoever comes late gets the whole history', async (t) => {
    const server = await Server.during(t);
    await desk.visit(`${server.url}/chat`);
    const said = Array.from({ length: 300 }, (_, n) => `message ${n}`);
    await desk.run("for (const payload of arguments[0]) peer.dispatch({ type: 'ADD_MESSAGE', payload })", said);
    await untilInSync(desk);
    await phone.visit(`${server.url}/chat`);
    await reaches(said, () => messages(phone), 'the messages');
    const isAtEnd = "const box = document.getElementById('scroller'); return box.scrollHeight - box.scrollTop - box.clientHeight < 40";
    assert.equal(await phone.run(isAtEnd), true, 'the last message is in sight');
    const terminal = await TerminalPeer.during(t, server.url, 'chat');
    await reaches(said, async () => (await terminal.state()).messages.map(({ message }) => message), 'the messages');
  });

  test('of many messages the last 1,000 are in the page, at most 100 more in a frame', async (t) => {
    const server = await Server.during(t);
    await visit(server, 'chat');
    await phone.run(`window.added = [];
      new MutationObserver((records) => added.push(records.reduce((sum, { addedNodes }) => sum + addedNodes.length, 0)))
        .observe(document.getElementById('messages'), { childList: true });`);
    const said = Array.from({ length: 1_500 }, (_, n) => `message ${n}`);
    await desk.run("for (const payload of arguments[0]) peer.dispatch({ type: 'ADD_MESSAGE', payload })", said);
    for (const window of [desk, phone]) await reaches(said.slice(-1_000), () => messages(window), 'the messages');
    const added = await phone.run('return added');
    assert.ok(Math.max(...added) <= 100, `${added}`);
    assert.equal(await phone.run('return peer.getState().messages.length'), 1_500);
    await phone.reload();
    await reaches(said.slice(-1_000), () => messages(phone), 'the messages');
  });

  test('windows agree on the Game of Life', async (t) => {
    const server = await Server.during(t);
    const terminal = await TerminalPeer.during(t, server.url, 'life');
    await visit(server, 'life');
    await press(desk, 'cell-14-10');
    await press(desk, 'cell-15-10');
    await press(phone, 'cell-16-10');
    for (const window of [desk, phone]) {
      await reaches(cells([14, 10], [15, 10], [16, 10]), () => alive(window), 'a row of three');
    }
    await press(phone, 'step');
    const column = cells([15, 9], [15, 10], [15, 11]);
    for (const window of [desk, phone]) {
      await reaches(column, () => alive(window), 'a column of three');
      assert.equal(await window.text('population'), '3');
    }
    const grid = (await terminal.state()).grid;
    const rows = grid.flatMap((row, y) => row.flatMap((cell, x) => (cell ? [`cell-${x}-${y}`] : []))).sort();
    assert.deepEqual(rows, column);
    await desk.type('cell-15-10', '\uE015 '); // arrow down, space
    for (const window of [desk, phone]) await reaches(cells([15, 9], [15, 10]), () => alive(window), 'the key');
    await press(desk, 'reset');
    for (const window of [desk, phone]) {
      await reaches([], () => alive(window), 'nothing');
      await reaches('0', () => window.text('population'), 'nobody');
    }
  });

  test('the world actor of the server moves the Game of Life by itself', async (t) => {
    const server = await Server.during(t, { bot: 'life=1' });
    await visit(server, 'life');
    // Right after a STEP, so that the next one does not come between the touches.
    await desk.run(`return new Promise((resolve) => {
      const end = peer.subscribe(() => {
        end();
        for (const x of [4, 5, 6]) document.getElementById('cell-' + x + '-5').click();
        resolve();
      });
    })`);
    const lying = cells([4, 5], [5, 5], [6, 5]);
    const standing = cells([5, 4], [5, 5], [5, 6]);
    for (const shape of [lying, standing, lying, standing]) await reaches(shape, () => alive(phone), 'the next shape');
    const isBots = await phone.run(
      "return peer.history().filter(([action]) => action.type === 'STEP').every(([, , source]) => source === arguments[0])",
      server.source);
    assert.equal(isBots, true);
  });

  test('actions made offline are kept and reach everyone', async (t) => {
    const server = await Server.during(t);
    const terminal = await TerminalPeer.during(t, server.url, 'counter');
    await visit(server, 'counter');
    await untilInSync(desk, phone);
    await switchTo(desk, 'offline');
    await press(desk, 'increment', 3);
    await press(phone, 'increment', 2);
    await reaches({ counter: 2 }, () => terminal.state(), 'what is online');
    await reaches(3, () => counter(desk), 'what is offline');
    assert.equal(await counter(phone), 2);
    const before = await orderOf(desk);
    await switchTo(desk, 'online');
    await allShow(5, terminal);
    const order = await agreeOn(5, terminal);
    for (const stamped of before) assert.ok(order.some((other) => String(other) === String(stamped)), 'no stamp changed');
    await untilInSync(desk, phone);
  });

  test('a reload while offline keeps what waits, the source, and the switch', async (t) => {
    const server = await Server.during(t);
    const terminal = await TerminalPeer.during(t, server.url, 'counter');
    await visit(server, 'counter');
    await untilInSync(desk, phone);
    await switchTo(desk, 'offline');
    await press(desk, 'increment', 4);
    await badgeMatches(desk, /^offline · 4 to send$/);
    const before = await source(desk);
    await desk.reload();
    assert.equal(await source(desk), before);
    await badgeMatches(desk, /^offline · 4 to send$/);
    assert.equal(await counter(desk), 4);
    await switchTo(desk, 'online');
    await allShow(4, terminal);
    await press(desk, 'increment');
    await allShow(5, terminal);
    await agreeOn(5, terminal);
    assert.equal((await server.statistics()).sources, 1);
  });

  test('what a closed window could not send is sent by the next one of that browser', async (t) => {
    const server = await Server.during(t);
    await desk.visit(`${server.url}/counter`);
    const second = await desk.beside();
    await second.visit(`${server.url}/counter`);
    const closed = await source(second);
    assert.notEqual(closed, await source(desk), 'two windows are two sources');
    await desk.go('about:blank'); // or it would have them from the other one
    await switchTo(second, 'offline');
    await press(second, 'increment', 2);
    await second.run('return peer.flush()');
    await phone.visit(`${server.url}/counter`);
    await press(phone, 'increment');
    await second.close();
    await desk.visit(`${server.url}/counter`);
    assert.equal(await counter(desk), 2, 'and it shows them before');
    await switchTo(desk, 'online');
    await allShow(3);
    const authors = (await orderOf(phone)).map((stamped) => stamped[2]);
    assert.equal(authors.filter((author) => author === closed).length, 2);
  });

  test('everything survives kill -9 of the server', async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'scuttlebutt-store-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const store = join(folder, 'log.sqlite');
    const first = await Server.start({ store });
    t.after(() => first.program.end('SIGKILL')); // where the test did not come so far
    const terminal = await TerminalPeer.during(t, first.url, 'counter');
    await visit(first, 'counter');
    await press(desk, 'increment', 2);
    await press(phone, 'increment', 1);
    await allShow(3, terminal);
    // Right in the middle of a burst: some of it has arrived, some of that is saved, some is on its way.
    await desk.run("for (let n = 0; n < 50; n++) peer.dispatch({ type: 'INCREMENT' })");
    await first.kill();
    for (const window of [desk, phone]) await badgeMatches(window, /^offline · connecting \(attempt \d+\)/);
    await press(desk, 'increment', 3);
    await press(phone, 'increment', 2);
    for (let time = 0; time < 4; time++) await terminal.dispatch(INCREMENT);
    await badgeMatches(phone, /^offline · connecting \(attempt \d+\) · 2 to send$/);

    const second = await Server.start({ store, port: first.port });
    t.after(() => second.program.end('SIGKILL'));
    assert.equal(second.source, first.source);
    await allShow(62, terminal);
    const order = await agreeOn(62, terminal);
    for (const window of [desk, phone]) await reaches('in sync with 3 peers', () => badge(window), 'the badge');
    assert.equal((await second.statistics()).actions, 62);
    await second.kill();
    const third = await Server.during(t, { store, port: first.port });
    const late = await TerminalPeer.during(t, third.url, 'counter');
    assert.deepEqual(await eventually('the saved log', () => orderIn(late), (list) => list.length === 62), order);
  });

  test('a server that stops without a word: the badge is not in sync, and a press is pending', async (t) => {
    const server = await Server.during(t);
    await visit(server, 'counter');
    await press(phone, 'increment');
    await allShow(1);
    await untilInSync(desk, phone);
    server.program.child.kill('SIGSTOP');
    t.after(() => server.program.child.kill('SIGCONT'));
    await press(desk, 'increment');
    await badgeMatches(desk, /^sending 1$/);
    assert.equal(await desk.run('return peer.status().pending'), 1);
    server.program.child.kill('SIGCONT');
    await allShow(2);
    await untilInSync(desk, phone);
  });

  test('an action that is too long for the server is set aside, and what is written later arrives', async (t) => {
    const server = await Server.during(t, { options: ['--max-message-bytes', '100000'] });
    await visit(server, 'chat');
    await send(desk, 'before');
    await desk.run("peer.dispatch({ type: 'ADD_MESSAGE', payload: 'x'.repeat(200000) })");
    await send(desk, 'after');
    for (const window of [desk, phone]) await reaches(['before', 'after'], () => messages(window), 'the messages');
    await badgeMatches(desk, /^in sync with 2 peers · 1 set aside$/);
    assert.equal(await desk.run('return peer.setAside()[0].action.payload.length'), 200_000);
    await desk.reload();
    await badgeMatches(desk, /^in sync with 2 peers · 1 set aside$/);
    await send(desk, 'later');
    for (const window of [desk, phone]) {
      await reaches(['before', 'after', 'later'], () => messages(window), 'the messages');
    }
    const refusal = await desk.run(`
      peer.dismissSetAside();
      return peer.status().setAside;`);
    assert.equal(refusal, 0);
  });

  test('in a sandboxed frame, which is denied storage and locks, the page works and says so', async (t) => {
    const server = await Server.during(t);
    const site = createServer((request, response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(`<iframe sandbox="allow-scripts" width="600" height="700" src="${server.url}/counter"></iframe>`);
    });
    await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
    t.after(() => { site.closeAllConnections(); site.close(); });
    await phone.visit(`${server.url}/counter`);
    await desk.go(`http://127.0.0.1:${site.address().port}/`);
    await desk.frame(0);
    await desk.untilReady();
    await press(desk, 'increment', 2);
    await reaches(2, () => counter(phone), 'the counter outside');
    await badgeMatches(desk, /^in sync · not kept$/);
    assert.equal(await desk.run('return peer.status().isDurable'), false);
  });

  test('a browser that never answers a request for its storage gets a page all the same', async (t) => {
    const server = await Server.during(t);
    await visit(server, 'counter');
    const [seconds, text, pending] = await desk.run(`return (async () => {
      const start = performance.now();
      const never = { open: () => ({}) };
      window.second = await Scuttlebutt.open({ reducer: Reducers.counter, name: 'second', indexedDB: never });
      const seconds = (performance.now() - start) / 1000;
      second.dispatch({ type: 'INCREMENT' });
      await second.synced();
      return [seconds, second.status().text.replace(/ with.*peers?/, ''), second.status().pending];
    })()`);
    assert.ok(seconds < 20, `${seconds} s`);
    assert.deepEqual([text, pending], ['in sync · not kept', 0]);
    await allShow(1);
    await desk.run('second.close()');
  });

  test('a message that arrives late takes its place in everybody’s order', async (t) => {
    const server = await Server.during(t);
    const terminal = await TerminalPeer.during(t, server.url, 'chat');
    await visit(server, 'chat');
    await send(desk, 'before');
    for (const window of [desk, phone]) await reaches(['before'], () => messages(window), 'the beginning');
    await switchTo(desk, 'offline');
    await send(desk, 'late 1');
    await send(desk, 'late 2');
    for (const text of ['early 1', 'early 2', 'early 3', 'early 4']) await send(phone, text);
    await reaches(['before', 'early 1', 'early 2', 'early 3', 'early 4'], () => messages(phone), 'the others');
    await switchTo(desk, 'online');
    // Equal timestamps are ordered by source, so two orders are right; everybody must have the same.
    const isDeskFirst = await source(desk) < await source(phone);
    const pair = (n) => (isDeskFirst ? [`late ${n}`, `early ${n}`] : [`early ${n}`, `late ${n}`]);
    const expected = ['before', ...pair(1), ...pair(2), 'early 3', 'early 4'];
    for (const window of [desk, phone]) await reaches(expected, () => messages(window), 'the order in a window');
    await reaches(expected, async () => (await terminal.state()).messages.map(({ message }) => message), 'in the terminal');
  });

  test('the badge tells offline, connecting, catching up n of m, in sync with n peers', async (t) => {
    const server = await Server.during(t);
    await desk.visit(`${server.url}/counter`);
    await reaches('in sync with 1 peer', () => badge(desk), 'alone with the server');
    await phone.visit(`${server.url}/counter`);
    for (const window of [desk, phone]) await reaches('in sync with 2 peers', () => badge(window), 'a second window');
    await switchTo(desk, 'offline');
    await reaches('offline', () => badge(desk), 'nothing to send');
    await press(desk, 'increment');
    await reaches('offline · 1 to send', () => badge(desk), 'one to send');
    await phone.run("for (let n = 0; n < 399; n++) peer.dispatch({ type: 'INCREMENT' })");
    await reaches(399, async () => (await server.statistics()).actions, 'the log of the server');
    // The page hears only 119 of the actions until the test says so.
    await desk.run(`window.heard = []; window.hold = true;
      const Real = WebSocket;
      window.WebSocket = class extends Real {
        set onmessage(listener) {
          let count = 0;
          super.onmessage = ({ data }) => {
            for (const line of data.split('\\n')) {
              if (line.startsWith('[')) count += 1; // an action
              const isHeard = !hold || count <= 119;
              if (isHeard) listener?.({ data: line });
              else heard.push([listener, { data: line }]);
            }
          };
        }
      };
      window.release = () => {
        hold = false;
        for (const [listener, event] of heard.splice(0)) listener(event);
      }`);
    await switchTo(desk, 'online');
    await reaches('catching up 120 of 400', () => badge(desk), 'a part of the history');
    await desk.run('release()');
    await reaches('in sync with 2 peers', () => badge(desk), 'all of it');
    await allShow(400);
    await phone.run("window.WebSocket = class extends WebSocket { constructor(url) { super(url.replace('/ws', '/gone')); } }");
    await press(phone, 'offline', 2);
    await badgeMatches(phone, /^offline · connecting \(attempt [2-9]\)$/);
  });
});
