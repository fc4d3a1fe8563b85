// SPDX-License-Identifier: MIT
//
// Makes a page open without the server: registers `worker.js`, which keeps the files.
//
//   <script src="offline.js" defer></script>       defines the global `ScuttlebuttOffline`
//   ScuttlebuttOffline.status()                    → { state, text }
//   ScuttlebuttOffline.subscribe((status) => {})   after each change; returns a function that ends it
//
// `state` is 'preparing', 'ready' (the next visit needs no server), 'failed', or 'unavailable' (this page cannot have
// that at all: service workers need https or localhost). It also stands in `<html data-offline="…">`; the text goes
// into every element with the attribute `data-offline-note`, which is shown unless the state is 'ready' or
// 'preparing'. The page works all the same.
(function (root) {
  'use strict';

  const TEXTS = {
    preparing: 'this page is being made ready to open without the server',
    ready: 'this page opens without the server',
    insecure: 'this page does not open without the server, and its tabs do not share a connection: '
      + 'browsers allow that over https only (or on localhost)',
    missing: 'this page does not open without the server: this browser has no service workers, or forbids them here',
    failed: 'this page does not open without the server',
  };

  /** Registers the worker at `address`, and tells how that goes. */
  function start({ window, address }) {
    const listeners = new Set();
    let status = { state: 'preparing', text: TEXTS.preparing };

    const set = (state, text) => {
      if (status.state === 'ready' && state === 'failed') return; // the version of before is still there
      status = { state, text };
      const { document } = window;
      document.documentElement.dataset.offline = state;
      for (const element of document.querySelectorAll('[data-offline-note]')) {
        element.textContent = text;
        element.hidden = state === 'ready' || state === 'preparing';
      }
      for (const { listener } of [...listeners]) listener(status);
    };

    const watch = (worker) => {
      const look = () => {
        if (worker.state === 'activated') set('ready', TEXTS.ready);
        else if (worker.state === 'redundant') set('failed', `${TEXTS.failed}: its files could not all be kept`);
      };
      worker.addEventListener('statechange', look);
      look();
    };

    const register = async () => {
      let container;
      try { container = window.navigator.serviceWorker; } catch { /* forbidden in this frame */ }
      if (!container) {
        set('unavailable', window.isSecureContext === false ? TEXTS.insecure : TEXTS.missing);
        return;
      }
      set('preparing', TEXTS.preparing);
      try {
        // The browser's own cache must not hide a newer worker.
        const registration = await container.register(address, { updateViaCache: 'none' });
        if (registration.active) set('ready', TEXTS.ready);
        const worker = registration.active ?? registration.waiting ?? registration.installing;
        if (worker) watch(worker);
      } catch (error) {
        set('failed', `${TEXTS.failed}: ${error.message ?? error}`);
      }
    };

    // What the page shows first is not to wait for what the next visit needs.
    if (window.document.readyState === 'complete') register();
    else window.addEventListener('load', register, { once: true });

    return {
      status: () => status,
      subscribe(listener) {
        const registration = { listener };
        listeners.add(registration);
        return () => { listeners.delete(registration); };
      },
    };
  }

  const address = new URL('worker.js', root.document.currentScript.src);
  address.username = address.password = ''; // with them it is refused
  root.ScuttlebuttOffline = start({ window: root, address });
})(globalThis);
