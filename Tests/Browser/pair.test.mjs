// SPDX-License-Identifier: MIT
//
// The connection within a page, alone and between two peers.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { MemoryStorage, Peer } from '../../Web/peer.js';
import { compiled } from './module.mjs';
import { eventually } from './eventually.mjs';
import { log, settle } from './played-world.mjs';

const require = createRequire(import.meta.url);
const Pair = require('../../Web/pair.js');

/** Listens to an end; what it hears is in the list. */
function listen(end) {
  const heard = [];
  end.onopen = () => heard.push('open');
  end.onmessage = ({ data }) => heard.push(data);
  end.onclose = ({ code }) => heard.push(code);
  return heard;
}

/** Two ends whose deliveries are made when the test says so. */
function played() {
  const tasks = [];
  const [a, b] = Pair.make({ later: (body) => tasks.push(body) });
  return { a, b, heardByA: listen(a), heardByB: listen(b), work: () => { while (tasks.length > 0) tasks.shift()(); } };
}

test('both ends open, and each hears what the other sends, in order, in a later task', () => {
  const { a, b, heardByA, heardByB, work } = played();
  work();
  a.send('1');
  a.send('2');
  b.send('x');
  assert.deepEqual([heardByA, heardByB], [['open'], ['open']]);
  assert.equal(a.bufferedAmount, 2);
  work();
  assert.deepEqual([heardByA, heardByB], [['open', 'x'], ['open', '1', '2']]);
  assert.equal(a.bufferedAmount, 0);
});

test('what was sent before a close arrives before it, and nothing after', () => {
  const { a, b, heardByA, heardByB, work } = played();
  work();
  a.send('last');
  a.close(4_000, 'enough');
  a.send('too late');
  b.send('to nobody');
  work();
  assert.deepEqual(heardByB, ['open', 'last', 4_000]);
  assert.deepEqual(heardByA, ['open', 4_000]);
  a.close();
  b.close();
  work();
  assert.equal(heardByB.length, 3, 'it ends once');
});

test('more than may wait closes both ends', () => {
  const { a, heardByA, heardByB, work } = played();
  work();
  const half = 'x'.repeat(Pair.MAXIMUM_WAITING / 2);
  for (const part of [half, half, 'x']) a.send(part);
  work();
  assert.deepEqual([heardByA, heardByB], [['open', 1009], ['open', 1009]]);
});

test('who dials first waits, and a dial that was given up is not joined', () => {
  const tasks = [];
  const Socket = Pair.meeting({ later: (body) => tasks.push(body) });
  const work = () => { while (tasks.length > 0) tasks.shift()(); };
  const [first, heardByFirst] = [new Socket('any')].flatMap((end) => [end, listen(end)]);
  work();
  assert.throws(() => first.send('x'), /not open/);
  first.close();
  const heard = [new Socket('any')].map(listen)[0];
  work();
  assert.deepEqual([heardByFirst, heard], [[1000], []]);
  const third = listen(new Socket('any'));
  work();
  assert.deepEqual([heard, third], [['open'], ['open']]);
});

test('two peers that dial each other in one page agree, part, and agree again', async (t) => {
  const WebSocket = Pair.meeting();
  const [ada, ben] = await Promise.all(['ADA', 'BEN'].map((source) => Peer.create({
    module: compiled, reducer: log, source, url: 'pair:', WebSocket, storage: new MemoryStorage(),
  })));
  t.after(() => { ada.close(); ben.close(); });
  ada.goOnline();
  ben.goOnline();
  const agree = (length) => eventually('both agree', () => [ada.getState(), ben.getState()], ([one, other]) => (
    one.length === length && String(one) === String(other)));
  ada.dispatch({ type: 'A', n: 1 });
  ben.dispatch({ type: 'A', n: 2 });
  await agree(2);
  ben.goOffline();
  await settle();
  for (const n of [3, 4]) ada.dispatch({ type: 'A', n });
  ben.dispatch({ type: 'A', n: 5 });
  await settle();
  assert.notDeepEqual(ada.getState(), ben.getState());
  ben.goOnline();
  await agree(5);
});
