// SPDX-License-Identifier: MIT
//
// Names and colours: what is remembered, and how the text of strangers is shown.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const People = createRequire(import.meta.url)('../../Web/people.js');
const { BOUNDS, COLOURS, Names, shown } = People;

const named = (name, source) => ({ action: { type: 'A', name }, source });

class Storage extends Map {
  getItem(key) { return this.get(key) ?? null; }
  setItem(key, value) { this.set(key, value); }
  removeItem(key) { this.delete(key); }
}

test('a name is one line of text without unseen characters', () => {
  assert.equal(shown(' Ada  \n Lovelace\t'), 'Ada Lovelace');
  assert.equal(shown('\u202egro.live\u202c'), 'gro.live');
  assert.equal(shown('A\u0000d\u0007a\u200b\ufeff\u2066'), 'A d a');
  assert.equal(shown('<script>x</script>'), '<script>x</script>', 'it is text, and is shown as text');
  assert.equal(shown('half \ud83d'), 'half \ufffd');
  assert.equal(shown('👩‍👩‍👧 中文 אב'), '👩‍👩‍👧 中文 אב');
  for (const other of [null, undefined, 3, {}, ['x'], '', '\u200b', ' \n ']) assert.equal(shown(other), '');
});

test('words of ASCII and others are cut at the same place', () => {
  for (const [text, cut] of [['abcdef', 'abcd…'], ['äbcdef', 'äbcd…'], ['abcd', 'abcd'], ['äbcd', 'äbcd'], ['abcd\u0301e', 'abcd\u0301…']]) {
    assert.equal(shown(text, 4), cut);
  }
  for (const text of ['a  b', ' ab', 'ab ', 'a\u00a0\u00a0b']) assert.doesNotMatch(shown(text, 9), /^\s|\s\s|\s$/);
});

test('a huge name is cut, and so is a character with a thousand marks', () => {
  assert.equal(shown('x'.repeat(10_000_000)), `${'x'.repeat(BOUNDS.name)}…`);
  assert.equal(shown('👩‍👩‍👧'.repeat(100), 3), '👩‍👩‍👧👩‍👩‍👧👩‍👩‍👧…');
  assert.ok(shown(`e${'\u0301'.repeat(100_000)}`).length <= BOUNDS.name * BOUNDS.units + 1);
});

test('a name is kept, and where the browser denies storage it holds for the page', () => {
  const storage = new Storage();
  new Names('ME', storage).choose(' Ada ');
  assert.equal(new Names('ME', storage).own, 'Ada');
  new Names('ME', storage).choose('');
  assert.equal(new Names('ME', storage).own, '');
  const denied = { getItem() { throw new Error('denied'); }, setItem() { throw new Error('denied'); } };
  for (const storage of [denied, undefined, { ...denied, getItem: () => null }]) {
    const names = new Names('ME', storage);
    names.choose('Ada');
    assert.equal(names.own, 'Ada');
    assert.deepEqual(names.sign({ type: 'A' }), { type: 'A', name: 'Ada' });
  }
  assert.deepEqual(new Names('ME').sign({ type: 'A' }), { type: 'A' });
});

test('a poisoned storage gives a bounded name', () => {
  const storage = new Storage([['scuttlebutt:name', `\u202e${'x'.repeat(1_000)}`]]);
  assert.equal(new Names('ME', storage).own, `${'x'.repeat(BOUNDS.name)}…`);
});

test('others are called by the name they used last, or by the beginning of their source', () => {
  const names = new Names('ME');
  assert.equal(names.learn([named('Ben', 'B'), named('Bob', 'B'), named(undefined, 'C'), named({}, 'D')]), true);
  assert.equal(names.learn([named('Bob', 'B')]), false);
  assert.deepEqual(['B', 'CCCCCCCC', 'ME'].map((source) => names.of(source)), ['Bob', 'peer CCCC…', 'you']);
  assert.deepEqual(['B', 'CC1'].map((source) => names.initial(source)), ['B', 'CC']);
  names.choose('ada');
  assert.equal(names.initial('ME'), 'A');
  names.choose('👩‍👩‍👧 family');
  assert.equal(names.initial('ME'), '👩‍👩‍👧');
});

test('nobody can pass for the reader', () => {
  const names = new Names('ME');
  names.learn([named('You', 'ABCDE')]);
  assert.equal(names.of('ABCDE'), 'You (peer ABCD…)');
});

test('of more sources than fit the oldest name is forgotten', () => {
  const names = new Names('ME');
  names.learn(Array.from({ length: BOUNDS.sources + 1 }, (_, n) => named('Ada', `source ${n}`)));
  assert.match(names.of('source 0'), /^peer/);
  assert.equal(names.of('source 1'), 'Ada');
});

test('a colour follows from the source, and all are used', () => {
  const sources = Array.from({ length: 1_000 }, (_, n) => (n * 7_919).toString(16).toUpperCase());
  const counts = new Array(COLOURS).fill(0);
  for (const source of sources) counts[People.colour(source)] += 1;
  for (const count of counts) assert.ok(count > 60, `${counts}`);
  assert.equal(People.colour('ABC'), People.colour('ABC'));
});

test('names in a sentence', () => {
  assert.equal(People.list(['Ada']), 'Ada');
  assert.equal(People.list(['Ada', 'Ben', 'Ada']), 'Ada and Ben');
  assert.equal(People.list(['Ada', 'Ben', 'Cy']), 'Ada, Ben and 1 other');
  assert.equal(People.list(['Ada', 'Ben', 'Cy', 'Di']), 'Ada, Ben and 2 others');
  assert.equal(People.list(['Ada', 'אבי']), 'Ada and \u2068אבי\u2069', 'a name from right to left turns only itself');
});
