// SPDX-License-Identifier: MIT
//
// The rewind made visible: the newest actions in agreed order with a mark for each author, what came late where it
// went in, what is not sent yet; a line of words when late actions made others run again; and a slider that shows the
// state at any place of the order. It reads the peer and never writes.
// Classic script (global `Strip`; needs `People` and strip.css); in node: require.
(function (root, make) {
  if (typeof module === 'object' && module.exports) module.exports = make(require('./people.js'));
  else root.Strip = make(root.People);
})(typeof globalThis === 'object' ? globalThis : this, function (People) {
  'use strict';

  const BOUNDS = {
    shown: 24, // actions in the strip
    late: 1_000, // late actions that are remembered as such
    counted: 1_000, // actions that ran again among which the own ones are counted; of more only the number is told
    label: 12, // characters of what an action is called
    flash: 1_600, // ms for which an action that ran again is marked
  };

  const plural = (count, noun) => `${count.toLocaleString('en')} ${noun}${count === 1 ? '' : 's'}`;

  /**
   * What happened, in a sentence: "3 earlier actions from Ada arrived, 4 of yours ran again: 24 → 22". `own` is how
   * many of those that ran again are the reader's, or null where they were not counted; `before` and `after` are words
   * for the states, or null.
   */
  function words({ late, again, own, names, before, after, whose = 'of yours' }) {
    const arrived = `${plural(late, 'earlier action')} from ${People.list(names)} arrived`;
    const ran = again === 0 ? '' : own ? `, ${own.toLocaleString('en')} ${whose} ran again`
      : `, ${again.toLocaleString('en')} ran again`;
    if (before === null || after === null) return `${arrived}${ran}`;
    return `${arrived}${ran}: ${before === after ? `still ${after}` : `${before} → ${after}`}`;
  }

  /** The key of an entry: no two have the same. */
  const keyOf = ({ timestamp, source }) => `${timestamp}@${source}`;

  /**
   * Which entries of a strip change from one drawing to the next: keys that go, and for each that stays or comes
   * whether it is new. Both are in agreed order.
   */
  function changes(before, after) {
    const wanted = new Set(after);
    const known = new Set(before);
    return { gone: before.filter((key) => !wanted.has(key)), fresh: after.filter((key) => !known.has(key)) };
  }

  function make(document, tag, className, text) {
    const element = document.createElement(tag);
    if (className) element.className = className;
    if (text !== undefined) element.textContent = text;
    return element;
  }

  /**
   * Builds a strip in `host` and keeps it up to date.
   *
   * Options: `peer`; `names` (People.Names); `id`, the beginning of its elements' ids; `title`; `describe(action)`, a
   * short text for an action, or null for one that is not this page's; `value(state)`, a short text for a state, or
   * null; `whose`, "of yours" unless somebody else's; `changed()`, called when what is to be shown may have changed.
   * Returns `{ state(), place, isPast, now(), isLate(entry), draw(), end() }`: the page shows `state()`, which while
   * somebody looks back is the one after `place` actions (null now). What a page lacked when it opened is not late.
   */
  function attach(host, options) {
    const { peer, names, id = 'strip', title = 'The agreed order', describe, value = () => null } = options;
    const document = host.ownerDocument;
    let place = null; // how many actions are looked at, null for all of them
    let total = 0;
    let looked = null; // { place, total, now, state }: the state that was looked at last, and when
    let wasTold = peer.status().phase === 'in-sync'; // what a page lacks when it opens is no rewind to tell of
    const ownAtFirst = newestOwn();
    const late = new Set(); // keys of what came late while somebody could see it
    const drawn = new WeakMap(); // element of an action → what it shows
    let flashing = new Map(); // key → when it no longer does

    const section = make(document, 'section', 'strip');
    section.setAttribute('aria-labelledby', `${id}-title`);
    const heading = make(document, 'h2', 'strip-title', title);
    heading.id = `${id}-title`;
    const line = make(document, 'p', 'strip-words', 'Nothing has come late yet.');
    line.id = `${id}-words`;
    const actions = make(document, 'ol', 'strip-actions');
    actions.id = `${id}-actions`;
    const empty = make(document, 'p', 'strip-empty', 'Nothing has happened yet.');
    const back = make(document, 'div', 'strip-back');
    const label = make(document, 'label', '', 'Look back');
    label.htmlFor = `${id}-slider`;
    const slider = make(document, 'input', 'strip-slider');
    Object.assign(slider, { type: 'range', id: `${id}-slider`, min: '0', max: '0', step: '1', value: '0' });
    const where = make(document, 'span', 'strip-where');
    where.id = `${id}-where`;
    back.append(label, slider, where);
    const past = make(document, 'div', 'strip-past');
    past.id = `${id}-past`;
    past.hidden = true;
    const pastText = make(document, 'span', '', 'You are looking at the past');
    const pastWhere = make(document, 'span', 'strip-past-where');
    const toNow = make(document, 'button', 'strip-now', 'Back to now');
    toNow.type = 'button';
    toNow.id = `${id}-now`;
    const pastWords = make(document, 'p');
    // Announced when it appears; how far back changes with every step, and the slider says that itself.
    pastText.setAttribute('role', 'status');
    pastWords.append(pastText, pastWhere);
    past.append(pastWords, toNow);
    section.append(heading, line, empty, actions, back);
    host.append(section);
    (options.pastHost ?? section).prepend(past);

    function newestOwn() {
      return peer.recent(BOUNDS.shown).filter((entry) => entry.isOwn).at(-1)?.timestamp ?? 0;
    }

    function item(entry) {
      const element = make(document, 'li');
      element.dataset.key = keyOf(entry);
      element.dataset.author = String(People.colour(entry.source));
      element.append(...['strip-who', 'strip-what', 'unseen'].map((name) => make(document, 'span', name)));
      return element;
    }

    function update(element, entry) {
      const now = [entry.action, late.has(keyOf(entry)), entry.isPending, names.version];
      if (drawn.get(element)?.every((part, index) => part === now[index])) return;
      drawn.set(element, now);
      const what = People.shown(describe?.(entry.action) ?? entry.action.type, BOUNDS.label);
      const [who, text, aside] = element.children;
      const isLate = late.has(keyOf(entry));
      const marks = [isLate ? 'came late' : '', entry.isPending ? 'not sent yet' : ''].filter(Boolean);
      const said = ` by ${names.of(entry.source)}${marks.length > 0 ? `, ${marks.join(', ')}` : ''}`;
      if (who.textContent !== names.initial(entry.source)) who.textContent = names.initial(entry.source);
      who.setAttribute('aria-hidden', 'true');
      if (text.textContent !== what) text.textContent = what;
      if (aside.textContent !== said) aside.textContent = said;
      element.title = what + said;
      element.toggleAttribute('data-late', isLate);
      element.toggleAttribute('data-pending', entry.isPending);
      element.toggleAttribute('data-foreign', describe ? describe(entry.action) === null : false);
    }

    function drawActions() {
      const entries = peer.recent(BOUNDS.shown);
      names.learn(entries);
      const known = new Map([...actions.children].map((element) => [element.dataset.key, element]));
      const { gone, fresh } = changes([...known.keys()], entries.map(keyOf));
      for (const key of gone) known.get(key).remove();
      const isFresh = new Set(fresh);
      const first = total - entries.length;
      let next = actions.firstElementChild;
      entries.forEach((entry, index) => {
        const key = keyOf(entry);
        const element = known.get(key) ?? item(entry);
        update(element, entry);
        if (isFresh.has(key) && known.size > 0) element.classList.add('arriving');
        if (element === next) next = next.nextElementSibling;
        else actions.insertBefore(element, next);
        element.dataset.place = String(first + index + 1);
        element.toggleAttribute('data-later', place !== null && first + index >= place);
        element.toggleAttribute('data-again', flashing.has(key));
      });
      empty.hidden = entries.length > 0;
      actions.hidden = entries.length === 0;
    }

    function draw() {
      total = peer.status().actions;
      if (place !== null && place >= total) place = null; // some were taken back, or it is the newest again
      slider.max = String(total);
      slider.value = String(place ?? total);
      slider.disabled = total === 0;
      const text = place === null ? `now, ${plural(total, 'action')}`
        : `after ${place.toLocaleString('en')} of ${plural(total, 'action')}`;
      slider.setAttribute('aria-valuetext', text);
      where.textContent = text;
      pastWhere.textContent = place === null ? '' : `: ${text}`;
      past.hidden = place === null;
      section.toggleAttribute('data-past', place !== null);
      drawActions();
    }

    /** The state to show: the one of now, or the one that is looked at. */
    function state() {
      const now = peer.getState();
      if (place === null) return now;
      if (looked?.place === place && looked.total === total && looked.now === now) return looked.state;
      try {
        looked = { place, total, now, state: peer.stateAt(place) };
      } catch { // the order became shorter since it was drawn
        place = null;
        return now;
      }
      return looked.state;
    }

    function look(at) {
      place = at >= total ? null : Math.max(0, at);
      draw();
      options.changed?.();
    }

    function now() {
      if (place === null) return;
      const hadFocus = document.activeElement === toNow;
      look(Infinity);
      if (hadFocus) slider.focus(); // the button is gone
    }

    function rewound({ late: arrived, again, before, after }) {
      // What was kept from an earlier visit and what others did meanwhile is news, but nobody saw it change.
      if (!wasTold && newestOwn() <= ownAtFirst) return;
      wasTold = true;
      names.learn(arrived);
      const ran = again + arrived.length;
      const isLate = new Set(arrived.map(keyOf));
      for (const key of isLate) late.add(key);
      for (const key of late) {
        if (late.size <= BOUNDS.late) break;
        late.delete(key);
      }
      const others = ran > BOUNDS.counted ? null : peer.recent(ran).filter((entry) => !isLate.has(keyOf(entry)));
      const text = words({
        late: arrived.length, again, own: others?.filter((entry) => entry.isOwn).length ?? null,
        names: arrived.slice(0, BOUNDS.counted).map(({ source }) => names.of(source)),
        before: value(before), after: value(after), whose: options.whose,
      });
      line.textContent = text;
      line.dataset.told = '';
      const until = Date.now() + BOUNDS.flash;
      for (const entry of peer.recent(Math.min(ran, BOUNDS.shown))) {
        if (!isLate.has(keyOf(entry))) flashing.set(keyOf(entry), until);
      }
      setTimeout(() => {
        flashing = new Map([...flashing].filter(([, end]) => end > Date.now() + 10));
        options.changed?.();
      }, BOUNDS.flash);
      options.changed?.();
    }

    slider.addEventListener('input', () => look(Number(slider.value)));
    toNow.addEventListener('click', now);
    actions.addEventListener('click', (event) => {
      const at = event.target.closest('li')?.dataset.place;
      if (at) look(Number(at));
    });
    const ends = [
      peer.subscribeRewinds(rewound),
      peer.subscribeStatus((status) => { if (status.phase === 'in-sync') wasTold = true; options.changed?.(); }),
    ];
    draw();
    return {
      state, now, draw,
      get place() { return place; },
      get isPast() { return place !== null; },
      isLate: (entry) => late.has(keyOf(entry)),
      end: () => ends.forEach((end) => end()),
    };
  }

  return { attach, words, changes, BOUNDS };
});
