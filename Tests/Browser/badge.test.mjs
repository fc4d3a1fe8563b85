// SPDX-License-Identifier: MIT
//
// The small pieces around a peer's status, with a played peer, page and time.
import test, { after, before } from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { Clock } from './played-world.mjs';

const Badge = createRequire(import.meta.url)('../../Web/badge.js');

const clock = new Clock();

/** A peer that has the status it is given. */
function played(first) {
  const listeners = new Set();
  let status = { pending: 0, isDurable: true, actions: 0, text: '', ...first };
  return {
    status: () => status,
    subscribeStatus(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    become(change) {
      status = { ...status, ...change };
      for (const listener of listeners) listener(status);
      clock.advance(0); // the page draws
    },
  };
}

const { setTimeout, clearTimeout } = globalThis;
before(() => {
  Object.assign(globalThis, { setTimeout: clock.setTimeout, clearTimeout: clock.clearTimeout });
  globalThis.document = { hidden: true }; // it draws at once
});
after(() => {
  Object.assign(globalThis, { setTimeout, clearTimeout });
  delete globalThis.document;
});

test('what is said aloud is only what has lasted, and not what was so from the start', () => {
  const peer = played({ phase: 'in-sync' });
  const said = [];
  const end = Badge.announce(peer, { set textContent(text) { said.push(text); } });
  clock.advance(10_000);
  assert.deepEqual(said, []);
  for (let time = 0; time < 50; time++) {
    peer.become({ phase: 'sending' });
    clock.advance(1_000);
    peer.become({ phase: 'in-sync' });
    clock.advance(3_000);
  }
  assert.deepEqual(said, [], 'sending and back is no news');
  peer.become({ phase: 'connecting' });
  clock.advance(1_000);
  peer.become({ phase: 'in-sync' });
  clock.advance(10_000);
  assert.deepEqual(said, [], 'a short break is none either');
  peer.become({ phase: 'offline' });
  clock.advance(2_000);
  assert.deepEqual(said, ['Offline']);
  peer.become({ phase: 'catching-up' });
  peer.become({ phase: 'in-sync' });
  clock.advance(2_000);
  assert.deepEqual(said, ['Offline', 'In sync']);
  end();
  peer.become({ phase: 'offline' });
  clock.advance(10_000);
  assert.equal(said.length, 2);
});

test('a status that says the same again does not put off what is said aloud', () => {
  const peer = played({ phase: 'in-sync' });
  const said = [];
  const end = Badge.announce(peer, { set textContent(text) { said.push(text); } });
  for (let time = 0; time < 5; time++) {
    peer.become({ phase: 'offline' });
    clock.advance(1_000);
  }
  assert.deepEqual(said, ['Offline']);
  end();
});

test('the icon tells the states apart by their shapes, and changes at most twice a second', () => {
  const shapes = [{ phase: 'offline', pending: 0 }, { phase: 'sending', pending: 2 }, { phase: 'in-sync', pending: 0 }]
    .map((status) => decodeURIComponent(Badge.icon(status)).replace(/#[0-9a-f]{6}/g, ''));
  assert.equal(new Set(shapes).size, 3);
  for (const shape of shapes) assert.match(shape, /^data:image\/svg\+xml,<svg/);
  const peer = played({ phase: 'in-sync' });
  let changes = 0;
  Badge.favicon(peer, { set href(address) { changes += 1; } });
  for (let time = 0; time < 100; time++) {
    peer.become({ phase: 'sending', pending: 1 });
    clock.advance(5);
    peer.become({ phase: 'in-sync', pending: 0 });
    clock.advance(5);
  }
  assert.ok(changes <= 3, `${changes} in a second`);
});

test('leaving asks only if something unsent would be lost', () => {
  for (const [pending, isDurable, isAsked] of [[0, true, false], [0, false, false], [2, true, false], [2, false, true]]) {
    const window = new EventTarget();
    const end = Badge.confirmLeaving(played({ pending, isDurable }), window);
    const leave = () => {
      const event = new Event('beforeunload', { cancelable: true });
      Object.defineProperty(event, 'returnValue', { value: undefined, writable: true }); // as older browsers want it
      window.dispatchEvent(event);
      return event.defaultPrevented;
    };
    assert.equal(leave(), isAsked, `${pending} ${isDurable}`);
    end();
    assert.equal(leave(), false);
  }
});

test('the switch tells and changes whether the peer is online', () => {
  const peer = Object.assign(played({ phase: 'in-sync' }), {
    isOnline: true,
    goOffline() { this.isOnline = false; },
    goOnline() { this.isOnline = true; },
  });
  const button = Object.assign(new EventTarget(), { setAttribute(name, value) { this[name] = value; } });
  Badge.offlineSwitch(peer, button);
  assert.deepEqual([button.textContent, button['aria-pressed']], ['Go offline', 'false']);
  button.dispatchEvent(new Event('click'));
  assert.deepEqual([peer.isOnline, button.textContent, button['aria-pressed']], [false, 'Go online', 'true']);
  button.dispatchEvent(new Event('click'));
  assert.equal(peer.isOnline, true);
});
