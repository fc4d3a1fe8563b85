// SPDX-License-Identifier: MIT
//
// Long histories in the drop-in for Redux apps: how often the reducer is called, how much is copied, and for how long
// the page is held up.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { eventually, reaches } from './eventually.mjs';
import { line, makeHearing, say, skip, texts } from './redux-store.mjs';

describe('a long history', { skip }, () => {
  /** Reducers that count, and how often one was called between two other tasks. */
  function counting(reducer) {
    const count = { calls: 0, most: 0 };
    let before = 0;
    const tick = setInterval(() => {
      count.most = Math.max(count.most, count.calls - before);
      before = count.calls;
    }, 0);
    const counted = (state, action) => { count.calls += 1; return reducer(state, action); };
    return { count, stop: () => clearInterval(tick), reducer: counted };
  }

  const history = (length) => Array.from({ length }, (_, n) => line(`message ${n}`, n + 1, 'A'));

  test('50,000 messages by a reducer that changes its state: each is folded once, and copies are few', async (t) => {
    const took = {};
    for (const length of [25_000, 50_000]) {
      let copies = 0;
      const { count, stop, reducer } = counting((state = { messages: [] }, { type, payload }) => {
        if (type === 'SAY') state.messages.push(payload);
        return state;
      });
      const copy = (state) => { copies += 1; return { messages: state.messages.slice() }; };
      const { store, hear } = await makeHearing({ reducer, copy, freeze: false });
      const begun = performance.now();
      let notified = 0;
      store.subscribe(() => { notified += 1; });
      for (const text of history(length)) hear(text);
      await eventually('all', () => store.getState().messages.length === length && notified > 0);
      took[length] = performance.now() - begun;
      stop();
      t.diagnostic(
        `${length}: ${Math.round(took[length])} ms, ${count.calls} calls, ${copies} copies, ${notified} notifications`);
      assert.ok(count.calls <= length + 10, `${count.calls} calls`);
      assert.ok(copies <= length / 60, `${copies} copies`);
      const calls = count.calls;
      hear(line('late', length - 9.5, 'B'));
      await reaches('late', () => store.getState().messages.at(-11), 'a late one');
      assert.ok(count.calls - calls <= 2 * 11 + 128, `${count.calls - calls} calls for a late one`);
    }
  });

  test('getState of a reducer that changes its state gives another object whenever it has changed', async () => {
    const reducer = (state = { list: [] }, { type, payload }) => { if (type === 'SAY') state.list.push(payload); };
    const state = { list: ['initial'] };
    const copy = ({ list }) => ({ list: list.slice() });
    const { store, hear } = await makeHearing({ reducer, state, copy });
    const seen = [store.getState()];
    store.subscribe(() => seen.push(store.getState()));
    store.dispatch(say('a'));
    hear(line('late', 0.5, 'A'));
    await reaches(['initial', 'late', 'a'], () => store.getState().list, 'the state');
    assert.equal(new Set(seen).size, 3);
    store.replaceReducer((given, { type, payload }) => { if (type === 'SAY') given.list.unshift(payload); });
    assert.deepEqual(store.getState().list, ['a', 'late', 'initial']);
    assert.deepEqual(state, { list: ['initial'] }, 'the app\'s own is as it was');
    const viewed = await makeHearing({ reducer, state, copy, view: ({ list }) => list.length });
    viewed.store.dispatch(say('a'));
    assert.equal(viewed.store.getState(), 2);
  });

  test('a long replay with a slow reducer lets other tasks run in between', async () => {
    const wait = (ms) => { const end = performance.now() + ms; while (performance.now() < end); };
    const { count, stop, reducer } = counting((state = 0, { type }) => {
      if (type !== 'SAY') return state;
      wait(0.5);
      return state + 1;
    });
    const { store, hear } = await makeHearing({ reducer });
    for (const text of history(600)) hear(text);
    await reaches(600, () => store.getState(), 'the state');
    stop();
    assert.ok(count.most <= 64, `${count.most} calls of 0.5 ms in one task`);
  });

  test('during a long replay own actions show at once, and no half-folded state does', async () => {
    const { store, hear } = await makeHearing();
    store.dispatch(say('before'));
    let isOwn = false;
    const half = [];
    store.subscribe(() => {
      const [shown, known] = [texts(store).length, store.scuttlebutt.history().length - 1];
      if (!isOwn && shown !== known) half.push([shown, known]);
    });
    for (const text of history(5_000)) hear(text);
    await eventually('the history is here', () => store.scuttlebutt.history().length > 2_000);
    isOwn = true;
    store.dispatch(say('mine'));
    isOwn = false;
    assert.equal(texts(store).at(-1), 'mine');
    await reaches(5_002, () => texts(store).length, 'all');
    assert.equal(texts(store).filter((text) => text === 'mine').length, 1);
    assert.deepEqual(half, []);
  });
});
