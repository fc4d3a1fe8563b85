// SPDX-License-Identifier: MIT
//
// What the strip says and which of its marks change, without a browser.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';

const Strip = createRequire(import.meta.url)('../../Web/strip.js');

const words = (given) => Strip.words({ late: 1, again: 1, own: 0, names: ['Ada'], before: null, after: null, ...given });

test('the line of words says who was late, what ran again, and what came of it', () => {
  assert.equal(words({ late: 3, again: 6, own: 4, before: '24', after: '22' }),
    '3 earlier actions from Ada arrived, 4 of yours ran again: 24 → 22');
  assert.equal(words({ late: 1, again: 2, own: 0, before: '24', after: '24' }),
    '1 earlier action from Ada arrived, 2 ran again: still 24');
  assert.equal(words({ names: ['Ada', 'Ben', 'Ada', 'Cy'], late: 9, again: 2_000, own: null }),
    '9 earlier actions from Ada, Ben and 1 other arrived, 2,000 ran again');
  assert.equal(words({ again: 0 }), '1 earlier action from Ada arrived');
  assert.equal(words({ own: 1, whose: 'of Ben’s' }), '1 earlier action from Ada arrived, 1 of Ben’s ran again');
});

test('from one drawing to the next only what differs goes or comes', () => {
  const changes = Strip.changes(['1@a', '2@a', '3@a'], ['2@a', '2@b', '3@a', '4@a']);
  assert.deepEqual(changes, { gone: ['1@a'], fresh: ['2@b', '4@a'] });
  assert.deepEqual(Strip.changes([], []), { gone: [], fresh: [] });
});
