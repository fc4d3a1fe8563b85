// SPDX-License-Identifier: MIT
//
// The counter: one number, and who changed it.
'use strict';

Pages.counter = (function () {
  /** So many of the newest changes are listed, and so many actions are looked through for them. */
  const LISTED = 8;
  const SEARCHED = 64;

  const words = { INCREMENT: 'added one', DECREMENT: 'took one away', INCREMENT_ODD: 'added one if odd' };
  const signs = { INCREMENT: '+1', DECREMENT: '−1', INCREMENT_ODD: '+1 odd' };
  const lookUp = (table, { type }) => (Object.hasOwn(table, type) ? table[type] : null);

  return (page) => {
    const { peer, names, act } = page;
    for (const [id, type] of [['increment', 'INCREMENT'], ['decrement', 'DECREMENT'], ['odd', 'INCREMENT_ODD']]) {
      element(id).addEventListener('click', () => act({ type }));
    }
    const list = element('changes');

    /** The number after so many actions, or null while some of them wait to be put in. */
    function numberAt(place) {
      try { return peer.stateAt(place).counter; } catch { return null; }
    }

    function change(entry, counted) {
      const item = document.createElement('li');
      const who = document.createElement('bdi');
      who.className = 'change-who';
      who.textContent = names.of(entry.source);
      const what = document.createElement('span');
      what.textContent = ` ${lookUp(words, entry.action)}`;
      const aside = document.createElement('span');
      aside.className = 'change-aside';
      const marks = [page.strip.isLate(entry) && 'came late', entry.isPending && 'not sent yet'];
      aside.textContent = marks.filter(Boolean).join(', ');
      const number = document.createElement('span');
      number.className = 'change-number';
      number.textContent = counted === null ? '' : String(counted);
      item.append(People.mark(document, names, entry.source), who, what, aside, number);
      return item;
    }

    let listed = '';
    /** Newest first, each with the number it led to. */
    function drawChanges() {
      const entries = peer.recent(SEARCHED);
      const total = peer.status().actions;
      const shown = entries.map((entry, index) => [entry, total - entries.length + index + 1])
        .filter(([{ action }, place]) => lookUp(words, action) && place <= (page.strip.place ?? total))
        .slice(-LISTED).reverse()
        .map(([entry, place]) => [entry, numberAt(place)]);
      const key = JSON.stringify([names.own, shown.map(([entry, counted]) => (
        [entry.timestamp, entry.source, page.strip.isLate(entry), entry.isPending, names.of(entry.source), counted]))]);
      if (key === listed) return;
      listed = key;
      list.replaceChildren(...shown.map(([entry, counted]) => change(entry, counted)));
      element('changes-empty').hidden = shown.length > 0;
    }

    return {
      describe: (action) => lookUp(signs, action),
      value: (state) => String(state.counter),
      draw() {
        element('counter').textContent = String(page.state().counter);
        drawChanges();
      },
    };
  };
})();
