// SPDX-License-Identifier: MIT
//
// Signing and verifying in the drop-in for Redux apps.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { META_SOURCE, META_TIMESTAMP, UPDATE_SNAPSHOT } from '../../Web/redux.js';
import { eventually, reaches } from './eventually.mjs';
import { Answers, header, line, listenToConsole, makeHearing, say, skip, texts } from './redux-store.mjs';

describe('an app that signs and verifies', { skip }, () => {
  test('a verifier is asked about others\' actions; one it refuses is left out and never passed on', async () => {
    const answers = new Answers();
    const { store, io, hear } = await makeHearing({ dispatcherOptions: { verifyAsync: answers.ask } });
    hear(line('a1', 1, 'A') + line('a2', 2, 'A') + line('b1', 1, 'B') + line('a3', 3, 'A'));
    await eventually('the questions', () => answers.count === 4);
    assert.deepEqual(answers.actions.map(({ payload, meta }) => [payload, meta[META_TIMESTAMP], meta[META_SOURCE]]),
      [['a1', 1, 'A'], ['a2', 2, 'A'], ['b1', 1, 'B'], ['a3', 3, 'A']]);
    answers.answer('a3');
    answers.answer('a2', false);
    answers.answer('b1');
    await reaches(['b1'], () => texts(store), 'a slow one holds back its own source only');
    answers.answer('a1');
    await reaches(['a1', 'b1', 'a3'], () => texts(store), 'each source in its order, without what was refused');

    // To a peer that has nothing it gives what was accepted.
    io.lose();
    io.written.length = 0;
    io.open();
    hear(header);
    await eventually('the history', () => io.updates.length === 3);
    assert.deepEqual(io.updates.map(([{ payload }]) => payload), ['a1', 'b1', 'a3']);
  });

  test('a refused action moves no clock and is not verified twice', async () => {
    const answers = new Answers();
    const { store, io, hear } = await makeHearing({ dispatcherOptions: { verifyAsync: answers.ask } });
    hear(line('forged', 100, 'A'));
    await eventually('the question', () => answers.count === 1);
    answers.answer('forged', false);
    io.lose();
    io.open();
    hear(header + line('forged', 100, 'A') + line('real', 5, 'A'));
    await eventually('the question', () => answers.count === 1);
    answers.answer('real');
    await reaches(['real'], () => texts(store), 'the earlier one');
    assert.equal(io.lines.some((text) => text.includes('"A":100')), false);
    assert.equal(answers.count, 0);
  });

  test('a verdict that comes after its connection has ended is ignored, and the action is judged again', async () => {
    const answers = new Answers();
    const { store, io, hear } = await makeHearing({ dispatcherOptions: { verifyAsync: answers.ask } });
    hear(line('a', 1, 'A'));
    await eventually('the question', () => answers.count === 1);
    io.lose();
    answers.answer('a');
    io.open();
    hear(header + line('a', 1, 'A'));
    await eventually('the question again', () => answers.count === 1);
    assert.deepEqual(texts(store), []);
    answers.answer('a');
    await reaches(['a'], () => texts(store), 'the state');
  });

  test('a verifier that throws refuses, and one that answers twice has answered once', async (t) => {
    const { said } = listenToConsole(t);
    const verifyAsync = (callback, { payload }) => {
      if (payload === 'bad') throw new Error('unsigned');
      callback(payload !== 'no');
      callback(payload === 'no');
    };
    const { store, hear } = await makeHearing({ dispatcherOptions: { verifyAsync } });
    hear(line('a', 1, 'A') + line('bad', 2, 'A') + line('no', 3, 'A') + line('b', 4, 'A'));
    await reaches(['a', 'b'], () => texts(store), 'the state');
    assert.equal(said.length, 1);
    assert.match(said[0][0], /verifyAsync failed/);
    store.dispatch(say('no'));
    store.dispatch(say('own'));
    assert.deepEqual(texts(store), ['a', 'b', 'own'], 'own actions are verified as well');
  });

  test('verifiers and signers can read the history and the state', async () => {
    let told = [];
    const look = (callback, action, getHistory) => { told.push(getHistory()); callback(action); };
    const { store, hear } = await makeHearing({ dispatcherOptions: { verifyAsync: look, signAsync: look } });
    hear(line('a', 7, 'A'));
    await reaches(['a'], () => texts(store), 'the state');
    hear(line('b', 3, 'B'));
    await reaches(['b', 'a'], () => texts(store), 'the state');
    told = [];
    store.dispatch(say('own'));
    for (const history of told) {
      assert.deepEqual(history.map(([action, ...stamp]) => [action.payload, ...stamp.slice(0, 2)]),
        [[undefined, undefined, undefined], ['b', 3, 'B'], ['a', 7, 'A']]);
      assert.deepEqual(history.at(-1)[UPDATE_SNAPSHOT].messages.map(({ text }) => text), ['b', 'a']);
    }
    assert.equal(told.length, 2);
  });

  test('own actions are signed before they are stamped, and leave in the order of their dispatch', async () => {
    const answers = new Answers();
    const { store, io } = await makeHearing({ dispatcherOptions: { signAsync: answers.ask } });
    const action = say('one');
    assert.equal(store.dispatch(action), action);
    for (const text of ['two', 'three']) store.dispatch(say(text));
    const sign = (given) => ({ ...given, meta: { ...given.meta, signature: `${given.payload}!` } });
    answers.answer('three', sign);
    answers.answer('two', false);
    assert.deepEqual(texts(store), [], 'nothing is shown before the first is signed');
    assert.equal(store.scuttlebutt.pending, 3);
    answers.answer('one', sign);
    assert.deepEqual(texts(store), ['one', 'three']);
    await eventually('what is sent', () => io.updates.length === 2);
    assert.deepEqual(io.updates.map(([{ payload, meta }, timestamp]) => [payload, meta.signature, timestamp]),
      [['one', 'one!', 1], ['three', 'three!', 2]]);
    assert.equal(action.meta, undefined);
  });

  test('a signer that throws loses its action only', async (t) => {
    const { said } = listenToConsole(t);
    const signAsync = (callback, action) => {
      if (action.payload === 'bad') throw new Error('no key');
      callback(action);
    };
    const { store } = await makeHearing({ dispatcherOptions: { signAsync } });
    for (const text of ['a', 'bad', 'b']) store.dispatch(say(text));
    assert.deepEqual(texts(store), ['a', 'b']);
    assert.match(said[0][0], /signAsync failed/);
  });
});
