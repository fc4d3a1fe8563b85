// SPDX-License-Identifier: MIT
//
// Who wrote what: names, initials and colours of sources, and how text of strangers is shown. Names travel in actions
// (`name` beside `type`); a colour follows from the source. Classic script (global `People`); in node: require.
(function (root, people) {
  if (typeof module === 'object' && module.exports) module.exports = people;
  else root.People = people;
})(typeof globalThis === 'object' ? globalThis : this, (function () {
  'use strict';

  const BOUNDS = {
    name: 32, // characters of a name that are shown, and that one may choose
    units: 8, // UTF-16 units for each of them: a character may carry any number of marks
    initial: 24, // UTF-16 units of an initial: enough for a family of emoji
    sources: 1_000, // names that are remembered; the one that was heard longest ago is forgotten
  };

  /** Colours that `style.css` has, as `--author-0` and so on. */
  const COLOURS = 8;

  const KEY = 'scuttlebutt:name';

  // Control characters, line ends, marks that turn the direction of text, and characters without width except the
  // joiner that emoji need. A stranger could use them to show one text and mean another.
  const UNSEEN = new RegExp('[\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b\\u200e\\u200f'
    + '\\u2028-\\u202e\\u2060-\\u206f\\ufeff\\ufff9-\\ufffb]', 'gu');
  /** Words of ASCII, whose characters are their units: most of what is shown, and much faster to look through. */
  const PLAIN = /^[!-~]+( [!-~]+)*$/;

  const LONE = /[\ud800-\udfff]/gu;

  const segmenter = typeof Intl === 'object' && Intl.Segmenter ? new Intl.Segmenter() : null;

  /** The characters of `text` as a person counts them. */
  const characters = (text) => (segmenter ? Array.from(segmenter.segment(text), ({ segment }) => segment) : [...text]);

  /**
   * One line of a stranger's text for a label: without line ends and unseen characters, at most `limit` characters
   * long, and never empty where there is something. Anything but a string gives ''.
   */
  function shown(text, limit = BOUNDS.name) {
    if (typeof text !== 'string') return '';
    const head = text.slice(0, limit + 1);
    if (PLAIN.test(head)) return text.length > limit ? `${head.slice(0, limit)}…` : head;
    const most = limit * BOUNDS.units;
    const short = text.slice(0, most + 1).replace(UNSEEN, ' ').replace(LONE, '\ufffd').replace(/\s+/gu, ' ').trim();
    const parts = characters(short);
    const isCut = parts.length > limit || text.length > most;
    return isCut ? `${parts.slice(0, limit).join('').slice(0, most)}…` : short;
  }

  /** Which of the colours a source has: the same on every page and device. */
  function colour(source) {
    let hash = 7;
    for (let index = 0; index < source.length; index++) hash = (Math.imul(hash, 31) + source.charCodeAt(index)) >>> 0;
    return ((hash ^ (hash >>> 16)) >>> 0) % COLOURS;
  }

  /** The names that this page knows, and the one that its person chose. `storage` may deny itself. */
  class Names {
    #names = new Map(); #storage; #own = ''; #self; #listeners = new Set();

    /** Another number after each change of what a source is called. */
    version = 0;

    constructor(self, storage) {
      this.#self = self;
      this.#storage = storage;
      try { this.#own = shown(storage?.getItem(KEY) ?? ''); } catch { this.#storage = undefined; }
    }

    /** The chosen name, or ''. */
    get own() { return this.#own; }

    /** Chooses a name; '' for none. It is kept where the browser allows it. */
    choose(name) {
      this.#own = shown(name);
      try {
        if (this.#own) this.#storage?.setItem(KEY, this.#own);
        else this.#storage?.removeItem(KEY);
      } catch { /* then it holds for as long as the page lives */ }
      this.changed();
    }

    /** Takes names from entries of a peer, the newest last. Returns whether one of them was new. */
    learn(entries) {
      let isNews = false;
      for (const { action, source } of entries) {
        const name = shown(action.name);
        if (!name || source === null || this.#names.get(source) === name) continue;
        this.#names.delete(source); // a later one goes to the end
        this.#names.set(source, name);
        isNews = true;
        this.version += 1;
      }
      for (const source of this.#names.keys()) {
        if (this.#names.size <= BOUNDS.sources) break;
        this.#names.delete(source);
      }
      return isNews;
    }

    /**
     * What to call a source: what it `said` it is called, or was called last, or the beginning of its id. For the
     * page's own, `you`.
     */
    of(source, said) {
      if (source === this.#self) return 'you';
      const name = shown(said) || this.#names.get(source);
      if (!name) return `peer ${shown(source, 4)}`;
      // Nobody else is to be taken for the person who reads.
      return name.toLowerCase() === 'you' ? `${name} (peer ${shown(source, 4)})` : name;
    }

    /** One or two characters for a source, beside its colour. */
    initial(source, said) {
      const name = source === this.#self ? this.#own : shown(said) || this.#names.get(source);
      const first = characters(name ?? '')[0];
      return first ? first.toUpperCase().slice(0, BOUNDS.initial) : shown(source, 2).replace('…', '') || '?';
    }

    /** The action with the chosen name beside its type, if there is one. */
    sign(action) {
      return this.#own ? { ...action, name: this.#own } : action;
    }

    /** Calls `listener` when a name was chosen. */
    subscribe(listener) { this.#listeners.add(listener); }

    changed() {
      this.version += 1;
      for (const listener of this.#listeners) listener();
    }
  }

  /** The round mark of a source, with its colour and initial, as an element that says nothing aloud. */
  function mark(document, names, source, said) {
    const element = document.createElement('span');
    element.className = 'mark';
    element.setAttribute('aria-hidden', 'true');
    element.dataset.author = String(colour(source));
    element.textContent = names.initial(source, said);
    return element;
  }

  /** A name within a sentence; one whose letters may run from right to left does not turn the rest of it. */
  const inSentence = (name) => (PLAIN.test(name) ? name : `\u2068${name}\u2069`);

  /** Names as a sentence has them: "Ada", "Ada and Ben", "Ada, Ben and 3 others". */
  function list(names) {
    const [first, second, ...others] = [...new Set(names)].map(inSentence);
    if (second === undefined) return first ?? '';
    if (others.length === 0) return `${first} and ${second}`;
    return `${first}, ${second} and ${others.length} ${others.length === 1 ? 'other' : 'others'}`;
  }

  return { Names, shown, colour, mark, list, BOUNDS, COLOURS };
})());
