// SPDX-License-Identifier: MIT
//
// What the pages have in common: the peer, the badge, the name and the strip. A page's own script adds a function to
// `Pages` by the name in `<body data-page>`; it is given `{ peer, names, here, act(action), state(), redraw(), strip }`
// and gives `{ draw, describe, value }`: `draw()` shows `state()` and returns whether there is more to do in the next
// frame.
// Tests drive the pages by the ids listed in README.md, and by `window.peer`, which is there once
// `<html data-ready="true">` is.
'use strict';

const Pages = {};

const element = (id) => document.getElementById(id);

/** The browser's storage, or undefined where the very access is denied. */
function storageOfBrowser() {
  try { return window.localStorage ?? undefined; } catch { return undefined; }
}

async function start() {
  const name = document.body.dataset.page;
  const peer = await Scuttlebutt.open({
    reducer: Reducers[name],
    report: (kind, text) => console.info(`scuttlebutt: ${kind}: ${text}`),
  });
  window.peer = peer;
  const names = new People.Names(peer.source, storageOfBrowser());
  const page = {
    peer, names, here: Present.attach(element('presence'), { peer, names, page: name }),
    /** Dispatches in the name of the person, who is taken back to now. */
    act(action) {
      page.strip.now();
      return peer.dispatch(names.sign(action));
    },
    state: () => page.strip.state(),
    redraw: () => draw(),
  };
  const own = Pages[name](page);
  const draw = Badge.oncePerFrame(() => {
    page.strip.draw();
    if (own.draw()) draw();
  });
  page.strip = Strip.attach(element('strip-host'), {
    peer, names, describe: own.describe, value: own.value, changed: draw, pastHost: element('main'),
  });
  peer.subscribe(draw);
  names.subscribe(draw);
  Badge.show(peer, element('badge'));
  Badge.offlineSwitch(peer, element('offline'));
  Badge.announce(peer, element('announcer'));
  Badge.favicon(peer, document.querySelector('link[rel="icon"]'));
  Badge.confirmLeaving(peer, window);
  Nameplate.attach(element('name'), names, peer.source);
  draw();
  document.documentElement.dataset.ready = 'true';
}

document.addEventListener('DOMContentLoaded', () => start().catch((error) => {
  element('badge').textContent = 'This page could not start';
  console.error(error);
}));
