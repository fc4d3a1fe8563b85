// SPDX-License-Identifier: MIT
//
// A store enhancer for Redux apps that replaces the original redux-scuttlebutt:
//
//   import scuttlebutt from './redux.js'
//   const store = createStore(reducer, initialState, scuttlebutt({ uri: 'http://localhost:3000' }))
//
// The peer is the core (`core.js`), which gossips over Primus; see `redux-gossip.js`. The inner store is an ordinary
// one that holds the state on display. Each change is one dispatch to it, so subscribers and any middleware after
// this enhancer work as usual. The core computes the state; until it is loaded, actions are folded here and queued.
import { UPDATE_ACTION, UPDATE_SNAPSHOT, UPDATE_SOURCE, UPDATE_TIMESTAMP } from './redux-actions.js';
import { Gossip } from './redux-gossip.js';

export {
  META_SOURCE, META_TIMESTAMP, UPDATE_ACTION, UPDATE_SNAPSHOT, UPDATE_SOURCE, UPDATE_TIMESTAMP, isGossipType,
} from './redux-actions.js';
export { BOUNDS } from './redux-gossip.js';

/** Returns the app's state, given either the state itself or a history such as verifiers receive. */
export function devToolsStateSanitizer(state) {
  const last = Array.isArray(state) ? state.at(-1) : undefined;
  const isUpdate = Array.isArray(last) && last.length === 4
    && ['undefined', 'number'].includes(typeof last[UPDATE_TIMESTAMP])
    && ['undefined', 'string'].includes(typeof last[UPDATE_SOURCE])
    && (last[UPDATE_ACTION] === undefined || typeof last[UPDATE_ACTION]?.type === 'string');
  return isUpdate ? last[UPDATE_SNAPSHOT] : state;
}

/** The store enhancer; see `redux.d.ts` for its options. */
export default function scuttlebutt(options = {}) {
  return (createStore) => (reducer, initialState, enhancer) => {
    // Redux explains what is wrong.
    if (typeof reducer !== 'function') return createStore(reducer, initialState, enhancer);
    const gossip = new Gossip(options, reducer, initialState);
    const store = createStore(gossip.lifted, initialState, enhancer);
    if (store.scuttlebutt) {
      store.scuttlebutt.close();
      throw new Error('scuttlebutt() is applied twice: compose it once');
    }
    return gossip.enhance(store);
  };
}
