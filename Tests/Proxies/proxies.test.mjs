// SPDX-License-Identifier: MIT
//
// The page, `join` over Primus and `/ws`, and the Primus client of a page, through real proxies in front of a real
// server. PROXIES names which, separated by commas: "nginx,haproxy" by default, "all" for every one that we know.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { get } from 'node:http';
import { get as getSecurely } from 'node:https';
import { gunzipSync } from 'node:zlib';
import { eventually, reaches, soon } from '../Browser/eventually.mjs';
import { killStragglers, Program } from '../Browser/processes.mjs';
import { Server, TerminalPeer } from '../Browser/server.mjs';
import { Driver, endEverything, obstacle as noBrowser } from '../Browser/webdriver.mjs';
import { kinds } from './kinds.mjs';
import { obstacle, Proxy } from './proxy.mjs';

const wanted = process.env.PROXIES ?? 'nginx,haproxy';
const names = wanted === 'all' ? Object.keys(kinds) : wanted.split(',');
const INCREMENT = { type: 'INCREMENT' };

/** One request on a connection of its own. */
function request(url, headers = {}) {
  return soon(url, new Promise((resolve, reject) => {
    const ask = url.startsWith('https:') ? getSecurely : get;
    ask(url, { headers, agent: false, rejectUnauthorized: false }, (answer) => {
      const parts = [];
      answer.on('data', (part) => parts.push(part));
      answer.on('end', () => resolve({
        status: answer.statusCode, headers: answer.headers, body: Buffer.concat(parts),
      }));
      answer.on('error', reject);
    }).on('error', reject);
  }));
}

test('docs/behind-a-proxy.md shows the files that are tried', async () => {
  const page = await readFile(new URL('../../docs/behind-a-proxy.md', import.meta.url), 'utf8');
  for (const [name, { file }] of Object.entries(kinds)) {
    const text = await readFile(new URL(file, import.meta.url), 'utf8');
    assert.ok(page.includes(`\n${text.trimEnd()}\n\`\`\``), `${file} of ${name} is there as it is`);
    assert.ok(page.includes(`| [${name}](#${name}) |`), `${name} is in the table`);
  }
});

const browserless = { skip: noBrowser() ?? false };
let driver = null;
before(async () => { if (!noBrowser()) driver = await Driver.start(); });
after(() => endEverything(driver));

for (const name of names) {
  const kind = kinds[name];
  describe(`through ${name}`, { skip: obstacle(name) ?? false }, () => {
    let server;
    let proxy;
    let window;
    const undo = [];
    const options = ['--base', '/kept', '--trust-proxy', '127.0.0.1', ...(kind.serve ?? [])];
    const below = (path) => `${proxy.url}${path}`;
    const socket = (path) => `${proxy.url.replace(/^http/, 'ws')}${path}/ws`;
    const trusting = () => (proxy.authority ? ['--tls-ca', proxy.authority] : []);
    const peer = (t, url) => TerminalPeer.during(t, url, 'counter', trusting());
    const healthy = () => eventually('the proxy has found the server', () => request(below('/healthz')),
      ({ status }) => status === 200);

    before(async () => {
      server = await Server.start({ options });
      undo.push(() => server.program.end());
      proxy = await Proxy.start(name, server.port, (step) => undo.push(step));
      await healthy();
      window = driver && (await driver.open({ isTrusting: true })).window;
    });
    after(async () => {
      for (const step of undo.reverse()) await step().catch(() => {});
      if (!driver) killStragglers();
    });

    const count = async () => {
      const { status, body } = await request(below('/statistics'));
      assert.equal(status, 200, body.toString());
      return JSON.parse(body).actions;
    };

    // Over TLS, which changes nothing about paths, at the root only.
    const places = kind.schemes.flatMap((scheme, index) => (
      (index === 0 ? kind.paths : ['']).map((path) => ({ scheme, path, name: `${scheme} ${path || '/'}` }))));
    for (const { scheme, path, name: place } of places) {
      const base = () => proxy.urls[scheme] + path;

      test(`peers over Primus and /ws at ${place} share a log`, async (t) => {
        const past = await count();
        const peers = [await peer(t, base()), await peer(t, `${base().replace(/^http/, 'ws')}/ws`)];
        // Where the PROXY protocol is expected, nobody comes in without a proxy.
        if (!kind.serve) peers.push(await peer(t, server.url));
        for (const one of peers) await one.dispatch(INCREMENT);
        for (const one of peers) {
          await reaches(past + peers.length, async () => (await one.history()).length, 'the actions of a peer');
        }
      });

      test(`the pages at ${place} load, lead to each other and are in sync`, browserless, async (t) => {
        const terminal = await peer(t, base());
        await window.go(`${base()}/`);
        await window.run("document.querySelector(`main a[href='counter']`).id = 'link'");
        await window.click('link');
        await window.untilReady();
        assert.equal(await window.run('return location.pathname'), `${path}/counter`);
        const inSync = () => eventually('the badge', () => window.text('badge'),
          (text) => /^in sync with \d+ peer/.test(text));
        await inSync();
        const start = Number(await window.text('counter'));
        await window.click('increment');
        await terminal.dispatch(INCREMENT);
        await reaches(start + 2, async () => Number(await window.text('counter')), 'the counter of the page');
        await reaches({ counter: start + 2 }, () => terminal.state(), 'the counter of the terminal');
        // Again on connections of the proxy that have been used.
        await window.reload();
        await inSync();
        await reaches(start + 2, async () => Number(await window.text('counter')), 'the counter after a reload');
        assert.deepEqual(await window.complaints(), []);
      });

      test(`the Primus client of a page at ${place} connects`, browserless, async () => {
        await window.visit(`${base()}/chat`);
        await window.run(`
          const script = document.createElement('script');
          script.src = 'primus/primus.js';
          script.onload = () => {
            window.heard = [];
            window.primus = new Primus();
            primus.on('data', (item) => heard.push(item));
          };
          document.head.append(script);`);
        // Our header, then the server's history, then that this was all.
        await eventually('the server says a header', () => window.run('return window.heard?.[0] ?? null'),
          (item) => typeof item === 'string' && item.startsWith('{"id":'));
        await window.run('primus.end()');
      });
    }

    test('requests and upgrades take turns on the connections of the proxy', async (t) => {
      const past = await count();
      for (let turn = 0; turn < 4; turn += 1) {
        // Leaves connections that have answered a request.
        const answers = await Promise.all(Array.from({ length: 8 }, () => request(below('/healthz'))));
        assert.deepEqual([...new Set(answers.map(({ status }) => status))], [200]);
        // An upgrade that is refused spoils no connection either.
        const refused = await request(below('/ws'));
        assert.equal(refused.status, 426);
        const one = await peer(t, turn % 2 ? below('') : socket(''));
        await one.dispatch(INCREMENT);
        await reaches(past + turn + 1, async () => (await one.history()).length, 'the actions');
      }
    });

    if (kind.members) test('members get in, and others are told why not', async (t) => {
      const past = await count();
      const { host } = new URL(proxy.url);
      for (const [scheme, path] of [['http', ''], ['ws', '/ws']]) {
        const member = await peer(t, `${scheme}://alice:s%2fe@cret@${host}${kind.members}${path}`);
        await member.dispatch(INCREMENT);
      }
      await reaches(past + 2, count, 'the actions of members');
      if (window) {
        // The browser sends the password with the page's socket, too.
        await window.visit(`http://alice:s%2fe%40cret@${host}${kind.members}/counter`);
        await eventually('the badge', () => window.text('badge'), (text) => /^in sync/.test(text));
      }
      const stranger = new Program(process.env.SCUTTLEBUTT, ['join', below(kind.members), '--once']);
      assert.equal(await soon('the end of a stranger', stranger.exited), 3);
      assert.match(stranger.complaints(), /401/);
    });

    // Whoever connects to the proxy from its own machine is trusted to be a proxy, too.
    if (kind.appends) test('the server hears for whom a trusted proxy connects', async (t) => {
      const header = ['--header', 'X-Forwarded-For: 198.51.100.1, 203.0.113.9'];
      await TerminalPeer.during(t, socket(''), 'log', header);
      await TerminalPeer.during(t, below(''), 'log', header);
      for (const dialect of ['websocket', 'primus']) {
        await eventually(`${dialect} is named`, () => server.program.complaints(),
          (text) => text.includes(`${dialect} 203.0.113.9`));
      }
      assert.ok(!server.program.complaints().includes('198.51.100.1'), 'what the client wrote first is not believed');
    });

    if (kind.health) test('the health check of the proxy is passed', async () => {
      await reaches({ status: 'UP', check: 'L7OK', failed: 0 }, () => kind.health(proxy.ports), 'the health');
    });

    test('a file that a browser has is not sent again, compressed or not', async () => {
      const url = below('/scuttlebutt.js');
      for (const encoding of ['identity', 'gzip']) {
        const first = await request(url, { 'accept-encoding': encoding });
        assert.equal(first.status, 200);
        assert.ok(first.headers.etag, 'it has a tag');
        const body = first.headers['content-encoding'] === 'gzip' ? gunzipSync(first.body) : first.body;
        assert.deepEqual(body, await readFile(new URL('../../Web/scuttlebutt.js', import.meta.url)));
        const again = await request(url, { 'accept-encoding': encoding, 'if-none-match': first.headers.etag });
        assert.equal(again.status, 304);
        assert.equal(again.body.length, 0);
      }
    });

    test('everybody comes back when the server does', async (t) => {
      const peers = await Promise.all([below(''), socket('')].map((url) => peer(t, url)));
      for (const one of peers) await one.dispatch(INCREMENT);
      const history = await eventually('both actions', () => peers[0].history(),
        (list) => list.filter(([, , source]) => peers.some((one) => one.source === source)).length === 2);
      if (window) await window.visit(`${below('')}/counter`);
      const everybody = [...peers, ...(window ? [{ history: () => window.run('return peer.history()') }] : [])];
      const allHave = async (number) => {
        for (const one of everybody) await reaches(number, async () => (await one.history()).length, 'the actions');
      };
      await allHave(history.length);
      await server.kill();
      await peers[0].dispatch(INCREMENT);
      server = await Server.start({ port: server.port, options });
      // The log was in memory; the peers give it back.
      await peers[1].dispatch(INCREMENT);
      await allHave(history.length + 2);
      await healthy();
      await reaches(history.length + 2, count, 'the actions of the server');
    });
  });
}
