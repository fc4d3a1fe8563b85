// SPDX-License-Identifier: MIT
//
// Who is here, as the core of a page tells it and hears it: against itself, and against hostile input.
import test from 'node:test';
import assert from 'node:assert/strict';
import { makeCore, talk } from './module.mjs';
import { seeded } from './played-world.mjs';

/** A core whose time the test makes: `pass(ms)` lets timers fire that are due. */
async function makeTimedCore(source, options = {}) {
  let now = 0;
  let waiting = [];
  const core = await makeCore({
    source, wallClock: () => 1_000 + now, timers: { setTimeout: (body, delay) => waiting.push({ body, due: now + delay }) },
    ...options,
  });
  const pass = (ms) => {
    const end = now + ms;
    for (let next; (next = waiting.filter(({ due }) => due <= end).sort((a, b) => a.due - b.due)[0]);) {
      waiting = waiting.filter((timer) => timer !== next);
      now = next.due;
      next.body();
    }
    now = end;
  };
  return Object.assign(core, { pass, timerCount: () => waiting.length });
}

const here = (source, value, sequence, seconds = 30) =>
  JSON.stringify(`HERE ${sequence} ${seconds} ${JSON.stringify(value)} ${source}`);
const told = (core) => core.events.filter(([kind]) => kind === 'presence');

test('two pages see each other come, type and leave', async () => {
  const [ada, bob] = [await makeTimedCore('ADA'), await makeTimedCore('BOB')];
  const line = talk(ada, bob);
  ada.setPresence({ name: 'Ada', typing: false });
  line.go();
  assert.deepEqual(bob.presence(), [{ source: 'ADA', value: { name: 'Ada', typing: false } }]);
  assert.deepEqual(ada.presence(), []);
  assert.deepEqual(told(bob), [['presence', 'ADA']]);
  assert.deepEqual(line.said.at(-1), ['ADA', here('ADA', { name: 'Ada', typing: false }, 1_000)]);
  ada.pass(100);
  ada.setPresence({ name: 'Ada', typing: true });
  line.go();
  assert.equal(bob.presence()[0].value.typing, true);
  ada.pass(100);
  ada.setPresence(null);
  line.go();
  assert.deepEqual(bob.presence(), []);
  assert.equal(told(bob).length, 3);
  assert.equal(ada.number('actions') + bob.number('actions'), 0, 'nothing of it is in the log');
});

test('who joins late is told, and who falls silent expires', async () => {
  const [ada, bob, eve] = await Promise.all(['ADA', 'BOB', 'EVE'].map((source) => makeTimedCore(source)));
  ada.setPresence({ n: 1 }, { lifetime: 6 });
  const first = talk(ada, bob);
  first.go();
  first.end();
  const second = talk(bob, eve);
  second.go();
  assert.deepEqual(eve.presence(), [{ source: 'ADA', value: { n: 1 } }]);
  for (const core of [bob, eve]) core.pass(6_000);
  assert.deepEqual([...bob.presence(), ...eve.presence()], []);
  assert.deepEqual(told(eve), [['presence', 'ADA'], ['presence', 'ADA']]);
  for (const core of [bob, eve]) core.pass(12_000);
  assert.equal(bob.timerCount() + eve.timerCount(), 0, 'then nothing is counted any longer');
});

test('a cursor that moves all the time is told ten times a second', async () => {
  const [ada, bob] = [await makeTimedCore('ADA'), await makeTimedCore('BOB')];
  const line = talk(ada, bob);
  line.said.length = 0;
  for (let ms = 0; ms < 1_000; ms += 10) {
    ada.setPresence({ x: ms });
    line.go();
    ada.pass(10);
  }
  line.go();
  assert.ok(line.said.length <= 12, `${line.said.length} lines`);
  assert.equal(bob.presence()[0].value.x, 990);
});

test('a page without a presence starts no timer and says nothing', async () => {
  const [ada, bob] = [await makeTimedCore('ADA'), await makeTimedCore('BOB')];
  const line = talk(ada, bob);
  ada.dispatch({ type: 'A', n: 1 });
  line.go();
  ada.setPresence(null);
  ada.pass(60_000);
  line.said.length = 0;
  line.go();
  assert.deepEqual(line.said, []);
  assert.equal(ada.timerCount(), 0);
});

test('what peers would refuse is refused here, and changes nothing', async () => {
  const [ada, bob] = [await makeTimedCore('ADA'), await makeTimedCore('BOB')];
  const line = talk(ada, bob);
  ada.setPresence({ n: 1 });
  line.go();
  ada.pass(100);
  for (const value of [undefined, 5, 'text', [], true, () => {}, { a: 'x'.repeat(1_020) }]) {
    assert.throws(() => ada.setPresence(value), TypeError, String(value));
  }
  for (const lifetime of [0, 2, 3_601, -1, NaN, 2 ** 40]) {
    assert.throws(() => ada.setPresence({ n: 2 }, { lifetime }), TypeError, String(lifetime));
  }
  line.go();
  assert.deepEqual(bob.presence(), [{ source: 'ADA', value: { n: 1 } }]);
});

test('a hostile peer neither stops the page, nor fills it, nor speaks for it', async () => {
  const core = await makeTimedCore('ME');
  core.setPresence({ name: 'me' });
  const [honest, hostile] = [core.openSession(), core.openSession()];
  core.receive(honest, here('B', { name: 'Bob' }, 5));
  const lines = Array.from({ length: 10_000 }, (_, n) => here(`evil ${n}`, { html: '<img onerror=alert(1)>' }, 1, 3_600));
  for (let n = 0; n < lines.length; n += 1_000) {
    assert.equal(core.receive(hostile, lines.slice(n, n + 1_000).join('\n')), true);
    core.pass(1_000);
  }
  assert.equal(core.presence().length, 1_024);
  assert.ok(core.presence().some(({ source }) => source === 'B'));
  core.receive(hostile, [here('ME', { name: 'them' }, 2 ** 40), '"GONE 1099511627777 30 ME"'].join('\n'));
  assert.ok(!core.presence().some(({ source }) => source === 'ME'));
  core.pass(1_000);
  const said = [];
  for (let text; (text = core.pull(honest)) !== null; core.pass(100)) said.push(...text.split('\n'));
  assert.ok(said.some((text) => text.startsWith('"HERE 1099511627778 30 {\\"name\\":\\"me\\"} ME')), 'we are corrected');
  for (const broken of ['"HERE"', '"HERE "', '"HERE 1 30 {"', '"HERE 1 30 [] A"', '"HERE 0 30 {} A"', '"HERE 1 30 {} __proto__"',
    '"HERE 1 30 {\\"__proto__\\":{\\"polluted\\":1}} P"', `"HERE 1 30 {} ${'x'.repeat(20_000)}"`, '"GONE 1 30 "']) {
    assert.equal(core.receive(hostile, broken), true, broken.slice(0, 40));
  }
  assert.equal({}.polluted, undefined);
  assert.ok(core.events.some(([kind, text]) => kind === 'refused' && /who is here/.test(text)));
});

for (const seed of [1, 2, 3, 4, 5]) {
  test(`pages in a line agree on who is here (seed ${seed})`, async () => {
    const random = seeded(seed);
    const cores = await Promise.all(['A', 'B', 'C', 'D'].map((source) => makeTimedCore(source)));
    const values = new Map();
    const lines = [];
    const link = (index) => { lines[index]?.end(); lines[index] = talk(cores[index], cores[index + 1]); };
    for (const index of [0, 1, 2]) link(index);
    for (let step = 0; step < 200; step++) {
      const index = Math.floor(random() * 4);
      const core = cores[index];
      if (random() < 0.6) {
        const value = random() < 0.2 ? null : { n: Math.floor(random() * 100) };
        core.setPresence(value, { lifetime: 5 });
        if (value) values.set(core.source, value); else values.delete(core.source);
      } else if (random() < 0.3) link(Math.floor(random() * 3));
      else if (random() < 0.5) for (const each of cores) each.pass(Math.floor(random() * 700));
      else lines[Math.floor(random() * 3)].go();
    }
    for (let ms = 0; ms < 25_000; ms += 50) {
      for (const line of lines) line.go();
      for (const core of cores) core.pass(50);
    }
    for (const core of cores) {
      const expected = [...values].filter(([source]) => source !== core.source).sort(([a], [b]) => (a < b ? -1 : 1));
      assert.deepEqual(core.presence(), expected.map(([source, value]) => ({ source, value })), core.source);
    }
  });
}
