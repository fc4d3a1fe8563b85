// SPDX-License-Identifier: MIT
//
// Who else is here, and what this page says of itself: small values beside the log, of the core's.
import { callAll, subscribeTo } from './telling.js';

/** `peer.presence`. The host has `core`, `moved()` (lets links send what is due) and `report(kind, text)`. */
export class Presence {
  #host; #own = null; #lifetime; #others = null; #listeners = new Set(); #isOver = false; #isNews = false;

  constructor(host) {
    this.#host = host;
    for (const name of ['set', 'others', 'subscribe']) this[name] = this[name].bind(this);
  }

  /** What this page says of itself at the moment, or null. */
  get own() { return this.#own; }

  /**
   * Says to everybody who is connected what this page does: an object of at most 1,024 bytes of JSON; null to leave.
   * It is no action, and nobody keeps it. Who hears nothing more forgets it after `lifetime` seconds (30; 3 to 3,600).
   * Set it as often as you like: others hear of it ten times a second at most. Throws TypeError, and nothing has
   * changed, if peers would refuse it.
   */
  set(value, { lifetime } = {}) {
    if (this.#isOver) throw new Error('the peer is closed');
    this.#host.core.setPresence(value, lifetime === undefined ? {} : { lifetime });
    this.#own = value === null ? null : JSON.parse(JSON.stringify(value)); // as the others read it
    this.#lifetime = lifetime;
    this.#host.moved();
  }

  /**
   * Who else is here, as `[{ source, value }]`, ordered by source, 1,024 at most; the same array until that changes.
   * A value is what somebody claims: show it as text, and read single members of it.
   */
  others() {
    if (this.#isOver || this.#host.core.fault) return [];
    this.#others ??= this.#host.core.presence();
    return this.#others;
  }

  /** Calls `listener` when `others()` has changed. Returns a function that ends it. */
  subscribe(listener) { return subscribeTo(this.#listeners, listener); }

  /** The core has told that somebody came, went, or says something else. */
  changed() {
    this.#others = null;
    this.#isNews = true;
  }

  /** Tells what has changed, once for all that arrived together. */
  tell() {
    if (!this.#isNews) return;
    this.#isNews = false;
    callAll(this.#listeners, undefined, (error) => this.#host.report('subscriber', String(error)));
  }

  /** The page may have been slowed down, and what it says have expired. */
  repeat() {
    if (this.#own === null || this.#isOver || this.#host.core.fault) return;
    this.set(this.#own, { lifetime: this.#lifetime });
  }

  /** Leaves for good; whoever is connected hears it now. */
  close() {
    if (this.#isOver) return;
    if (this.#own !== null && !this.#host.core.fault) this.set(null);
    this.#isOver = true;
  }
}
