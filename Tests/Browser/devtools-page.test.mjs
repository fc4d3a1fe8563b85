// SPDX-License-Identifier: MIT
//
// The developer tools in Chromium: the page /devtools, and the panel in a page that opens it.
import { after, afterEach, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { eventually, reaches } from './eventually.mjs';
import { Front } from './front.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

describe('developer tools in a browser', { skip: obstacle() ?? false }, () => {
  let driver;
  let window;

  before(async () => {
    driver = await Driver.start();
    window = (await driver.open()).window;
  });
  after(() => endEverything(driver));
  afterEach(async () => {
    await window.go('about:blank');
    assert.deepEqual((await window.complaints()).filter((text) => !/net::ERR_|WebSocket connection to/.test(text)), []);
  });

  const settled = (shown = window) => eventually('the tools have finished', () => (
    shown.run('return tools.model.folded === peer.history().length')));
  const rows = (shown = window) => shown.texts('.dt-row .dt-type');
  const page = () => window.run("return document.querySelector('.dt-page').innerText");

  async function visit(t, { page: name = 'devtools', ...options } = {}) {
    const site = await Front.during(t, options);
    await window.visit(`${site.url}/${name}`);
    return site;
  }

  /** Dispatches in the page, and waits until the tools show it. */
  async function dispatch(...actions) {
    await window.run('for (const action of arguments[0]) peer.dispatch(action)', actions);
    await settled();
    await window.run(
      'return new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); })');
  }

  async function select(place) {
    await window.run('tools.show(arguments[0])', place);
    const where = ` ${(place + 1).toLocaleString('en')} in the order`;
    await eventually('it is shown', page, (text) => text.includes(where) && text.includes('State after it'));
  }

  /** Goes to a tab, and waits until an element of it is there. */
  async function tab(name, id) {
    await window.click(`dt-1-tab-${name}`);
    await eventually(
      `the tab ${name}`, () => window.run('return document.getElementById(arguments[0]) !== null', `dt-1-${id}`));
  }

  const counted =
    [{ type: 'INCREMENT' }, { type: 'DECREMENT' }, { type: 'INCREMENT_ODD' }, { type: 'ELSE', payload: [1, 2] }];

  test('the page shows the log, what each action did, and which had no effect', async (t) => {
    await visit(t);
    await dispatch(...counted);
    assert.deepEqual(await rows(), ['INCREMENT', 'DECREMENT', 'INCREMENT_ODD', 'ELSE']);
    assert.deepEqual(await window.texts('.dt-marks'), ['own ', 'own ', 'unknown type? own ', 'unknown type? own ']);
    await select(0);
    assert.match(await page(), /counter changed 0 → 1/);
    await select(3);
    assert.match(await page(), /It changed nothing/);
    assert.equal(await window.text('state'), '{counter: 0}');
  });

  test('a state of the past is shown in the page and left again, and the log stays as it is', async (t) => {
    await visit(t);
    await dispatch(...Array.from({ length: 10 }, () => counted[0]));
    const log = await window.run('return JSON.stringify([peer.history(), peer.getState(), peer.clock()])');
    await select(3);
    await window.click('dt-1-travel');
    assert.equal(await window.text('state'), '{counter: 4}');
    await eventually('it says so', () => window.text('dt-1-past'), (text) => text.includes('after 4 actions'));
    await window.click('dt-1-now');
    assert.equal(await window.text('state'), '{counter: 10}');
    assert.equal(await window.run("return document.getElementById('dt-1-past').checkVisibility()"), false);
    assert.equal(await window.run('return JSON.stringify([peer.history(), peer.getState(), peer.clock()])'), log);
  });

  test('of 100,000 actions only what is in sight has elements, and they are worked off in pieces', async (t) => {
    await visit(t);
    await window.run(`peer.goOffline();
      for (let n = 0; n < 100; n++) peer.dispatch({ type: 'INCREMENT' });`);
    await settled();
    const elements = () => window.run("return document.querySelectorAll('*').length");
    const few = await elements();
    await window.run(`window.most = 0;
      const { work } = tools.model;
      tools.model.work = function (limit) {
        const before = this.folded;
        const isMore = work.call(this, limit);
        window.calls = (window.calls ?? 0) + 1;
        return isMore;
      };
      for (let n = 0; n < 99_900; n++) peer.dispatch({ type: 'INCREMENT', n });`);
    await settled();
    assert.ok(await window.run('return calls') > 1, 'it was done in pieces');
    for (const share of [0, 0.5, 1]) {
      await window.run(`const list = document.querySelector('.dt-list');
        list.scrollTop = list.scrollHeight * arguments[0];`, share);
      const wanted = share === 0 ? /^1$/ : share === 1 ? /^100,000$/ : /^(49,9|50,0)/;
      await eventually(
        `the rows at ${share}`, () => window.texts('.dt-place'), (places) => places.some((text) => wanted.test(text)));
      assert.ok(await elements() < few + 250, `${await elements()} elements, ${few} for a hundred actions`);
    }
    await select(99_999);
    assert.match(await page(), /counter changed 99999 → 100000/);
    // What was not sent is to go with the page, without a question.
    await window.run('const { status } = peer; peer.status = () => ({ ...status(), pending: 0 });');
  });

  test('filters show some of the actions, in either order', async (t) => {
    await visit(t);
    await dispatch(...counted);
    const shows = (...types) => reaches(types, rows, 'the rows');
    await window.type('dt-1-type', 'incr');
    await shows('INCREMENT', 'INCREMENT_ODD');
    await window.run(`const field = document.getElementById('dt-1-type');
      field.value = '';
      field.dispatchEvent(new Event('input'));`);
    const choose = (name, value) => window.run(`const select = document.getElementById(arguments[0]);
      select.value = arguments[1]; select.dispatchEvent(new Event('change'));`, `dt-1-${name}`, value);
    await choose('only', 'unknown');
    await shows('INCREMENT_ODD', 'ELSE');
    await choose('only', 'late');
    await shows();
    await choose('only', 'all');
    await choose('order', 'arrival');
    await shows('INCREMENT', 'DECREMENT', 'INCREMENT_ODD', 'ELSE');
  });

  test('what came late is marked, and counted among the rewinds', async (t) => {
    const site = await visit(t);
    await window.run(`return (async () => {
      const { MemoryStorage } = await Scuttlebutt.modules();
      const url = arguments[0].replace(/^http/, 'ws') + '/ws?batch=1';
      window.other = await Scuttlebutt.open({
        reducer: Reducers.counter, source: '!OTHER', name: 'other', url, online: false, storage: new MemoryStorage(),
      });
      other.dispatch({ type: 'DECREMENT' });
    })()`,
      site.url);
    await dispatch(counted[0], counted[0]);
    await window.run('other.goOnline()');
    await eventually('it is here', () => window.run('return tools.model.order.length === 3'));
    await settled();
    await eventually(
      'one is late', () => window.texts('.dt-marks'), (marks) => marks.some((text) => text.includes('late by 2')));
    await window.click('dt-1-tab-rewinds');
    await eventually('the rewind is told', page, (text) => /another|the same/.test(text) && /OTHER/.test(text));
    await tab('peers', 'hash');
    await eventually(
      'who has what', page, (text) => /this peer/.test(text) && /server/.test(text) && /open/.test(text));
    await window.click('dt-1-hash');
    await eventually(
      'the hashes', () => window.text('dt-1-hashes'), (text) => /log [0-9a-f]{16}, state [0-9a-f]{16}/.test(text));
  });

  test('the dispatch form decodes and never evaluates (D17)', async (t) => {
    await visit(t);
    await tab('dispatch', 'json');
    const send = async (text, answer) => {
      await window.run("document.getElementById('dt-1-json').value = arguments[0]", text);
      await window.click('dt-1-dispatch');
      await eventually(`the answer to ${text}`, () => window.text('dt-1-answer'), (said) => answer.test(said));
    };
    await send('window.evil = 1', /JSON/);
    await send('(() => { window.evil = 1 })()', /JSON/);
    await send('{"n":1}', /type/);
    await send('{"type":"INCREMENT"}', /^Done/);
    assert.equal(await window.run('return window.evil ?? null'), null);
    await reaches(['INCREMENT'], rows, 'the rows');
  });

  test('text of strangers stays text', async (t) => {
    await visit(t);
    const script = '<img src=x onerror="window.evil=1"><script>window.evil=1</script>';
    await dispatch({ type: script, payload: { [script]: script } });
    await select(0);
    assert.equal(await window.run("return document.querySelectorAll('.devtools img, .devtools script').length"), 0);
    assert.ok((await page()).includes('<img src=x'));
    for (const name of ['peers', 'rewinds', 'reports', 'compare', 'what-if', 'dispatch', 'session']) {
      await window.click(`dt-1-tab-${name}`);
      await window.run(
        'return new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); })');
    }
    assert.equal(await window.run('return window.evil ?? null'), null);
  });

  test('a session goes out as a file and is replayed in another page', async (t) => {
    await visit(t);
    await dispatch(...counted, counted[0], counted[0]);
    await tab('session', 'export');
    await window.run(`const make = URL.createObjectURL;
      URL.createObjectURL = (blob) => { window.saved = blob.text(); return make.call(URL, blob); };`);
    const saved = async (id) => {
      await window.run('window.saved = null');
      await window.click(id);
      await eventually('the file', () => window.run('return window.saved !== null'));
      return window.run('return window.saved');
    };
    const text = await saved('dt-1-export');
    const redux = await saved('dt-1-export-redux');
    await visit(t);
    const open = async (given) => {
      await tab('session', 'file');
      await window.run(`const transfer = new DataTransfer();
        transfer.items.add(new File([arguments[0]], 'session.json'));
        const input = document.getElementById('dt-1-file');
        input.files = transfer.files;
        input.dispatchEvent(new Event('change'));`, given);
    };
    const types = [...counted, counted[0], counted[0]].map(({ type }) => type);
    for (const given of [text, redux]) {
      await open(given);
      await reaches(types, rows, 'the rows of the file');
      assert.match(await window.text('dt-1-summary'), /^A session of/);
      await select(5);
      assert.match(await page(), /counter changed 1 → 2/);
      assert.equal(await window.run('return peer.history().length'), 0, 'nothing of it is in the log of the page');
      await tab('session', 'back');
      await window.click('dt-1-back');
      await reaches([], rows, 'no rows');
    }
    for (const [bad, words] of [
           ['{', /not JSON/], ['{"format":"scuttlebutt-session","version":9}', /version 9/], ['{}', /no export/]]) {
      await open(bad);
      await eventually('the refusal', () => window.text('dt-1-said'), (said) => words.test(said));
    }
  });

  test('skipping an action shows what would have been, on this screen only', async (t) => {
    await visit(t);
    await dispatch(...counted.slice(0, 1), counted[0], counted[0]);
    await tab('what-if', 'try');
    await window.click('dt-1-try');
    await eventually('the actions', () => window.run("return document.getElementById('dt-1-skip-1') !== null"));
    await window.click('dt-1-skip-1');
    await eventually('the other state', () => window.text('dt-1-would'),
      (text) => /would be {counter: 2} and is {counter: 3}/.test(text));
    assert.equal(await window.run("return document.getElementById('dt-1-commit').disabled"), true);
    assert.equal(await window.run('return peer.getState().counter'), 3);
  });

  test('two peers in one page are compared, and the action where they part is shown', async (t) => {
    await visit(t, { page: 'counter' });
    await window.run(`return (async () => {
      const { MemoryStorage } = await Scuttlebutt.modules();
      const make = (source) => Scuttlebutt.open({
        reducer: Reducers.demo, source, name: source, online: false, storage: new MemoryStorage() });
      const [ada, ben] = [await make('ADA'), await make('BEN')];
      const Devtools = await import('./devtools.js');
      ada.dispatch({ type: 'DEMO_ADD' });
      ben.dispatch({ type: 'DEMO_DOUBLE' });
      const host = document.createElement('div');
      document.querySelector('main').append(host);
      window.peer = ada;
      window.tools = Devtools.attach(ada, host, { name: 'Ada', others: [{ name: 'Ben', peer: ben }] });
      window.again = '';
      try { Devtools.attach(ada, host); } catch (error) { window.again = error.message; }
    })()`);
    await settled();
    assert.match(await window.run('return window.again'), /already/, 'D14');
    await window.run("document.getElementById('dt-1-tab-compare').click()");
    await eventually('the choice', () => window.run("return document.getElementById('dt-1-compare') !== null"));
    await window.run("document.getElementById('dt-1-compare').click()");
    await eventually(
      'the answer', () => window.text('dt-1-comparison'), (text) => /The logs differ at action \d+/.test(text));
    await window.run("document.getElementById('dt-1-there').click()");
    await eventually('it is shown', page, (text) => /State after it/.test(text));
  });

  test('a page opens the panel for its own peer, and closes it', async (t) => {
    await visit(t, { page: 'counter' });
    await window.run(`return (async () => {
      window.Devtools = await import('./devtools.js');
      window.tools = await Devtools.open(peer);
      window.twice = await Devtools.open(peer).catch((error) => error.message);
    })()`);
    assert.match(await window.run('return window.twice'), /already/);
    await dispatch(counted[0]);
    await reaches(['INCREMENT'], rows, 'the rows');
    await window.run("document.querySelector('.dt-close').click()");
    assert.equal(await window.run("return document.querySelectorAll('.dt-drawer, .devtools').length"), 0);
    await window.run('peer.dispatch({ type: "INCREMENT" })');
  });

  test('everything can be done with the keyboard', async (t) => {
    await visit(t);
    await dispatch(...counted);
    await window.run("document.getElementById('dt-1-list').focus()");
    const press = (key) => window.run(`document.activeElement.dispatchEvent(
      new KeyboardEvent('keydown', { key: arguments[0], bubbles: true, cancelable: true }))`, key);
    const chosen = () => window.texts('.dt-row[aria-selected="true"] .dt-type');
    await press('Home');
    assert.deepEqual(await chosen(), ['INCREMENT']);
    await press('ArrowDown');
    assert.deepEqual(await chosen(), ['DECREMENT']);
    await press('End');
    assert.deepEqual(await chosen(), ['ELSE']);
    assert.equal(await window.run(`const list = document.getElementById('dt-1-list');
      return document.getElementById(list.getAttribute('aria-activedescendant')).getAttribute('aria-posinset')`), '4');
    await window.run("document.getElementById('dt-1-tab-action').focus()");
    await press('ArrowRight');
    assert.equal(await window.run('return document.activeElement.id'), 'dt-1-tab-peers');
    await press('End');
    assert.equal(
      await window.run("return document.querySelector('[role=tab][aria-selected=true]').id"), 'dt-1-tab-session');
  });

  test('it works below a path', async (t) => {
    await visit(t, { base: '/sub/path/' });
    await dispatch(counted[0]);
    await reaches(['INCREMENT'], rows, 'the rows');
    await eventually('in sync', () => window.text('badge'), (text) => /^in sync/.test(text));
  });

  // ---- who may look

  test('at another address the tools are off and open no peer, unless the token is right', async (t) => {
    const site = await Front.during(t);
    const there = site.url.replace('127.0.0.1', 'tools.example');
    const browser = await driver.open({
      options:
        ['--host-resolver-rules=MAP tools.example 127.0.0.1', `--unsafely-treat-insecure-origin-as-secure=${there}`],
    });
    const { window: far } = browser;
    await far.visit(`${there}/devtools`);
    assert.match(await far.text('refusal'), /off at this address/);
    assert.equal(
      await far.run("return typeof window.peer + document.getElementById('tools').children.length"), 'undefined0');
    // A page of one's own says whose token opens it.
    const token = 'k3h5Jx0dQ2m8Zr7tVw1yBA';
    const tokenHash = createHash('sha256').update(token).digest('hex');
    const open = (hash) => far.run(`return (async () => {
      location.hash = arguments[0];
      const Devtools = await import('./devtools.js');
      const panel = await Devtools.open(peer, { tokenHash: arguments[1] }).catch((error) => error.message);
      if (typeof panel === 'string') return panel;
      panel.end();
      return 'open';
    })()`, hash, tokenHash);
    await far.visit(`${there}/counter`);
    assert.match(await open(''), /with a token/);
    assert.match(await open('devtools=wrong'), /this is not it/);
    assert.match(await open(`devtools=${token}x`), /this is not it/);
    assert.equal(await open(`devtools=${token}`), 'open');
    const bare = await far.run(`return import('./devtools.js').then((tools) => tools.open(peer))
      .catch((error) => error.message)`);
    assert.match(bare, /are off/, 'a page that names no token');
  });

  test('in a frame of another site the tools stay closed', async (t) => {
    const site = await Front.during(t);
    const stranger = createServer((asked, answer) => {
      answer.setHeader('Content-Type', 'text/html');
      answer.end(`<!doctype html><title>x</title><iframe src="${site.url}/devtools"></iframe>`);
    });
    await new Promise((resolve) => stranger.listen(0, '127.0.0.1', resolve));
    t.after(() => { stranger.closeAllConnections(); stranger.close(); });
    await window.go(`http://localhost:${stranger.address().port}/`);
    await window.frame(0);
    await eventually('it is refused', () => window.run("return document.getElementById('refusal')?.textContent ?? ''"),
      (text) => /frame/.test(text));
    assert.equal(await window.run('return typeof window.peer'), 'undefined');
  });
});
