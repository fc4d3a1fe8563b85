// SPDX-License-Identifier: MIT
//
// Developer tools for a peer of a page: its log in both orders, what each action did, who has what, and what went
// wrong.
//
//   const Devtools = await import('./devtools.js')
//   await Devtools.open(peer)                   a panel at the bottom of one's own page, where it is allowed
//   const panel = Devtools.attach(peer, element, { travel: (state) => draw(state ?? peer.getState()) })
//
// They read the peer and never change its log, except by the dispatch form. Everything that peers or files bring is
// shown as text. How it is computed: `devtools-model.js`; who may open it: `devtools-access.js`.
import { obstacle } from './devtools-access.js';
import { make, tabs } from './devtools-dom.js';
import { makeList } from './devtools-list.js';
import { Model } from './devtools-model.js';
import { PAGES, marksOf, modelOf } from './devtools-pages.js';
import { preview } from './devtools-values.js';

const SLICE = 8; // ms of work in a task
const RESTING = 250; // ms between two drawings while nobody does anything

const attached = new Map(); // element → panel
const opened = new Map(); // peer → what `open` gave
let count = 0;

/**
 * Builds the tools in an element. Options: `name` of the peer, for comparing; `reducerName`; `travel(state, place)`
 * shows a state of the past in the page, and is called with null to go back to now; `others`: `[{ name, peer }]` to
 * compare with. Returns `{ model, show(place), end() }`. One element has one panel (D14). This asks nobody whether it
 * is allowed: see `open`.
 */
export function attach(peer, element, options = {}) {
  if (attached.has(element)) throw new Error('this element has developer tools already');
  const panel = new Panel(peer, element, options);
  attached.set(element, panel);
  return { get model() { return panel.model; }, show: (place) => panel.show(place), end: () => panel.end() };
}

/**
 * Opens the tools in a drawer of the page, where `obstacle` of `devtools-access.js` has none: on this machine, or with
 * the token whose SHA-256 is `tokenHash`. Returns what `attach` does; throws where it is not allowed, and for a peer
 * that has them (D14).
 */
export async function open(peer, { tokenHash, document = globalThis.document, ...options } = {}) {
  const reason = await obstacle({ tokenHash, window: document.defaultView });
  if (reason) throw new Error(reason);
  if (opened.has(peer)) throw new Error('this peer has developer tools already');
  const address = new URL('devtools.css', import.meta.url).href;
  if (![...document.styleSheets].some(({ href }) => href === address)) {
    document.head.append(make(document, 'link', { rel: 'stylesheet', href: address }));
  }
  const host = make(document, 'div', {});
  const close
    = make(document, 'button', { type: 'button', className: 'dt-close', on: { click: () => panel.end() } }, 'Close');
  const drawer
    = make(document, 'aside', { className: 'dt-drawer', attributes: { 'aria-label': 'Developer tools' } }, close, host);
  document.body.append(drawer);
  const tools = attach(peer, host, options);
  const panel = {
    get model() { return tools.model; },
    show: tools.show,
    end() {
      tools.end();
      drawer.remove();
      opened.delete(peer);
    },
  };
  opened.set(peer, panel);
  return panel;
}

class Panel {
  selected = null; trial = null; hashes = null; comparison = null; said = ''; saved = 0; travel = null;
  #own; #element; #options; #end = () => {}; #isWorking = false; #isDrawing = false; #drawn = ''; #isOver = false;
  #filter = {};
  #kept = { key: null, entries: [] };
  #parts;
  #place = null;
  #travelled = 0;
  #drawnAt = 0;
  #files = [];
  #others = null;

  constructor(peer, element, options) {
    this.document = element.ownerDocument;
    this.id = `dt-${++count}`;
    this.name = options.name ?? `peer ${count}`;
    this.reducerName = options.reducerName ?? '';
    this.#element = element;
    this.#options = options;
    this.#own = this.model = new Model(peer);
    if (options.travel) this.travel = { id: this.id, to: (place) => this.#travelTo(place) };
    this.#build();
    this.#use(this.#own);
  }

  get isRecording() { return this.model !== this.#own; }
  get isTravelling() { return this.#place !== null; }

  // ---- building

  #build() {
    const { document, id } = this;
    const field = (label, control) => make(document, 'label', { className: 'dt-field' }, `${label} `, control);
    const choice = (name, values, change) => make(document, 'select',
      { id: `${id}-${name}`, on: { change: (event) => change(event.target.value) } },
      ...values.map(([value, text]) => make(document, 'option', { value }, text)));
    const filter = (change) => { Object.assign(this.#filter, change); this.redraw(); };
    const text = (name, label, key) => field(label, make(document, 'input', {
      id: `${id}-${name}`,
      type: 'search',
      autocomplete: 'off',
      on: { input: ({ target }) => filter({ [key]: target.value }) },
    }));
    const summary = make(document, 'p', { className: 'dt-summary', id: `${id}-summary` });
    const past = make(document, 'p', { className: 'dt-past', id: `${id}-past`, hidden: true },
      make(document, 'span', { attributes: { role: 'status' } }), ' ',
      make(document, 'button', { type: 'button', id: `${id}-now`, on: { click: () => this.#travelTo(null) } },
        'Back to now'));
    const list = makeList(document, {
      id: `${id}-list`, label: 'Actions', row: (...given) => this.#fill(...given),
      chosen: (entry) => { this.selected = entry; this.#tabs.show('action'); },
    });
    const bar
      = make(document, 'div', { className: 'dt-bar', attributes: { role: 'search', 'aria-label': 'Which actions' } },
        field('Order',
          choice('order', [['agreed', 'agreed'], ['arrival', 'of arrival']],
            (value) => filter({ byArrival: value === 'arrival' }))),
        text('type', 'Type', 'text'), text('source', 'Source', 'source'),
        field('Show',
          choice('only',
            [
              ['all', 'all'], ['late', 'late'], ['effect', 'with effect'], ['no effect', 'without effect'],
              ['unknown', 'types without effect'], ['failed', 'failed'], ['own', 'own'], ['aside', 'set aside']
            ],
            (value) => filter({ only: value }))));
    this.#tabs = tabs(document, 'About the actions', PAGES, id, () => { this.#drawn = ''; this.redraw(); });
    this.#parts = { summary, past, list };
    this.#element.classList.add('devtools');
    this.#element.replaceChildren(
      bar, past, summary, make(document, 'div', { className: 'dt-both' }, list.element, this.#tabs.element));
    this.#tabs.show('action');
  }

  #tabs;

  /** A row: place, source, type with what is in it, and marks. */
  #fill(entry, index, element) {
    const { document, model } = this;
    const isArrival = this.#filter.byArrival;
    const place = isArrival ? entry.number : model.order === this.#kept.entries ? index : model.placeOf(entry);
    const marks = marksOf(model, entry);
    const key = `${entry.number}:${place}:${marks.join()}`;
    if (element.dataset.key === key) return;
    element.dataset.key = key;
    const { type, ...rest } = entry.action;
    const content = Object.keys(rest).length > 0 ? preview(rest, 60) : '';
    element.replaceChildren(
      make(document, 'span', { className: 'dt-place' }, place < 0 ? '–' : (place + 1).toLocaleString('en')),
      make(document, 'span', { className: 'dt-source' },
        entry.source === null ? 'here' : preview(entry.source, 8).slice(1, -1)),
      make(document, 'span', { className: 'dt-type' }, preview(type, 40).slice(1, -1)),
      make(document, 'span', { className: 'dt-content' }, content),
      make(document, 'span', { className: 'dt-marks' },
        ...marks.map(([kind, text]) => make(document, 'span', { className: 'dt-mark', data: { kind } }, `${text} `))));
  }

  // ---- working and drawing

  #use(model) {
    this.#end();
    this.model = model;
    this.selected = this.trial = this.hashes = this.comparison = null;
    this.#kept = { key: null, entries: [] };
    this.#drawn = '';
    this.#end = model.subscribe(() => this.#work());
    this.#work();
  }

  /** Works in tasks of their own until nothing is left, and draws meanwhile. */
  #work() {
    if (this.#isWorking || this.#isOver) return;
    this.#isWorking = true;
    setTimeout(() => {
      this.#isWorking = false;
      if (this.#isOver) return;
      const isMore = this.model.work(SLICE);
      // What came late changes the past too.
      if (this.isTravelling && !isMore && this.#travelled !== this.model.version) {
        this.#travelTo(Math.min(this.#place, this.model.order.length));
      }
      this.redraw(isMore);
      if (isMore) this.#work();
    }, 0);
  }

  /** Draws in the next frame; `isResting`: not more often than a person can read. */
  redraw(isResting = false) {
    if (this.#isDrawing || this.#isOver) return;
    if (isResting && performance.now() - this.#drawnAt < RESTING) return;
    this.#isDrawing = true;
    const { requestAnimationFrame } = this.document.defaultView;
    requestAnimationFrame(() => {
      this.#isDrawing = false;
      if (!this.#isOver) this.#draw();
    });
  }

  #draw() {
    const { model } = this;
    this.#drawnAt = performance.now();
    this.#parts.list.draw(this.#entries(), this.selected);
    const { length } = model.order;
    const left = length - model.folded;
    const words
      = `${length.toLocaleString('en')} actions in order, ${this.#kept.entries.length.toLocaleString('en')} shown` +
      `${left > 0 ? `, ${left.toLocaleString('en')} still to be computed` : ''}`;
    const from = this.isRecording ? `A session of ${preview(model.source, 20).slice(1, -1)} from a file: ` : '';
    if (this.#parts.summary.textContent !== from + words) this.#parts.summary.textContent = from + words;
    const { past } = this.#parts;
    past.hidden = !this.isTravelling;
    const told = this.isTravelling ? `The page shows the state after ${this.#place.toLocaleString('en')} actions.` : '';
    if (past.firstChild.textContent !== told) past.firstChild.textContent = told;
    const page = PAGES.find(({ id }) => id === this.#tabs.current);
    const key = `${page.id}:${page.key(this)}`;
    if (key === this.#drawn) return;
    this.#drawn = key;
    const focused = this.document.activeElement?.id;
    const { panel } = this.#tabs;
    const hadFocus = panel.contains(this.document.activeElement) && panel !== this.document.activeElement;
    panel.replaceChildren();
    page.draw(this, panel);
    // Whoever pressed a button that was drawn anew is still there.
    if (hadFocus) ((focused && this.document.getElementById(focused)) || panel).focus({ preventScroll: true });
  }

  #entries() {
    const { model } = this;
    const { only = 'all' } = this.#filter;
    const isChanging = !['all', 'late', 'own'].includes(only);
    const key =
      [JSON.stringify(this.#filter), model.arrivals.length, model.version, isChanging ? model.folded : 0].join();
    if (key !== this.#kept.key) this.#kept = { key, entries: model.filtered(this.#filter) };
    return this.#kept.entries;
  }

  // ---- what the tabs do

  /** Selects the action at a place of the order. */
  show(place) {
    this.selected = this.model.order[place] ?? null;
    this.#tabs.show('action');
  }

  #travelTo(place) {
    this.#place = place;
    this.#travelled = this.model.version;
    this.#options.travel(place === null ? null : this.model.stateAt(place), place);
    this.redraw();
  }

  /** Runs steps in slices; `done` gets what they return. */
  run(steps, done) {
    const { model } = this;
    const go = () => {
      if (this.#isOver || this.model !== model) return;
      const end = performance.now() + SLICE;
      try {
        if (model.folded < model.order.length) { setTimeout(go, SLICE); return; }
        do {
          const { done: isDone, value } = steps.next();
          if (!isDone) continue;
          done(value);
          this.redraw();
          return;
        } while (performance.now() < end);
      } catch (error) {
        this.#say(error);
        return;
      }
      setTimeout(go, 0);
    };
    go();
  }

  #say(error) {
    this.said = String(error.message).slice(0, 500);
    this.redraw();
  }

  hash() { this.run(this.model.hashing(), (hashes) => { this.hashes = hashes; }); }

  compare(steps) {
    this.comparison = { text: 'Comparing …', place: -1 };
    this.run(steps, (found) => { this.comparison = found; });
    this.redraw();
  }

  /** Peers and sessions to compare with: those of the page, other panels, and files that were opened here. */
  others() {
    this.#others ??= (this.#options.others ?? []).map(({ name, peer }) => ({ name, model: new Model(peer) }));
    const panels = [...attached.values()].filter((panel) => panel !== this).map(({ name, model }) => ({ name, model }));
    const own = this.isRecording ? [{ name: 'this page', model: this.#own }] : [];
    const found = [...own, ...this.#others, ...panels, ...this.#files].filter(({ model }) => model !== this.model);
    for (const { model } of found) model.work(SLICE);
    return found;
  }

  /** Shows a session from a file in place of the peer. */
  open(text) {
    try {
      const model = modelOf(text, this.#own.peer.inspect());
      this.#files = [{ name: `file of ${preview(model.source, 20).slice(1, -1)}`, model }];
      this.said = '';
      if (this.isTravelling) this.#travelTo(null);
      this.#use(model);
      this.#tabs.show('action');
    } catch (error) {
      this.#say(error);
    }
  }

  back() {
    if (this.isTravelling) this.#travelTo(null);
    this.#use(this.#own);
  }

  end() {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.isTravelling) this.#options.travel(null, null);
    this.#end();
    for (const { model } of this.#others ?? []) model.end();
    this.#own.end();
    attached.delete(this.#element);
    this.#element.replaceChildren();
    this.#element.classList.remove('devtools');
  }
}

export { Model };
