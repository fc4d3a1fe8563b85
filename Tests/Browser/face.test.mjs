// SPDX-License-Identifier: MIT
//
// What a page asks of its peer to show how the order came about. Only the public face is used.
import test from 'node:test';
import assert from 'node:assert/strict';
import { connected } from './played-world.mjs';

test('methods work without their peer before the dot, so that useSyncExternalStore takes them', async () => {
  const { peer } = await connected();
  const { dispatch, getState, subscribe, subscribeStatus, status, history, goOffline, goOnline } = peer;
  let told = 0;
  const end = subscribe(() => { told += 1; });
  subscribeStatus(() => {})();
  dispatch({ type: 'A', n: 1 });
  assert.equal(told, 1);
  end();
  dispatch({ type: 'A', n: 2 });
  assert.equal(told, 1);
  assert.deepEqual(getState(), [1, 2]);
  assert.equal(getState(), getState(), 'the same state is the same value');
  assert.deepEqual(history().map(([, timestamp]) => timestamp), [1, 2]);
  goOffline();
  assert.equal(status().phase, 'offline');
  goOnline();
  assert.equal(status().phase, 'connecting');
});
