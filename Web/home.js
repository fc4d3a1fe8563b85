// SPDX-License-Identifier: MIT
//
// The first page: two peers in it, connected to each other and to nothing else, so that it works without a server. A
// visitor makes them disagree and sees them agree again; a short demonstration shows how, until the first touch.
'use strict';

(async function start() {
  /** Agreement is said aloud once it has lasted for so many ms, and never by the demonstration. */
  const SETTLED = 1_000;

  /** How long the demonstration waits before each step, in ms; in all it takes about eight seconds. */
  const PAUSE = 900;

  const signs = { DEMO_ADD: '+1', DEMO_DOUBLE: '×2' };
  const element = (id) => document.getElementById(id);

  function make(tag, properties, ...children) {
    const made = Object.assign(document.createElement(tag), properties);
    made.append(...children);
    return made;
  }

  // The seam to the network: each peer is given a class to dial with. A peer that takes a socket which somebody else
  // opened can be given an end of `Pair.make()` in its place.
  const WebSocket = Pair.meeting();
  let draw = null; // once both sides are there
  const { MemoryStorage } = await Scuttlebutt.modules();
  const names = new People.Names(null);
  const prefersLess = matchMedia('(prefers-reduced-motion: reduce)');

  /** One side of the stage: a peer, its number, its buttons and its strip. */
  async function side(id, name) {
    const peer = await Scuttlebutt.open({
      reducer: Reducers.demo, source: id, name: `home-${id}`, storage: new MemoryStorage(), online: false,
      url: 'pair:', statisticsUrl: null, WebSocket,
    });
    names.learn([{ action: { name }, source: id }]);
    const host = element(id);
    host.setAttribute('role', 'group');
    host.setAttribute('aria-label', name);
    const title = make('h2', { className: 'peer-title' }, People.mark(document, names, id), name);
    const phase = make('span', { className: 'peer-phase', id: `${id}-phase` });
    const number = make('output', { className: 'peer-number', id: `${id}-number`, textContent: '0' });
    number.setAttribute('aria-live', 'off');
    number.setAttribute('aria-label', `${name}’s number`);
    const button = (what, label, action) => {
      const made = make('button', { type: 'button', id: `${id}-${what}`, textContent: label });
      made.addEventListener('click', () => { strip.now(); peer.dispatch({ ...action, name }); });
      return made;
    };
    const add = button('add', '+1', { type: 'DEMO_ADD' });
    add.setAttribute('aria-label', `${name}: add one`);
    add.className = 'main';
    const double = button('double', '×2', { type: 'DEMO_DOUBLE' });
    double.setAttribute('aria-label', `${name}: double`);
    const toggle = make('button', { type: 'button', id: `${id}-offline`, className: 'peer-switch' });
    host.append(
      make('div', { className: 'peer-head' }, title, phase), number,
      make('div', { className: 'peer-buttons' }, add, double), toggle,
    );
    const strip = Strip.attach(host, {
      peer, names, id: `${id}-strip`, title: `What ${name} knows, in the agreed order`, whose: `of ${name}’s`,
      describe: ({ type }) => signs[type] ?? null, value: (state) => String(state.number), changed: () => draw?.(),
    });
    return { id, name, peer, host, phase, number, toggle, strip };
  }

  const sides = await Promise.all([side('ada', 'Ada'), side('ben', 'Ben')]);
  const [ada, ben] = sides;

  /** Shows a number, and moves it a little when it changes, unless a person wants less motion. */
  function showNumber(shown, text) {
    if (shown.textContent === text) return;
    shown.textContent = text;
    if (prefersLess.matches) return;
    shown.animate([{ transform: 'scale(1.15)' }, { transform: 'none' }], { duration: 250, easing: 'ease-out' });
  }

  /** Whether both have the same actions, and so the same order and the same state. */
  function areEqual() {
    const [one, other] = sides.map(({ peer }) => peer.clock());
    return sides.every(({ id }) => (one[id] ?? 0) === (other[id] ?? 0));
  }

  function verdict() {
    if (areEqual()) return ['agree', 'They agree'];
    return sides.every(({ peer }) => peer.isOnline) ? ['healing', 'Catching up'] : ['differ', 'They differ'];
  }

  let said = 'agree';
  let sayTimer = null;
  let isPlaying = false;

  draw = Badge.oncePerFrame(() => {
    const [state, text] = verdict();
    const stage = element('stage');
    stage.dataset.verdict = state;
    stage.dataset.link = sides.every(({ peer }) => peer.isOnline) ? 'on' : 'off';
    if (element('verdict').textContent !== text) element('verdict').textContent = text;
    for (const { peer, host, phase, number, toggle, strip, name } of sides) {
      strip.draw();
      showNumber(number, String(strip.state().number));
      host.dataset.online = String(peer.isOnline);
      const { pending } = peer.status();
      phase.textContent = peer.isOnline ? 'online' : pending > 0 ? `offline · ${pending} to send` : 'offline';
      toggle.textContent = peer.isOnline ? 'Go offline' : 'Come back';
      toggle.setAttribute('aria-label', `${name}: ${peer.isOnline ? 'go offline' : 'come back'}`);
    }
    clearTimeout(sayTimer);
    if (isPlaying || state === said || state === 'healing') return;
    sayTimer = setTimeout(() => { said = state; element('announcer').textContent = text; }, SETTLED);
  });

  function toggle({ peer }) {
    if (peer.isOnline) { peer.goOffline(); return; }
    peer.goOnline();
    for (const other of sides) if (other.peer !== peer) other.peer.wake(); // it may be waiting to dial again
  }

  for (const one of sides) {
    one.toggle.addEventListener('click', () => { toggle(one); draw(); });
    one.peer.subscribe(draw);
    one.peer.subscribeStatus(draw);
    one.peer.goOnline();
  }

  // ---- the demonstration

  const press = (id) => {
    const button = element(id);
    button.classList.add('pressed');
    setTimeout(() => button.classList.remove('pressed'), PAUSE / 2);
    button.click();
  };

  const steps = [
    ['Ada adds one; Ben has it at once.', () => press('ada-add')],
    ['Ben adds one.', () => press('ben-add')],
    ['Ben goes offline.', () => { if (ben.peer.isOnline) press('ben-offline'); }],
    ['Ada doubles.', () => press('ada-double')],
    ['Ben adds one, on his own …', () => press('ben-add')],
    ['… and doubles. Now they differ.', () => press('ben-double')],
    ['Ben comes back: every action takes its place, and they agree.', () => {
      if (!ben.peer.isOnline) press('ben-offline');
    }],
  ];
  const turn = 'Your turn: switch one off, press on both sides, and switch it on again.';

  let timer = null;
  const stop = () => {
    if (!isPlaying) return;
    isPlaying = false;
    clearTimeout(timer);
    element('caption').textContent = turn;
    drawPlay();
  };

  function play() {
    isPlaying = true;
    drawPlay();
    for (const { peer } of sides) if (!peer.isOnline) toggle({ peer });
    let step = 0;
    const next = () => {
      if (step === steps.length) { stop(); return; }
      const [text, act] = steps[step++];
      element('caption').textContent = text;
      act();
      timer = setTimeout(next, step === steps.length ? PAUSE * 2.5 : PAUSE);
    };
    timer = setTimeout(next, PAUSE / 2);
  }

  function drawPlay() {
    element('play').textContent = isPlaying ? 'Stop' : 'Show me';
    document.documentElement.dataset.playing = String(isPlaying);
  }

  element('play').addEventListener('click', (event) => {
    event.stopPropagation();
    if (isPlaying) stop();
    else play();
  });
  // The first touch is the visitor's; the steps press buttons too, but no key and no pointer goes down for it.
  for (const event of ['pointerdown', 'keydown']) {
    document.addEventListener(event, (happened) => { if (happened.target !== element('play')) stop(); }, true);
  }

  window.home = { ada: ada.peer, ben: ben.peer };
  element('caption').textContent = turn;
  drawPlay();
  draw();
  document.documentElement.dataset.ready = 'true';
  if (!prefersLess.matches) play();
})().catch((error) => {
  document.getElementById('caption').textContent = 'This page could not start.';
  console.error(error);
});
