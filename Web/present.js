// SPDX-License-Identifier: MIT
//
// Who is here, for a page: marks in the header, and what this page says of itself. What others say is checked and
// bounded here, and shown as text. Classic script (global `Present`; needs `People`); in node: require.
(function (root, make) {
  const isModule = typeof module === 'object' && module.exports;
  const api = make(isModule ? require('./people.js') : root.People);
  if (isModule) module.exports = api;
  else root.Present = api;
})(typeof globalThis === 'object' ? globalThis : this, function (People) {
  'use strict';

  const BOUNDS = {
    marks: 3, // shown in the header; the others are a number
    names: 20, // in the words for those marks
    drawPeriod: 250, // ms between two drawings, whatever others say
    sayPeriod: 200, // ms between two values of ours: a cursor need not be smoother
    place: 100_000, // a coordinate of a cursor that is further out is none
  };

  /** What a stranger says of itself, with nothing in it that a page does not know. */
  function read({ source, value }) {
    const isPlace = Array.isArray(value.at) && value.at.length === 2
      && value.at.every((part) => Number.isFinite(part) && Math.abs(part) <= BOUNDS.place);
    return {
      source, name: People.shown(value.name), page: People.shown(value.page, 16), isTyping: value.typing === true,
      at: isPlace ? [value.at[0], value.at[1]] : null,
    };
  }

  /** The words for people: "Ada and Ben are here". */
  function words(people, names) {
    const listed = people.slice(0, BOUNDS.names).map(({ source, name }) => names.of(source, name));
    const more = people.length - listed.length;
    const list = more > 0 ? `${listed.join(', ')} and ${more.toLocaleString('en')} others` : People.list(listed);
    return `${list} ${people.length === 1 ? 'is' : 'are'} here`;
  }

  /** Runs `body` at once, and then at most every `period` ms, the last time after the last call. */
  function spaced(period, body, timers) {
    let timer = null;
    let isDue = false;
    const run = () => {
      timer = timers.setTimeout(() => {
        timer = null;
        if (isDue) { isDue = false; run(); }
      }, period);
      body();
    };
    return () => { if (timer === null) run(); else isDue = true; };
  }

  /** What this page says and hears. `page` is its name; `timers` are played in tests. */
  class Here {
    #peer; #names; #value; #listeners = new Set(); #people = null; #say;

    constructor({ peer, names, page, timers = globalThis }) {
      this.#peer = peer;
      this.#names = names;
      this.#value = { page };
      const told = spaced(BOUNDS.drawPeriod, () => {
        this.#people = null;
        for (const listener of this.#listeners) listener();
      }, timers);
      this.#say = spaced(BOUNDS.sayPeriod, () => this.#tell(), timers);
      peer.presence.subscribe(told);
      names.subscribe(() => { this.#say(); told(); });
      this.#say();
    }

    #tell() {
      try {
        this.#peer.presence.set(this.#names.own ? { name: this.#names.own, ...this.#value } : this.#value);
      } catch (error) {
        console.info(`scuttlebutt: presence: ${error}`); // the peer is closed
      }
    }

    /** Who else is here, as `[{ source, name, page, isTyping, at }]`. */
    get people() {
      this.#people ??= this.#peer.presence.others().map(read);
      return this.#people;
    }

    /** Changes what this page says: `typing`, `at`. A member that is undefined is taken out. */
    say(members) {
      const next = { ...this.#value, ...members };
      const isSame = JSON.stringify(next) === JSON.stringify(this.#value);
      this.#value = next;
      if (!isSame) this.#say();
    }

    subscribe(listener) { this.#listeners.add(listener); }
  }

  /** Shows who is here in `element`, and gives the `Here`. */
  function attach(element, options) {
    const here = new Here(options);
    const { names } = options;
    let drawn = '';
    const draw = () => {
      const { people } = here;
      element.hidden = people.length === 0;
      const first = people.slice(0, BOUNDS.marks);
      const said = people.length === 0 ? '' : words(people, names);
      const initials = first.map(({ source, name }) => [source, names.initial(source, name)]);
      const key = JSON.stringify([said, people.length, initials]);
      if (key === drawn) return;
      drawn = key;
      const marks = first.map(({ source, name }) => People.mark(document, names, source, name));
      const more = document.createElement('span');
      more.className = 'presence-more';
      more.setAttribute('aria-hidden', 'true');
      const left = people.length - marks.length;
      more.textContent = left > 0 ? `+${left.toLocaleString('en')}` : '';
      const text = document.createElement('span');
      text.className = 'unseen';
      text.textContent = said;
      element.title = said;
      element.replaceChildren(...marks, more, text);
    };
    here.subscribe(draw);
    draw();
    return here;
  }

  return { attach, Here, words, BOUNDS };
});
