// SPDX-License-Identifier: MIT
//
// The drop-in for Redux apps in one store of the real Redux: what an app sees that changes one import.
import { describe, test } from 'node:test';
import assert from 'node:assert/strict';
import scuttlebutt, * as face from '../../Web/redux.js';
import { agree, join, PlayedPrimus } from './played-primus.mjs';
import { eventually, reaches } from './eventually.mjs';
import {
  counter, increment, listenToConsole, make, makeEarly, messages, options, redux, say, skip, texts,
} from './redux-store.mjs';

const { META_SOURCE, META_TIMESTAMP } = face;

describe('a Redux store with the drop-in', { skip }, () => {
  test('the constants are the original\'s', () => {
    const { UPDATE_ACTION, UPDATE_TIMESTAMP, UPDATE_SOURCE, UPDATE_SNAPSHOT } = face;
    assert.deepEqual([META_TIMESTAMP, META_SOURCE], ['@@scuttlebutt/TIMESTAMP', '@@scuttlebutt/SOURCE']);
    assert.deepEqual([UPDATE_ACTION, UPDATE_TIMESTAMP, UPDATE_SOURCE, UPDATE_SNAPSHOT], [0, 1, 2, 3]);
    assert.equal(face.isGossipType('A'), true);
    assert.equal(face.isGossipType(undefined), true);
    assert.equal(face.isGossipType('@A'), false);
  });

  test('devToolsStateSanitizer gives the state, of a history and of itself', async () => {
    const store = await make();
    store.dispatch(say('a'));
    assert.equal(face.devToolsStateSanitizer(store.getState()), store.getState());
    assert.equal(face.devToolsStateSanitizer(store.scuttlebutt.history()), store.getState());
    assert.equal(face.devToolsStateSanitizer([[increment, 1, 'A', 5], [increment, 2, 'B', 6]]), 6);
    const initial = [];
    initial[face.UPDATE_SNAPSHOT] = 7;
    assert.equal(face.devToolsStateSanitizer([initial]), 7);
    for (const state of [[], [1, 2], [['a', 'b']], {}, 0, null]) {
      assert.equal(face.devToolsStateSanitizer(state), state);
    }
  });

  test('it works at once; actions dispatched before the core is loaded are stamped and sent afterwards', async () => {
    const store = makeEarly({ source: 'ME' });
    assert.deepEqual(store.getState(), { counter: 0, messages: [] });
    const action = say('early');
    assert.equal(store.dispatch(action), action, 'dispatch returns the action');
    store.dispatch(increment);
    assert.deepEqual(store.getState(), { counter: 1, messages: [{ text: 'early', time: undefined, author: 'ME' }] });
    assert.equal(store.scuttlebutt.pending, 2);
    let calls = 0;
    store.subscribe(() => { calls += 1; });
    assert.equal(await store.scuttlebutt.ready, true);
    const expected = { counter: 1, messages: [{ text: 'early', time: 1, author: 'ME' }] };
    await reaches(expected, () => store.getState(), 'the stamps');
    assert.equal(calls, 1, 'subscribers are told once');
    const { io } = store.scuttlebutt;
    io.open();
    io.emit('data', '{"id":"S","clock":{}}\n');
    await eventually('the actions', () => io.updates.length === 2);
    assert.deepEqual(io.updates.map(([{ type, payload }, ...stamp]) => [type, payload, ...stamp]),
      [['SAY', 'early', 1, 'ME'], ['INCREMENT', undefined, 2, 'ME']]);
    assert.deepEqual(action, say('early'), 'the app\'s own action is as it was');
  });

  test('actions that wait for the core are bounded', () => {
    const store = makeEarly({ primus: false });
    for (let n = 0; n < face.BOUNDS.early; n++) store.dispatch(increment);
    assert.throws(() => store.dispatch(increment), RangeError);
    assert.equal(store.getState().counter, face.BOUNDS.early);
  });

  test('a page that cannot load the core works alone and says why', async (t) => {
    const { said } = listenToConsole(t);
    const store = makeEarly({ module: new Uint8Array(8) });
    store.dispatch(increment);
    assert.equal(await store.scuttlebutt.ready, false);
    assert.match(String(store.scuttlebutt.fault), /cannot be loaded/);
    for (let n = 0; n < face.BOUNDS.early; n++) store.dispatch(increment);
    store.dispatch({ type: '@LOCAL' });
    assert.equal(store.getState().counter, face.BOUNDS.early + 1);
    assert.equal(said.length, 1);
    assert.deepEqual(store.scuttlebutt.io.ends, [undefined], 'the connection is ended for good');
  });

  test('a core that stops is reported, and the store works alone from then on', async (t) => {
    const { said } = listenToConsole(t);
    let isFailing = false;
    const copy = (state) => {
      if (isFailing) throw new RangeError('too deep'); // an exception out of the module, as a trap is
      return { ...state };
    };
    const reducer = (state = { count: 0 }, { type }) => { if (type === 'INCREMENT') state.count += 1; return state; };
    const store = await make({ reducer, copy });
    for (let n = 0; n < 10; n++) store.dispatch(increment);
    isFailing = true;
    assert.throws(() => { for (let n = 0; n < 1_000; n++) store.dispatch(increment); }, /has stopped/);
    assert.match(said[0][0], /works alone/);
    assert.match(store.scuttlebutt.fault.message, /has stopped/);
    const { count } = store.getState();
    assert.ok(count >= 10);
    store.dispatch(increment);
    assert.equal(store.getState().count, count + 1);
    assert.deepEqual(store.scuttlebutt.io.ends, [undefined]);
  });

  test('dispatch is synchronous, returns the action, and tells subscribers once', async () => {
    const store = await make({ source: 'ME' });
    const heard = [];
    const stop = store.subscribe(() => heard.push(store.getState().counter));
    assert.equal(store.dispatch(increment), increment);
    store.dispatch(increment);
    stop();
    store.dispatch(increment);
    assert.deepEqual(heard, [1, 2]);
    const before = store.getState();
    store.dispatch({ type: 'UNKNOWN' });
    assert.equal(store.getState(), before, 'an unknown action leaves the state identical');
  });

  test('an unknown first action leaves the initial state identical', async () => {
    const state = { counter: 5, messages: [] };
    const store = await make({ state });
    assert.equal(store.getState(), state);
    store.dispatch({ type: 'UNKNOWN' });
    assert.equal(store.getState(), state);
  });

  test('a value that is not an action is refused, as by Redux, and changes nothing', async () => {
    const store = await make();
    for (const action of [undefined, null, 5, 'A', () => {}, {}]) assert.throws(() => store.dispatch(action));
    const circular = { type: 'A' };
    circular.self = circular;
    assert.throws(() => store.dispatch(circular), TypeError);
    assert.equal(store.scuttlebutt.history().length, 1);
    store.dispatch(increment);
    assert.equal(store.getState().counter, 1);
  });

  test('the stamp is in meta, not enumerable, and survives combineReducers', async () => {
    const seen = [];
    const spy = (state = null, action) => { if (action.type === 'A') seen.push(action); return state; };
    const reducer = redux.combineReducers({ inner: redux.combineReducers({ spy }) });
    const store = await make({ source: 'ME', reducer });
    const action = { type: 'A', meta: { mine: 1, [META_SOURCE]: 'forged' } };
    store.dispatch(action);
    store.dispatch(action);
    assert.deepEqual(seen.map(({ meta }) => [meta[META_TIMESTAMP], meta[META_SOURCE]]), [[1, 'ME'], [2, 'ME']]);
    assert.deepEqual(Object.keys(seen[0].meta), ['mine']);
    assert.equal(JSON.stringify(seen[0].meta), '{"mine":1}');
    assert.equal(action.meta[META_SOURCE], 'forged', 'the app\'s own action is as it was');
  });

  test('Symbol.observable gives the states', async () => {
    // Redux uses the symbol if there is one, and this name otherwise.
    const key = (typeof Symbol === 'function' && Symbol.observable) || '@@observable';
    const store = await make();
    const seen = [];
    const { unsubscribe } = store[key]().subscribe({ next: (state) => seen.push(state.counter) });
    store.dispatch(increment);
    unsubscribe();
    store.dispatch(increment);
    assert.deepEqual(seen, [0, 1]);
    assert.equal(store[key]()[key]()[key] !== undefined, true);
  });

  test('middleware before it sees what this page dispatches, and thunks work', async () => {
    const seen = [];
    const log = () => (next) => (action) => { seen.push(action.type); return next(action); };
    const thunk = (api) => (next) => (action) => (
      typeof action === 'function' ? action(api.dispatch, api.getState) : next(action));
    const enhancer = redux.compose(redux.applyMiddleware(thunk, log), scuttlebutt(options()));
    const store = redux.createStore(counter, undefined, enhancer);
    await store.scuttlebutt.ready;
    const result = store.dispatch((dispatch, getState) => {
      dispatch(increment);
      if (getState() % 2 === 1) dispatch(increment);
      return 'done';
    });
    assert.equal(result, 'done');
    assert.equal(store.dispatch(increment), increment);
    assert.equal(store.getState(), 3);
    const other = await make({ reducer: counter });
    join(store, other);
    other.dispatch(increment);
    await agree(store, other);
    assert.equal(store.getState(), 4);
    assert.deepEqual(seen, ['INCREMENT', 'INCREMENT', 'INCREMENT'], 'not what others did');
  });

  test('middleware after it sees all actions and the app\'s state; what it dispatches stays local', async () => {
    const seen = [];
    const log = (api) => (next) => (action) => {
      const result = next(action);
      seen.push([action.type, action.meta?.[META_SOURCE], api.getState()]);
      if (action.meta?.[META_TIMESTAMP] === 2) api.dispatch({ type: 'DECREMENT' });
      return result;
    };
    const enhancer = redux.compose(scuttlebutt(options({ source: 'A' })), redux.applyMiddleware(log));
    const store = redux.createStore(counter, undefined, enhancer);
    await store.scuttlebutt.ready;
    store.dispatch(increment);
    const other = await make({ reducer: counter, source: 'B' });
    join(store, other);
    await eventually('the first', () => other.getState() === 1);
    other.dispatch(increment);
    const expected = [['INCREMENT', 'A', 1], ['INCREMENT', 'B', 2], ['DECREMENT', undefined, 1]];
    await reaches(expected, () => seen, 'what middleware saw');
    assert.equal(other.getState(), 2);
    assert.equal(store.scuttlebutt.history().length, 3);
    other.dispatch(increment);
    await reaches(2, () => store.getState(), 'its own decrement is kept');
  });

  test('middleware after it that changes or swallows an action does not make peers diverge', async () => {
    const held = [];
    let next;
    const odd = () => (given) => (action) => {
      next = given;
      if (action.payload === 'held') { held.push(action); return action; }
      return next(action.payload === 'changed' ? { ...action, payload: 'another' } : action);
    };
    const enhancer = redux.compose(scuttlebutt(options()), redux.applyMiddleware(odd));
    const store = redux.createStore(redux.combineReducers({ counter, messages }), undefined, enhancer);
    await store.scuttlebutt.ready;
    for (const text of ['changed', 'held', 'last']) store.dispatch(say(text));
    assert.deepEqual(texts(store), ['changed', 'held', 'last']);
    store.dispatch(say('newest'));
    next(held[0]);
    assert.deepEqual(texts(store), ['changed', 'held', 'last', 'newest'], 'one that comes late shows the newest state');
  });

  test('a developer tool after it that recomputes states sees those of the app, and changes nothing', async () => {
    // As the Redux DevTools do: the store inside holds actions, and its state is computed from them.
    const tool = (createStore) => (reducer, state, enhancer) => {
      const init = { type: '@@INIT' };
      const lifted = createStore(({ actions, shown } = { actions: [] }, action) => {
        const kept = action.perform ? [...actions, action.perform] : actions;
        const states = [init, ...kept].reduce((list, one) => [...list, reducer(list.at(-1), one)], [state]).slice(1);
        return { actions: kept, states, shown: action.type === 'JUMP' ? action.to : shown };
      }, undefined, enhancer);
      const jump = (to) => lifted.dispatch({ type: 'JUMP', to });
      const dispatch = (action) => { lifted.dispatch({ type: 'PERFORM', perform: action }); return action; };
      const getState = () => lifted.getState().states.at(lifted.getState().shown ?? -1);
      return { ...lifted, lifted, jump, dispatch, getState };
    };
    const reducer = (state = 0, { type }) => (type === '@LOCAL' ? state + 100 : counter(state, { type }));
    const store = redux.createStore(reducer, undefined, redux.compose(scuttlebutt(options({ source: 'B' })), tool));
    await store.scuttlebutt.ready;
    for (const action of [increment, { type: '@LOCAL' }, increment]) store.dispatch(action);
    assert.deepEqual(store.lifted.getState().states, [0, 1, 101, 102]);
    store.jump(1);
    assert.equal(store.getState(), 1, 'an earlier state is looked at');
    store.jump(undefined);
    const other = await make({ reducer, source: 'A' });
    other.dispatch(increment);
    join(store, other);
    await reaches(103, () => store.getState(), 'the state');
    assert.equal(store.scuttlebutt.history().length, 4);
  });

  test('it can be applied once only', (t) => {
    listenToConsole(t);
    const twice = redux.compose(scuttlebutt(options()), scuttlebutt(options()));
    assert.throws(() => redux.createStore(counter, undefined, twice), /twice/);
    assert.throws(() => redux.createStore(5, undefined, scuttlebutt(options())), /root reducer/);
  });

  test('an enhancer that is passed to its createStore is used', async () => {
    const seen = [];
    const log = () => (next) => (action) => { seen.push(action.type); return next(action); };
    const createStore = scuttlebutt(options())(redux.createStore);
    const store = createStore(counter, 3, redux.applyMiddleware(log));
    await store.scuttlebutt.ready;
    store.dispatch(increment);
    assert.equal(store.getState(), 4);
    assert.deepEqual(seen, ['INCREMENT']);
  });

  test('a reducer that throws is shown once, and the state is as before', async (t) => {
    const { said } = listenToConsole(t);
    const reducer = (state = ['first'], action) => {
      if (action.type !== 'SAY') return state;
      if (action.payload === 'bad') throw new Error('no');
      return action.payload === 'none' ? undefined : [...state, action.payload];
    };
    const [store, other] = await Promise.all([make({ reducer, source: 'B' }), make({ reducer, source: 'A' })]);
    for (const text of ['a', 'bad', 'none', 'b']) store.dispatch(say(text));
    assert.deepEqual(store.getState(), ['first', 'a', 'b']);
    assert.equal(said.length, 2);
    assert.match(said[0][0], /reducer failed/);
    assert.equal(said[0][1].message, 'no');
    assert.match(said[1][1].message, /returned undefined/);
    other.dispatch(say('late'));
    join(store, other);
    await agree(store, other);
    assert.deepEqual(store.getState(), ['first', 'late', 'a', 'b']);
    assert.equal(said.length, 4, 'once in each store, however often it is folded');
  });

  test('errors on the console are bounded', async (t) => {
    const { said } = listenToConsole(t);
    const reducer = (state = 0, { type }) => {
      if (type === 'A') throw new Error('no');
      return state;
    };
    const store = await make({ reducer });
    for (let n = 0; n < 1_000; n++) store.dispatch({ type: 'A' });
    assert.equal(said.length, face.BOUNDS.complaints + 1);
    assert.equal(store.getState(), 0);
  });

  test('a reducer may not use its store', async (t) => {
    const { said } = listenToConsole(t);
    let store;
    const uses = {
      DISPATCH: () => store.dispatch(increment),
      GET: () => store.getState(),
      SUBSCRIBE: () => store.subscribe(() => {}),
    };
    const reducer = (state = 0, { type }) => { uses[type]?.(); return counter(state, { type }); };
    store = await make({ reducer });
    for (const type of Object.keys(uses)) store.dispatch({ type });
    assert.deepEqual(said.map(([, error]) => /may not/.test(error.message)), [true, true, true]);
    store.dispatch(increment);
    assert.equal(store.getState(), 1);
  });

  test('a subscriber may dispatch', async () => {
    const store = await make({ reducer: counter });
    store.subscribe(() => { if (store.getState() < 5) store.dispatch(increment); });
    store.dispatch(increment);
    assert.equal(store.getState(), 5);
  });

  test('replaceReducer folds all actions again, before the core is loaded and after', async () => {
    for (const isEarly of [true, false]) {
      const store = makeEarly({ reducer: counter, state: 10 });
      if (!isEarly) await store.scuttlebutt.ready;
      for (let n = 0; n < 200; n++) store.dispatch(increment);
      assert.equal(store.getState(), 210);
      let calls = 0;
      store.subscribe(() => { calls += 1; });
      store.replaceReducer((state = 0, { type }) => (type === 'INCREMENT' ? state + 2 : state));
      assert.deepEqual([store.getState(), calls], [410, 1]);
      await store.scuttlebutt.ready;
      store.dispatch(increment);
      assert.equal(store.getState(), 412);
      assert.throws(() => store.replaceReducer(5));
      assert.throws(() => store.replaceReducer(() => { throw new Error('no'); }), /no/);
      store.dispatch(increment);
      assert.equal(store.getState(), 414);
    }
  });

  test('actions are frozen in development, so that a reducer that changes one is found', async (t) => {
    const { said } = listenToConsole(t);
    const reducer = (state = [], { type, payload }) => {
      if (type === 'ADD') return [...state, payload];
      if (type === 'DONE') state[0].isDone = true; // an object of an action
      return state;
    };
    const store = await make({ reducer });
    const payload = { isDone: false };
    store.dispatch({ type: 'ADD', payload });
    store.dispatch({ type: 'DONE' });
    assert.match(String(said[0]?.[1]), /read only|Cannot assign/);
    assert.equal(store.getState()[0].isDone, false);
    payload.isDone = true; // the app's own is not frozen
    const careless = await make({ reducer, freeze: false });
    careless.dispatch({ type: 'ADD', payload: { isDone: false } });
    careless.dispatch({ type: 'DONE' });
    assert.equal(careless.getState()[0].isDone, true);
    assert.equal(said.length, 1);
  });

  test('the options are passed to Primus as in the original', async () => {
    const primus = new PlayedPrimus();
    const primusOptions = { timeout: 5 };
    const store = await make({ primus, uri: 'http://example.test:3000', primusOptions });
    assert.equal(store.scuttlebutt.io, primus);
    assert.deepEqual([primus.uri, primus.options], ['http://example.test:3000', primusOptions]);
    globalThis.Primus = new PlayedPrimus();
    try {
      assert.equal((await make({ primus: undefined })).scuttlebutt.io, globalThis.Primus, 'the page\'s Primus');
    } finally {
      delete globalThis.Primus;
    }
    assert.equal((await make({ primus: false })).scuttlebutt.io, null);
  });

  test('two stores in one page have different sources', () => {
    const names = [1, 2].map(() => makeEarly().scuttlebutt.source);
    assert.notEqual(names[0], names[1]);
    for (const name of names) assert.match(name, /^[0-9A-F]{39}$/);
  });

  test('a closed store works alone', async () => {
    const store = await make({ reducer: counter });
    store.scuttlebutt.io.open();
    store.scuttlebutt.close();
    store.dispatch(increment);
    assert.equal(store.getState(), 1);
    assert.deepEqual(store.scuttlebutt.io.ends, [undefined]);
  });
});
