// SPDX-License-Identifier: MIT
//
// A peer in the Redux DevTools of the browser, for pages without Redux (a Redux app needs nothing: `redux.js` stands
// before the extension's own enhancer). The extension shows the newest actions; what it skips, moves or rolls back are
// views in it (D18), a jump shows a state in the page, and what it dispatches is decoded, never evaluated (D17).
import { Lifted } from './devtools-lifted.js';
import { Model } from './devtools-model.js';

export const EXTENSION_BOUNDS = {
  actions: 500, // that the extension is given, the newest
};

/**
 * Connects a peer with the extension, or returns null where there is none. Nothing is computed or sent while nobody
 * has its monitor open (D16). Options: `name`; `travel(state, place)` as in `attach`, place being null for now; `deny`
 * and `allow`, regular expressions over types, of which allowing wins; `predicate(state, action)`;
 * `actionSanitizer(action, id)` and `stateSanitizer(state, index)`, which change only what is sent (D15). Returns `{
 * end() }`.
 */
export function connect(peer, { extension = globalThis.__REDUX_DEVTOOLS_EXTENSION__, ...options } = {}) {
  return extension?.connect ? new Bridge(peer, extension, options) : null;
}

class Bridge {
  #peer; #options; #channel; #model = null; #lifted = null; #unsubscribe; #isDue = false; #places = new Map();
  #sent = 0; #version = 0;

  constructor(peer, extension, options) {
    this.#peer = peer;
    this.#options = options;
    this.#channel = extension.connect(
      { name: options.name ?? 'scuttlebutt', features: { import: false, persist: false, test: false } });
    this.#unsubscribe = this.#channel.subscribe((message) => this.#heard(message));
  }

  end() {
    this.#stop();
    this.#unsubscribe?.();
  }

  #stop() {
    this.#model?.end();
    this.#model = this.#lifted = null;
  }

  #start() {
    if (this.#model) return;
    this.#model = new Model(this.#peer);
    this.#model.subscribe(() => this.#work());
    this.#work();
  }

  #heard(message) {
    switch (message?.type) {
      case 'START': this.#start(); break;
      case 'STOP': this.#stop(); break;
      case 'ACTION': this.#dispatch(message.payload); break;
      // The extension's documentation and its source name it differently.
      case 'DISPATCH': if (this.#lifted) this.#view(message.payload ?? message.action); break;
      default: break;
    }
  }

  #dispatch(text) {
    try {
      this.#peer.dispatch(typeof text === 'string' ? JSON.parse(text) : text);
    } catch (error) {
      this.#channel.error(`the action is not dispatched: ${error.message}`);
    }
  }

  /** Operations of the lifted state, on the copy (D3 to D8, D12, D18). */
  #view(given = {}) {
    const lifted = this.#lifted;
    const place = (id) => this.#places.get(id);
    switch (given.type) {
      case 'JUMP_TO_STATE':
        lifted.jumpTo(given.index);
        this.#show(place(lifted.lifted.stagedActionIds[given.index]));
        return;
      case 'JUMP_TO_ACTION': lifted.jumpToAction(given.actionId); this.#show(place(given.actionId)); return;
      case 'TOGGLE_ACTION': lifted.toggle(given.id); break;
      case 'SET_ACTIONS_ACTIVE': lifted.setActive(given.start, given.end, given.active); break;
      case 'REORDER_ACTION': lifted.reorder(given.actionId, given.beforeActionId); break;
      case 'SWEEP': lifted.sweep(); break;
      case 'LOCK_CHANGES': lifted.lock(given.status === true); break;
      case 'PAUSE_RECORDING': lifted.pause(given.status === true); break;
      case 'ROLLBACK': lifted.rollback(); break;
      case 'RESET': this.#begin(); return;
      case 'COMMIT':
        this.#channel.error('Peers may still send earlier actions, so nothing can be committed.');
        break;
      default: return; // for the monitor alone
    }
    this.#sendAll();
  }

  #show(place) {
    if (place === undefined) return;
    const isNow = place === this.#model.order.length;
    this.#options.travel?.(isNow ? null : this.#model.stateAt(place), isNow ? null : place);
  }

  #work() {
    if (this.#isDue) return;
    this.#isDue = true;
    setTimeout(() => {
      this.#isDue = false;
      if (!this.#model) return;
      if (this.#model.work()) { this.#work(); return; }
      this.#tell();
    }, 0);
  }

  /** What came at the end is sent one by one; anything else is a structural change. */
  #tell() {
    const { order, version } = this.#model;
    if (!this.#lifted || version !== this.#version || order.length < this.#sent) { this.#begin(); return; }
    if (order.length - this.#sent > EXTENSION_BOUNDS.actions) { this.#begin(); return; }
    for (; this.#sent < order.length; this.#sent++) this.#perform(order[this.#sent], this.#sent, true);
  }

  #begin() {
    const { order, version } = this.#model;
    const first = Math.max(0, order.length - EXTENSION_BOUNDS.actions);
    this.#lifted = new Lifted({
      reduce: (state, action, meta) => this.#model.reduce(state, action, meta),
      initialState: this.#model.stateAt(first),
      maxAge: EXTENSION_BOUNDS.actions + 1,
      isStable: () => false,
      goesOn: true,
    });
    this.#version = version;
    this.#sent = order.length;
    this.#places = new Map([[0, first]]);
    for (let place = first; place < order.length; place++) this.#perform(order[place], place, false);
    this.#sendAll();
  }

  #perform({ action, timestamp, source }, place, isTold) {
    const { allow, deny, predicate } = this.#options;
    const type = String(action.type);
    const isHidden
      = (allow ? !allow.test(type) : deny?.test(type)) || predicate?.(this.#lifted.state, action) === false;
    const id = this.#lifted.lifted.nextActionId;
    this.#lifted.perform(action, { timestamp, source, isHidden });
    if (this.#lifted.lifted.nextActionId === id) return; // locked or paused
    this.#places.set(id, place + 1);
    this.#places.delete(id - EXTENSION_BOUNDS.actions - 1);
    if (!isTold || isHidden) return;
    const { computedStates } = this.#lifted.lifted;
    const { state, error } = computedStates.at(-1);
    if (error !== undefined) { this.#sendAll(); return; }
    this.#channel.send(this.#sanitized(action, id), this.#sanitizedState(state, computedStates.length - 1));
  }

  #sanitized(action, id) { return this.#options.actionSanitizer?.(action, id) ?? action; }
  #sanitizedState(state, index) {
    return this.#options.stateSanitizer ? this.#options.stateSanitizer(state, index) : state;
  }

  /** The whole lifted state, in the extension's form. */
  #sendAll() {
    const { actionsById, computedStates, monitorState, ...others } = this.#lifted.lifted;
    const shown
      = others.stagedActionIds.map((id, index) => [id, index]).filter(([id]) => !actionsById.get(id)?.meta.isHidden);
    const actions = { 0: { type: 'PERFORM_ACTION', action: { type: '@@INIT' }, timestamp: 0 } };
    for (const [id] of shown) {
      if (id === 0) continue;
      const { action, meta } = actionsById.get(id);
      actions[id] = { type: 'PERFORM_ACTION', action: this.#sanitized(action, id), timestamp: meta.timestamp ?? 0 };
    }
    this.#channel.send(null, {
      ...others, actionsById: actions, stagedActionIds: shown.map(([id]) => id),
      currentStateIndex: Math.max(0, shown.findLastIndex(([, index]) => index <= others.currentStateIndex)),
      committedState: this.#sanitizedState(others.committedState, 0),
      computedStates: shown.map(([, index]) => ({
        ...computedStates[index], state: this.#sanitizedState(computedStates[index].state, index) })),
    });
  }
}
