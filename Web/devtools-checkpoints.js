// SPDX-License-Identifier: MIT

/** Places at which states are kept; of more every second goes, and the distance doubles. */
const MOST = 128;
const FIRST_DISTANCE = 16;

/** States that are kept on the way through a history, evenly spaced, so that one may look back at a known cost. */
export class Checkpoints {
  #kept = []; #distance = FIRST_DISTANCE;

  get count() { return this.#kept.length; }

  /** The state after the first `place` actions; most are not kept. */
  add(place, state) {
    if (place % this.#distance !== 0) return;
    this.#kept.push({ place, state });
    if (this.#kept.length <= MOST) return;
    this.#distance *= 2;
    this.#kept = this.#kept.filter((one) => one.place % this.#distance === 0);
  }

  /** The last one at or before a place, or undefined. */
  before(place) {
    return this.#kept.findLast((one) => one.place <= place);
  }

  /** Forgets what comes after a place, and returns the last that is left. */
  cut(place) {
    this.#kept = this.#kept.filter((one) => one.place <= place);
    return this.#kept.at(-1);
  }
}
