// SPDX-License-Identifier: MIT
//
// "What if": the lifted state of Redux DevTools over a copy of some actions (behaviours D1 to D13). Skipping, moving,
// locking and rolling back happen here, on this screen, and never reach the log that peers share (D18).

const INTERRUPTED = 'not computed, because an action before it failed';

export class Lifted {
  #reduce; #creation; #isStable; #maxAge; #isCatching; #goesOn;
  #actions = new Map(); #nextId = 1; #staged = [0]; #skipped = new Set(); #committed; #computed = []; #index = 0;
  #good; #isLocked = false; #isPaused = false;
  /** What a monitor keeps for itself; setting it computes nothing (D12). */
  monitorState = null;

  /**
   * `reduce(state, action, meta)`; `maxAge` is how many entries are kept, a number or a function of the action, at
   * least 2; `isStable()` says whether everything so far may be committed; `isCatching`: errors become entries;
   * `goesOn`: after one, the next is computed on the state before it, as peers do, instead of being interrupted (D9).
   */
  constructor({ reduce, initialState, maxAge = Infinity, isStable = () => true, isCatching = true, goesOn = false }) {
    if (typeof maxAge === 'number' && !(maxAge >= 2)) throw new RangeError('the log keeps at least 2 entries');
    this.#reduce = reduce;
    this.#committed = this.#creation = initialState;
    this.#isStable = isStable;
    this.#maxAge = typeof maxAge === 'function' ? maxAge : () => maxAge;
    this.#isCatching = isCatching;
    this.#goesOn = goesOn;
    this.#compute(0);
  }

  /** All of it (D1). */
  get lifted() {
    return {
      actionsById: new Map(this.#actions),
      nextActionId: this.#nextId,
      stagedActionIds: [...this.#staged],
      skippedActionIds: [...this.#skipped],
      committedState: this.#committed,
      currentStateIndex: this.#index,
      computedStates: [...this.#computed],
      isLocked: this.#isLocked,
      isPaused: this.#isPaused,
      monitorState: this.monitorState,
    };
  }

  /** The state that is looked at, or the last good one (D13). */
  get state() { return this.#computed[this.#index]?.state ?? this.#good; }
  get isLocked() { return this.#isLocked; }
  get isPaused() { return this.#isPaused; }

  /** Computes the entries from an index on. */
  #compute(from) {
    this.#computed.length = from;
    for (let index = from; index < this.#staged.length; index++) {
      const before = index > 0 ? this.#computed[index - 1] : { state: this.#committed };
      this.#computed.push(this.#entry(before, this.#staged[index]));
    }
    const shown = this.#computed[this.#index];
    if (shown?.state !== undefined) this.#good = shown.state;
  }

  #entry({ state, error }, id) {
    if (id === 0) return { state };
    if (error !== undefined && !this.#goesOn) return { state, error: INTERRUPTED };
    if (this.#skipped.has(id)) return { state };
    const { action, meta } = this.#actions.get(id);
    try {
      return { state: this.#reduce(state, action, meta) };
    } catch (thrown) {
      if (!this.#isCatching) throw thrown;
      return { state, error: String(thrown) };
    }
  }

  /** D2, D8, D10. */
  perform(action, meta = {}) {
    if (this.#isLocked) return;
    if (this.#isPaused) { // it changes the state and leaves no entry
      const last = this.#computed.at(-1);
      const id = this.#nextId;
      this.#actions.set(id, { action, meta });
      this.#computed[this.#computed.length - 1] = this.#entry(last, id);
      this.#actions.delete(id);
      return;
    }
    const wasAtEnd = this.#index === this.#staged.length - 1;
    const id = this.#nextId++;
    this.#actions.set(id, { action, meta });
    this.#staged.push(id);
    if (wasAtEnd) this.#index = this.#staged.length - 1;
    this.#compute(this.#staged.length - 1);
    const most = this.#maxAge(action, this.#staged.length);
    if (!(most >= 2)) throw new RangeError('the log keeps at least 2 entries');
    if (this.#staged.length > most) this.#commitOldest(this.#staged.length - most);
  }

  /** Oldest entries become the base, but none past an error (D9, D10). */
  #commitOldest(count) {
    let kept = 0;
    while (kept < count && (this.#goesOn || this.#computed[kept + 1]?.error === undefined)) kept += 1;
    if (kept === 0) return;
    for (const id of this.#staged.splice(1, kept)) {
      this.#actions.delete(id);
      this.#skipped.delete(id);
    }
    this.#committed = this.#computed[kept].state;
    this.#computed.splice(0, kept);
    this.#index = Math.max(0, this.#index - kept);
  }

  #empty(base) {
    this.#actions.clear();
    this.#skipped.clear();
    this.#staged = [0];
    this.#committed = base;
    this.#index = 0;
    this.#compute(0);
  }

  /** D3. Returns whether it could be: not while what is committed may still be rewound (D18). */
  commit() {
    if (!this.#isStable()) return false;
    this.#empty(this.state);
    return true;
  }

  rollback() { this.#empty(this.#committed); }
  reset() { this.#empty(this.#creation); }

  /** D4. */
  toggle(id) {
    const index = this.#staged.indexOf(id);
    if (index <= 0) return;
    if (!this.#skipped.delete(id)) this.#skipped.add(id);
    this.#compute(index);
  }

  /** Switches the entries of a half-open range of indices on or off (D4). */
  setActive(start, end, isActive = true) {
    const from = Math.max(1, start);
    for (const id of this.#staged.slice(from, end)) {
      if (isActive) this.#skipped.delete(id);
      else this.#skipped.add(id);
    }
    this.#compute(Math.min(from, this.#staged.length));
  }

  /** Drops the skipped entries (D4). */
  sweep() {
    for (const id of this.#skipped) this.#actions.delete(id);
    this.#staged = this.#staged.filter((id) => !this.#skipped.has(id));
    this.#skipped.clear();
    this.#index = Math.min(this.#index, this.#staged.length - 1);
    this.#compute(0);
  }

  /** D5. */
  jumpTo(index) {
    if (!Number.isInteger(index) || index < 0 || index >= this.#staged.length) return;
    this.#index = index;
  }

  jumpToAction(id) { this.jumpTo(this.#staged.indexOf(id)); }

  /** Moves an action before another, never before the beginning (D6). */
  reorder(id, beforeId) {
    const from = this.#staged.indexOf(id);
    const to = this.#staged.indexOf(beforeId);
    if (from <= 0 || to <= 0 || from === to) return;
    this.#staged.splice(from, 1);
    this.#staged.splice(this.#staged.indexOf(beforeId), 0, id);
    this.#compute(Math.min(from, to));
  }

  /** D7: a lifted state, or a list of actions with or without a state to begin with. */
  import(given, { initialState = this.#committed, computes = true } = {}) {
    if (Array.isArray(given)) {
      this.#empty(initialState);
      for (const action of given) this.perform(action);
      return;
    }
    this.#actions = new Map(given.actionsById);
    this.#nextId = given.nextActionId;
    this.#staged = [...given.stagedActionIds];
    this.#skipped = new Set(given.skippedActionIds);
    this.#committed = given.committedState;
    this.#index = Math.min(given.currentStateIndex, this.#staged.length - 1);
    this.#computed = computes ? [] : [...given.computedStates];
    this.#compute(this.#computed.length);
  }

  /** D8. */
  lock(isLocked) { this.#isLocked = isLocked; }

  pause(isPaused) {
    if (this.#isPaused && !isPaused) {
      this.#isPaused = false;
      this.#index = this.#staged.length - 1;
      this.#empty(this.#computed.at(-1).state);
    } else this.#isPaused = isPaused;
  }

  /** D11. */
  replaceReducer(reduce, { computes = true } = {}) {
    this.#reduce = reduce;
    if (computes) this.#compute(0);
    else this.#empty(this.state);
  }
}
