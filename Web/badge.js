// SPDX-License-Identifier: MIT
//
// Small pieces for any page with a peer, each usable alone: what the badge says, the offline switch, the icon of the
// tab, and a question before leaving with something unsent. Classic script (global `Badge`).
(function (root, badge) {
  if (typeof module === 'object' && module.exports) module.exports = badge;
  else root.Badge = badge;
})(typeof globalThis === 'object' ? globalThis : this, (function () {
  'use strict';

  /** How long a phase must last until it is said aloud, in ms: a badge that chatters is no help. */
  const SETTLED = 2_000;

  /** Runs `body` once before the next frame, however often it is asked for. */
  function oncePerFrame(body) {
    let isWaiting = false;
    const run = () => { if (isWaiting) { isWaiting = false; body(); } };
    return () => {
      if (isWaiting) return;
      isWaiting = true;
      // A page that is not visible draws no frames, but its document should still be right.
      if (document.hidden) setTimeout(run, 0);
      else { requestAnimationFrame(run); setTimeout(run, 250); }
    };
  }

  /** Shows the peer's status in `element`. */
  function show(peer, element) {
    return follow(peer, (status) => {
      element.dataset.phase = status.phase;
      element.dataset.durable = String(status.isDurable);
      if (element.textContent !== status.text) element.textContent = status.text;
      const kept = status.isDurable ? '' : ', kept only while this page is open';
      const numbers = `${status.actions} actions, ${status.pending} to send${kept}`;
      element.title = [numbers, ...(status.notes ?? [])].join('; ');
    });
  }

  /** Makes `button` the switch between online and offline. */
  function offlineSwitch(peer, button) {
    const draw = () => {
      button.textContent = peer.isOnline ? 'Go offline' : 'Go online';
      button.setAttribute('aria-pressed', String(!peer.isOnline));
    };
    button.addEventListener('click', () => {
      if (peer.isOnline) peer.goOffline();
      else peer.goOnline();
      draw();
    });
    return follow(peer, draw);
  }

  /** What is said aloud of a phase; sending and catching up are over before anybody could listen. */
  const spoken = (phase) => ({ 'offline': 'Offline', 'connecting': 'Connecting', 'in-sync': 'In sync' }[phase] ?? null);

  /** Says in `element`, a live region, whether the page is in touch, once that has lasted for a while. */
  function announce(peer, element) {
    let timer = null;
    let said = spoken(peer.status().phase);
    let last = said; // a status that says the same again does not put it off
    return follow(peer, ({ phase }) => {
      const words = spoken(phase);
      if (words === last) return;
      last = words;
      clearTimeout(timer);
      if (!words || words === said) return;
      timer = setTimeout(() => { said = words; element.textContent = words; }, SETTLED);
    });
  }

  /** The icon of a phase as a data address: a ring while apart, a disc in touch, a dot in it while something waits. */
  function icon({ phase, pending }) {
    const isApart = phase === 'offline' || phase === 'connecting';
    const [colour, inside] = isApart ? ['#b0382c', '<circle cx="16" cy="16" r="7" fill="#fff"/>']
      : pending > 0 ? ['#8a5200', '<circle cx="16" cy="16" r="3" fill="#fff"/>']
        : ['#1f6f5c', '<path d="M10 16l4 5 8-10" fill="none" stroke="#fff" stroke-width="3"/>'];
    const disc = `<circle cx="16" cy="16" r="14" fill="${colour}"/>`;
    const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">${disc}${inside}</svg>`;
    return `data:image/svg+xml,${encodeURIComponent(svg)}`;
  }

  /** How often the icon may change, in ms: a browser takes its time over each, and sending is soon over. */
  const ICON_PERIOD = 500;

  /** Shows the status in `link`, the icon of the page. */
  function favicon(peer, link) {
    let shown = null;
    let timer = null;
    const draw = () => {
      timer = null;
      const address = icon(peer.status());
      if (address !== shown) link.href = shown = address;
    };
    return follow(peer, () => { timer ??= setTimeout(draw, ICON_PERIOD); });
  }

  /** Whether leaving would lose something: it is not sent, and not kept for the next visit. */
  const wouldLose = ({ pending, isDurable }) => pending > 0 && !isDurable;

  /** Lets the browser ask before the page goes with something unsent that is not kept. */
  function confirmLeaving(peer, window) {
    const ask = (event) => {
      if (!wouldLose(peer.status())) return;
      event.preventDefault();
      event.returnValue = true;
    };
    window.addEventListener('beforeunload', ask);
    return () => window.removeEventListener('beforeunload', ask);
  }

  function follow(peer, draw) {
    const end = peer.subscribeStatus(oncePerFrame(() => draw(peer.status())));
    draw(peer.status());
    return end;
  }

  return { show, offlineSwitch, announce, favicon, confirmLeaving, icon, wouldLose, oncePerFrame };
})());
