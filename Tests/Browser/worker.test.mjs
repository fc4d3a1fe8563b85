// SPDX-License-Identifier: MIT
//
// What the service worker keeps and takes up, with caches, a server and time that the test plays.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Clock, settle } from './played-world.mjs';

const { Keeper, BOUNDS, fingerprint, readList } = createRequire(import.meta.url)('../../Web/worker.js');

const SCOPE = 'http://server/sub/path/';
const tagOf = (text) => fingerprint(new TextEncoder().encode(text));

/** `caches`, with `fault(call)` asked at each put. */
class PlayedCaches {
  stores = new Map();
  fault = () => undefined;

  async open(name) {
    if (!this.stores.has(name)) this.stores.set(name, new Map());
    const store = this.stores.get(name);
    return {
      match: async (address) => store.get(address)?.clone(),
      put: async (address, response) => {
        const wrong = this.fault(name, address);
        if (wrong) throw Object.assign(new Error('played'), { name: wrong });
        store.set(address, response);
      },
    };
  }

  async delete(name) { return this.stores.delete(name); }

  async keys() { return [...this.stores.keys()]; }
}

/** A server with files that a test changes, and a browser with a worker. */
class World {
  clock = new Clock();
  caches = new PlayedCaches();
  open = [];
  asked = [];
  isUp = true;
  answer = () => undefined; // name → another answer than the file
  files = { '': 'home 1', 'page': 'page 1', 'script.js': 'script 1' };

  constructor() { this.restart(); }

  /** The browser ends a worker whenever it likes. */
  restart() {
    this.keeper = new Keeper({
      scope: SCOPE, caches: this.caches, timers: this.clock, now: () => this.clock.now,
      clients: { matchAll: async () => this.open.map((id) => ({ id })) },
      fetch: (request) => this.fetch(typeof request === 'string' ? request : request.url),
    });
  }

  list(files = this.files) {
    const tags = Object.fromEntries(Object.entries(files).map(([name, text]) => [name, tagOf(text)]));
    return JSON.stringify({ version: 1, files: tags });
  }

  async fetch(address) {
    const name = address.slice(SCOPE.length);
    this.asked.push(name);
    if (!this.isUp) throw new TypeError('no server');
    const other = await this.answer(name);
    if (other) return other;
    if (name === 'files.json') return new Response(this.list());
    const text = this.files[name];
    return text === undefined ? new Response('none', { status: 404 }) : new Response(text);
  }

  /** Opens a page as the client `id`, and returns its text. */
  async visit(name, id) {
    const response = await this.keeper.navigate({ url: SCOPE + name }, id);
    this.open.push(id);
    await this.keeper.settled();
    return response.text();
  }

  async load(name, id) {
    const response = await this.keeper.file({ url: SCOPE + name }, id);
    return response.type === 'error' ? 'error' : response.text();
  }

  versions() {
    return [...this.caches.stores.keys()].filter((name) => !name.endsWith(':state')).length;
  }
}

/** A world whose worker has kept the first version. */
async function visited() {
  const world = new World();
  await world.keeper.check();
  return world;
}

test('What was kept opens without the server', async () => {
  const world = await visited();
  world.isUp = false;
  assert.equal(await world.visit('page?x=1', 'a'), 'page 1');
  assert.equal(await world.load('script.js', 'a'), 'script 1');
});

test('A new version is there at the next visit, and the open page stays in its own', async () => {
  const world = await visited();
  await world.visit('page', 'a');
  Object.assign(world.files, { page: 'page 2', 'script.js': 'script 2' });
  assert.equal(await world.visit('page', 'b'), 'page 2');
  assert.equal(await world.load('script.js', 'a'), 'script 1');
  assert.equal(await world.load('script.js', 'b'), 'script 2');
});

test('Which version a page has is known to a worker that was started since', async () => {
  const world = await visited();
  await world.visit('page', 'a');
  world.files['script.js'] = 'script 2';
  await world.visit('page', 'b');
  world.restart();
  assert.equal(await world.load('script.js', 'a'), 'script 1');
  assert.equal(await world.load('script.js', 'b'), 'script 2');
});

test('Only what differs is fetched', async () => {
  const world = await visited();
  world.files.page = 'page 2';
  world.asked = [];
  await world.keeper.check();
  assert.deepEqual(world.asked, ['files.json', 'page']);
});

test('A file that is replaced while a version is fetched leaves the one of before', async () => {
  const world = await visited();
  Object.assign(world.files, { page: 'page 2', 'script.js': 'script 2' });
  const old = world.list();
  world.files['script.js'] = 'script 3';
  world.answer = (name) => (name === 'files.json' ? new Response(old) : undefined);
  assert.equal(await world.visit('page', 'a'), 'page 1');
  assert.equal(await world.load('script.js', 'a'), 'script 1');
  assert.equal(world.versions(), 1);
  world.answer = () => undefined;
  assert.equal(await world.visit('page', 'b'), 'page 2');
  assert.equal(await world.load('script.js', 'b'), 'script 3');
});

test('A version that is broken off by the end of the worker is fetched again', async () => {
  const world = await visited();
  world.files.page = 'page 2';
  world.answer = (name) => (name === 'page' ? new Promise(() => {}) : undefined);
  world.keeper.check().catch(() => {});
  await settle();
  world.restart();
  world.answer = () => undefined;
  assert.equal(await world.visit('page', 'a'), 'page 2');
  assert.equal(world.versions(), 1);
});

test('Opening a page waits for a newer version only so long', async () => {
  const world = await visited();
  world.files.page = 'page 2';
  let goOn;
  const slow = new Promise((resolve) => { goOn = resolve; });
  world.answer = (name) => (name === 'page' ? slow : undefined);
  const response = world.keeper.navigate({ url: `${SCOPE}page` }, 'a');
  await settle();
  world.clock.advance(BOUNDS.navigationWait);
  assert.equal(await (await response).text(), 'page 1');
  goOn();
  await world.keeper.settled();
  assert.equal(await world.visit('page', 'b'), 'page 2');
});

test('A server that never answers holds nobody up', async () => {
  const world = await visited();
  world.answer = () => new Promise(() => {});
  const response = world.keeper.navigate({ url: SCOPE }, 'a');
  await settle();
  world.clock.advance(BOUNDS.navigationWait);
  assert.equal(await (await response).text(), 'home 1');
});

test('A server that is in trouble changes nothing', async () => {
  const world = await visited();
  world.answer = () => new Response('trouble', { status: 503 });
  assert.equal(await world.visit('page', 'a'), 'page 1');
});

test('Another server at the same address shows its own pages', async () => {
  const world = await visited();
  world.answer = (name) => (
    name === 'files.json' ? new Response('no', { status: 404 }) : new Response(`other ${name}`));
  assert.equal(await world.visit('page', 'a'), 'other page');
  assert.equal(await world.load('script.js', 'a'), 'other script.js');
  world.answer = () => undefined;
  assert.equal(await world.visit('page', 'b'), 'page 1');
});

test('Sockets, statistics, health, Primus and other places are left alone', () => {
  const { keeper } = new World();
  for (const name of [
    'ws', 'statistics', 'healthz', 'primus', 'primus/primus.js', 'primus/spec', 'files.json', 'worker.js',
  ]) {
    assert.equal(keeper.name(`${SCOPE}${name}?x=1`), null, name);
  }
  assert.equal(keeper.name('http://elsewhere/sub/path/page'), null);
  assert.equal(keeper.name('http://server/other'), null);
  assert.equal(keeper.name(`${SCOPE}core.wasm`), 'core.wasm');
});

test('What is not in the list comes from the network, and is not kept', async () => {
  const world = await visited();
  await world.visit('page', 'a');
  world.files['extra.json'] = 'never listed';
  world.answer = (name) => (name === 'files.json' ? new Response(world.list({ page: 'page 1' })) : undefined);
  assert.equal(await world.load('extra.json', 'a'), 'never listed');
  for (const store of world.caches.stores.values()) assert.ok(!store.has(`${SCOPE}extra.json`));
});

test('A page that was not kept says so without the server', async () => {
  const world = await visited();
  world.isUp = false;
  assert.match(await world.visit('unknown', 'a'), /was not kept, and the server cannot be reached/);
});

test('Versions that no open page uses go, and there are never more than the bound', async () => {
  const world = await visited();
  for (let number = 2; number <= 20; number++) {
    world.files.page = `page ${number}`;
    await world.visit('page', `client ${number}`);
    assert.ok(world.versions() <= BOUNDS.versions);
  }
  assert.equal(await world.load('script.js', 'client 2'), 'error', 'not one of another version');
  world.open = [];
  world.clock.sleep(BOUNDS.young);
  await world.keeper.prune();
  assert.equal(world.versions(), 1);
  assert.equal(await world.visit('page', 'last'), 'page 20');
});

test('A full disk leaves the version of before, and pages open', async () => {
  const world = await visited();
  world.files.page = 'page 2';
  world.caches.fault = () => 'QuotaExceededError';
  assert.equal(await world.visit('page', 'a'), 'page 1');
  assert.equal(await world.load('script.js', 'a'), 'script 1');
  assert.equal(world.versions(), 1);
});

test('What is remembered may be damaged; then everything is fetched again', async () => {
  const world = await visited();
  for (const text of ['', '{"format":0}', '{"format":1,"versions":7}', 'null']) {
    world.caches.stores.get(`${world.keeper.prefix}state`).set(`${SCOPE}worker.js?state`, new Response(text));
    world.restart();
    assert.equal(await world.visit('page', 'a'), 'page 1');
  }
});

test('A cache of somebody else in the same origin is left alone', async () => {
  const world = await visited();
  await world.caches.open('theirs');
  await world.caches.open('scuttlebutt-files:/other/:abc');
  await world.keeper.prune();
  assert.ok(world.caches.stores.has('theirs') && world.caches.stores.has('scuttlebutt-files:/other/:abc'));
});

for (const [what, text] of Object.entries({
  'is not JSON': '<!doctype html>',
  'is null': 'null',
  'has another version': '{"version":2,"files":{"a":"0-0"}}',
  'has no files': '{"version":1,"files":{}}',
  'names a place above': '{"version":1,"files":{"../a":"0-0"}}',
  'names another server': '{"version":1,"files":{"//other/a":"0-0"}}',
  'names an address': '{"version":1,"files":{"http://other/a":"0-0"}}',
  'has a tag that is none': '{"version":1,"files":{"a":"hello"}}',
  'has a tag that is no text': '{"version":1,"files":{"a":7}}',
  'has a file that is too large': `{"version":1,"files":{"a":"0-${BOUNDS.fileBytes + 1}"}}`,
  'is too large together': JSON.stringify({
    version: 1, files: Object.fromEntries([1, 2, 3, 4, 5].map((n) => [`a${n}`, `0-${BOUNDS.fileBytes}`])),
  }),
  'has too many files': JSON.stringify({
    version: 1, files: Object.fromEntries(Array.from({ length: BOUNDS.files + 1 }, (_, n) => [`a${n}`, '0-0'])),
  }),
  'is too long': `{"version":1,"files":{"a":"0-0"}}${' '.repeat(BOUNDS.listLength)}`,
})) {
  test(`A list that ${what} is refused, and the version of before stays`, async () => {
    assert.throws(() => readList(text));
    const world = await visited();
    world.answer = (name) => (name === 'files.json' ? new Response(text) : undefined);
    await assert.rejects(world.keeper.check());
    world.isUp = false;
    assert.equal(await world.visit('page', 'a'), 'page 1');
  });
}
