// SPDX-License-Identifier: MIT
//
// How many peers and actions the server has: only numbers for the badge, nothing depends on them.
import { BOUNDS } from './bounds.js';

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const count = (value) => (Number.isSafeInteger(value) ? value : null);

/** Asks again and again while a link is up. `failed()` is called when it stops answering, `changed()` when it has. */
export class Statistics {
  /** `{ connected, actions }`, each null when unknown; null before the first answer. */
  latest = null;
  #url; #fetch; #timers; #changed; #failed; #timer = null; #question = null; #failures = 0; #hasAnswered = false;

  constructor({ url, fetch, timers, changed, failed }) {
    this.#url = url;
    this.#fetch = fetch;
    this.#timers = timers;
    this.#changed = changed;
    this.#failed = failed;
  }

  /** Begins anew, for a new link. */
  start() {
    this.stop();
    this.ask();
  }

  stop() {
    this.#timers.clearTimeout(this.#timer);
    this.#question?.abort();
    this.#question = null;
    this.#hasAnswered = false;
    this.latest = null;
  }

  async ask() {
    const ask = this.#fetch ?? globalThis.fetch;
    if (!this.#url || !ask) return;
    this.#question?.abort();
    const question = this.#question = new AbortController(); // a newer question makes this one void
    this.#timers.clearTimeout(this.#timer);
    try {
      const tooLate = new Promise((resolve, reject) => {
        this.#timer = this.#timers.setTimeout(() => {
          question.abort();
          reject(new Error('no answer'));
        }, BOUNDS.statisticsTimeout);
      });
      const answered = (async () => {
        const answer = await ask(this.#url, { cache: 'no-store', signal: question.signal });
        return answer.ok ? answer.json() : null;
      })();
      const statistics = await Promise.race([answered, tooLate]);
      if (this.#question !== question) return;
      this.latest = isObject(statistics)
        ? { connected: count(statistics.connected), actions: count(statistics.actions) } : null;
      this.#failures = 0;
      this.#hasAnswered = this.latest !== null;
      this.#changed();
    } catch {
      if (this.#question !== question) return;
      // A server that stopped answering altogether is gone. One that answers probes is asked by these.
      this.#failures += 1;
      if (this.#hasAnswered && this.#failures >= 2) {
        this.#failures = 0;
        this.#failed();
        if (this.#question !== question) return;
      }
    }
    this.#timers.clearTimeout(this.#timer);
    this.#timer = this.#timers.setTimeout(() => this.ask(), BOUNDS.statisticsPeriod);
  }
}
