// SPDX-License-Identifier: MIT
//
// What the pages have in common (the peer, the sync badge, the offline switch) and what each one shows.
// Which page it is stands in `<body data-page>`. Tests drive it by the ids listed in README.md, and by
// `window.peer`, which is there once `<html data-ready="true">` is.
'use strict';

/** The chat shows this many messages, the last ones; all of them stay in the log. */
const MESSAGES_SHOWN = 1_000;

/** So many of them are added in one frame, so that a long history does not hold up the page. */
const MESSAGES_PER_FRAME = 100;

const element = (id) => document.getElementById(id);

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

/** Shows the peer's status, and lets a person try what being offline is like. */
function bindBadge(peer) {
  const badge = element('badge');
  const toggle = element('offline');
  const show = () => {
    const status = peer.status();
    badge.dataset.phase = status.phase;
    badge.dataset.durable = String(status.isDurable);
    if (badge.textContent !== status.text) badge.textContent = status.text;
    badge.title = `${status.actions} actions, ${status.pending} to send${status.isDurable ? '' : ', kept only while this page is open'}`;
    toggle.textContent = peer.isOnline ? 'Go offline' : 'Go online';
    toggle.setAttribute('aria-pressed', String(!peer.isOnline));
  };
  toggle.addEventListener('click', () => {
    if (peer.isOnline) peer.goOffline();
    else peer.goOnline();
    show();
  });
  peer.subscribeStatus(oncePerFrame(show));
  show();
}

const dispatchOnClick = (peer, id, action) => element(id).addEventListener('click', () => peer.dispatch(action));

const pages = {
  counter(peer) {
    dispatchOnClick(peer, 'increment', { type: 'INCREMENT' });
    dispatchOnClick(peer, 'decrement', { type: 'DECREMENT' });
    dispatchOnClick(peer, 'odd', { type: 'INCREMENT_ODD' });
    return () => { element('counter').textContent = String(peer.getState().counter); };
  },

  chat(peer) {
    const list = element('messages');
    const scroller = element('scroller');
    const field = element('message');
    field.addEventListener('input', () => field.setCustomValidity(''));
    element('form').addEventListener('submit', (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return;
      try {
        peer.dispatch({ type: 'ADD_MESSAGE', payload: text });
      } catch (error) {
        field.setCustomValidity(error.message); // it stays in the field, to be shortened
        field.reportValidity();
        return;
      }
      field.value = '';
      field.focus();
    });
    return () => {
      const messages = peer.getState().messages.slice(-MESSAGES_SHOWN);
      const wasAtEnd = scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < 40;
      // Only what differs is touched: a late message is put where it belongs, the others stay as they are.
      const known = new Map([...list.children].map((item) => [item.dataset.id, item]));
      const wanted = new Set(messages.map((message) => message.id));
      for (const [id, item] of known) if (!wanted.has(id)) { item.remove(); known.delete(id); }
      // From the newest back: what a person looks at first is there first.
      let added = 0;
      let later = null; // the item that follows, null at the end
      let next = list.lastElementChild; // of those that are there, not looked at yet
      for (const message of messages.reverse()) {
        let item = known.get(message.id);
        if (item && item === next) { next = item.previousElementSibling; later = item; continue; }
        if (!item && ++added > MESSAGES_PER_FRAME) continue;
        item ??= messageItem(message, peer.source);
        list.insertBefore(item, later);
        later = item;
      }
      element('empty').hidden = messages.length > 0;
      if (wasAtEnd) scroller.scrollTop = scroller.scrollHeight;
      return added > MESSAGES_PER_FRAME;
    };
  },

  life(peer) {
    dispatchOnClick(peer, 'step', { type: 'STEP' });
    dispatchOnClick(peer, 'reset', { type: 'RESET' });
    const board = element('life');
    const cells = [];
    let focused = 0;
    const size = peer.getState().grid.length;
    for (let y = 0; y < size; y++) {
      const row = document.createElement('div');
      row.setAttribute('role', 'row');
      for (let x = 0; x < size; x++) {
        const cell = document.createElement('button');
        cell.type = 'button';
        cell.id = `cell-${x}-${y}`;
        cell.tabIndex = cells.length === 0 ? 0 : -1;
        cell.setAttribute('role', 'gridcell');
        cell.setAttribute('aria-label', `column ${x + 1}, row ${y + 1}`);
        cell.setAttribute('aria-selected', 'false');
        cells.push(cell);
        row.append(cell);
      }
      board.append(row);
    }
    // One cell can be reached by Tab, the others from there by the arrow keys.
    const focus = (index) => {
      cells[focused].tabIndex = -1;
      focused = index;
      cells[focused].tabIndex = 0;
    };
    board.addEventListener('click', (event) => {
      const index = cells.indexOf(event.target);
      if (index < 0) return;
      focus(index);
      peer.dispatch({ type: 'TOGGLE', payload: { x: index % size, y: Math.floor(index / size) } });
    });
    board.addEventListener('keydown', (event) => {
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
      if (dx === undefined) return;
      event.preventDefault();
      const x = (focused % size + dx + size) % size;
      const y = (Math.floor(focused / size) + dy + size) % size;
      focus(y * size + x);
      cells[focused].focus();
    });
    let shown = null;
    return () => {
      const grid = peer.getState().grid;
      if (grid === shown) return;
      let alive = 0;
      for (let index = 0; index < cells.length; index++) {
        const isAlive = grid[Math.floor(index / size)][index % size] === 1;
        alive += isAlive;
        const text = String(isAlive);
        if (cells[index].getAttribute('aria-selected') !== text) cells[index].setAttribute('aria-selected', text);
      }
      element('population').textContent = String(alive);
      shown = grid;
    };
  },
};

/** A list item of a message. Text of others only ever goes in as text. */
function messageItem({ id, message, source }, self) {
  const item = document.createElement('li');
  item.dataset.id = id;
  item.className = source === self ? 'mine' : '';
  const author = document.createElement('span');
  author.className = 'author';
  author.textContent = source === self ? 'you' : source.slice(0, 6);
  author.title = source;
  let hue = 0;
  for (const character of source) hue = (hue * 31 + character.codePointAt(0)) % 360;
  author.style.setProperty('--hue', String(hue));
  const text = document.createElement('span');
  text.className = 'text';
  text.textContent = message;
  item.append(author, text);
  return item;
}

(async function start() {
  const name = document.body.dataset.page;
  const peer = await Scuttlebutt.open({
    reducer: Reducers[name],
    report: (kind, text) => console.info(`scuttlebutt: ${kind}: ${text}`),
  });
  window.peer = peer;
  const render = pages[name](peer); // returns whether there is more to do in the next frame
  const draw = oncePerFrame(() => { if (render()) draw(); });
  peer.subscribe(draw);
  draw();
  bindBadge(peer);
  document.documentElement.dataset.ready = 'true';
})().catch((error) => {
  element('badge').textContent = 'This page could not start';
  console.error(error);
});
