// SPDX-License-Identifier: MIT
//
// A scuttlebutt peer for the browser: your reducer, everyone's actions, one order.
//
//   <script src="/scuttlebutt.js"></script>            classic script; defines the global `Scuttlebutt`
//   const peer = await Scuttlebutt.open({ reducer: (state = 0, action) => state + 1 })
//   peer.subscribe(() => render(peer.getState()))
//   peer.dispatch({ type: 'INCREMENT' })
//
// In a module: `import { open } from './peer.js'`. In node: `require('./scuttlebutt.js')` gives the same object.
// Nothing is done at load time. The modules beside this file, and `core.wasm`, are loaded by `open`.
//
// How it works. Every action carries a stamp (timestamp, source). A peer's own timestamp is one more than the
// highest it has seen, so an answer sorts after what it answers. All peers fold the same order with the same
// reducer; an action that arrives late is put in its place and what comes after it is reduced again.
// Own actions are saved before they are sent, so a reload or a crash neither loses one nor stamps two actions
// alike. Invariant: state == actions in order of stamp, reduced from the start.
(function (root, make) {
  'use strict';
  const api = make(typeof document === 'object' ? document.currentScript?.src : undefined);
  if (typeof module === 'object' && module.exports) module.exports = api;
  else root.Scuttlebutt = api;
})(typeof globalThis === 'object' ? globalThis : this, function (address) {
  'use strict';
  // In a page of another origin, a sandboxed frame for instance, a relative address would be relative to nothing.
  // And one with a password in it, as the page's own may have it, is refused; the browser knows the password anyway.
  const beside = (name) => Object.assign(new URL(name, address), { username: '', password: '' }).href;
  const load = () => import(address ? beside('peer.js') : './peer.js');
  return {
    /** Opens a peer in a page; see `open` in `peer.js`. */
    open: async (options) => (await load()).open(options),
    /** Everything that `peer.js` exports: `Peer`, `MemoryStorage`, `BOUNDS` and others. */
    modules: load,
  };
});
