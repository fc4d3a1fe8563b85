// SPDX-License-Identifier: MIT
//
// Own actions on their way into the storage: in groups, again after a failure, and what closed tabs left in it.
import { BOUNDS } from './bounds.js';
import { abandoned } from './claim.js';
import { sourceRecord } from './storage.js';
import { allowed, within } from './waiting.js';

/**
 * What the storage holds in place of an action that was set aside: no update, so that no page sends it. Once it was
 * dismissed there is still a record, because the stored log may have the action.
 */
const setAsideStart = '{"setAside":';
export const setAsideLine = (update, reason) => JSON.stringify({ setAside: update, reason });

const byStamp = (a, b) => a.timestamp - b.timestamp;

/**
 * The host has `core`, `source`, `timers`, `confirmed()` (the newest own timestamp that the server has), `entries()`
 * (own and everybody's), `aside()` (records of what was set aside), `restored(records)`, `full()` (there is no room),
 * `moved()` and `report(kind, text)`.
 */
export class Saving {
  isFailing = false;
  #host; #storage; #options; #unsaved = []; #counted = { confirmed: 0, count: 0 }; #isSaving = false; #waiters = [];
  #isGoingOn = false; #attempt = 0; #storageTimer = null; #patienceTimer = null; #savedState = null; #isOver = false;

  constructor(host, storage, options) {
    this.#host = host;
    this.#storage = storage;
    this.#options = options;
    storage.onlost = (reason = 'the browser closed it') => {
      // Whoever comes back looks at all of it anyway.
      if (!this.isFailing) this.failed(new Error(reason));
    };
  }

  /** What the storage holds was not readable when the page started; the source is a fresh one. */
  begin(fault) {
    if (!fault) return;
    this.#isGoingOn = true; // the source is a fresh one, so that nothing has to wait
    this.failed(fault);
  }

  get isDurable() { return this.#storage.isDurable !== false && !this.isFailing; }
  get count() { return this.#unsaved.length; }
  /** Whether everything that may have left this page is kept. */
  get isClean() { return this.isDurable && this.#unsaved.every((item) => !item.isReleased); }

  /** How many own actions wait to be saved that some peer has already. */
  countConfirmed(confirmed) {
    if (this.#counted.confirmed !== confirmed) {
      this.#counted = { confirmed, count: 0 };
      for (const item of this.#unsaved) this.#count(item, 1);
    }
    return this.#counted.count;
  }

  #count({ source, timestamp }, by) {
    if (source === this.#host.source && timestamp <= this.#counted.confirmed) this.#counted.count += by;
  }

  /** Queues an action, to be told to the core with `token` when it is kept; or a record in place of one. */
  add({ source, timestamp, number, line }, token) {
    const item = { source, timestamp, number, line, token, isReleased: token === undefined };
    this.#unsaved.push(item);
    this.#count(item, 1);
  }

  /** Forgets what waits for a stamp, because something else is to be kept in its place. */
  drop({ source, timestamp }) {
    this.#unsaved = this.#unsaved.filter((item) => {
      if (item.source !== source || item.timestamp !== timestamp) return true;
      if (!item.isReleased) this.#release(item);
      this.#count(item, -1);
      return false;
    });
  }

  flushed() {
    if (this.#unsaved.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push(resolve));
  }

  /** Saves what is waiting, as one group at a time; what is saved may be sent. */
  async save() {
    if (this.#isGoingOn) this.#releaseAll();
    else if (this.isFailing && this.#unsaved.length > 0) this.#patience();
    if (this.#isSaving || this.isFailing || this.#isOver || this.#unsaved.length === 0) return;
    this.#isSaving = true;
    try {
      while (this.#unsaved.length > 0 && !this.#isOver) await this.#saveGroup();
    } catch (error) {
      this.#isSaving = false;
      this.failed(error);
      return;
    }
    this.#isSaving = false;
    if (!this.#isOver) this.#tell();
  }

  #tell() {
    for (const resolve of this.#waiters.splice(0)) resolve();
    this.#host.moved();
  }

  async #saveGroup() {
    const group = this.#unsaved.slice();
    const records = group.map((item) => this.#record(item));
    // With the first action goes the record that the source is in use.
    const state = this.#stateRecord(true);
    if (state.line !== this.#savedState) records.push(state);
    await this.#bounded('the storage', () => this.#storage.save(records));
    this.#savedState = state.line;
    const saved = new Set(group);
    // It may have changed meanwhile.
    for (const item of this.#unsaved) if (saved.has(item)) this.#count(item, -1);
    this.#unsaved = this.#unsaved.filter((item) => !saved.has(item));
    for (const item of group) this.#release(item);
    this.#host.moved();
  }

  #record({ source, timestamp, number, line }) {
    return { source, timestamp, line: line ?? this.#host.core.lines(number, 1)[0] };
  }

  #stateRecord(isOpen) {
    const { core, confirmed, source } = this.#host;
    return sourceRecord(source, isOpen, core.fault ? 0 : confirmed());
  }

  /** The core may send it. */
  #release(item) {
    if (item.isReleased || this.#host.core.fault) return;
    item.isReleased = true;
    this.#host.core.saved(item.token);
  }

  #releaseAll() {
    for (const item of this.#unsaved) this.#release(item);
    this.#host.moved();
  }

  #bounded(what, ask) { return within(BOUNDS.storageWait, this.#host.timers, what, ask); }

  // ---- failures

  /**
   * The storage failed, did not answer, or was taken away: says so, goes on without it, and tries again until it
   * works. Own actions that wait to be saved are sent after a while all the same; `close` then sees to it that
   * nobody writes as this source again, so no stamp is used twice.
   */
  failed(error) {
    if (this.#isOver) return;
    const { timers, report } = this.#host;
    allowed(() => this.#storage.reset?.());
    if (error?.name === 'QuotaExceededError') this.#host.full();
    if (!this.isFailing) {
      this.isFailing = true;
      report('storage', `own actions are not kept for now: ${error}`);
    }
    this.#attempt += 1;
    const delay = Math.min(BOUNDS.backOffLast, BOUNDS.backOffFirst * 2 ** Math.min(this.#attempt, 10));
    timers.clearTimeout(this.#storageTimer);
    this.#storageTimer = timers.setTimeout(() => this.comeBack(), delay);
    if (this.#unsaved.some((item) => !item.isReleased)) this.#patience();
    this.#host.moved();
  }

  /** Waits a while for the storage, then sends what it did not take. */
  #patience() {
    this.#patienceTimer ??= this.#host.timers.setTimeout(() => {
      this.#patienceTimer = null;
      if (!this.isFailing) return;
      this.#isGoingOn = true;
      this.#releaseAll();
    }, BOUNDS.unsavedWait);
  }

  /** Tries the storage again: saves what it lacks, and takes up what it has. */
  async comeBack() {
    const { core, source, timers, report } = this.#host;
    timers.clearTimeout(this.#storageTimer);
    if (this.#isOver || !this.isFailing) return;
    if (this.#isSaving) { // it was taken away under a save, which has not ended yet
      this.#storageTimer = timers.setTimeout(() => this.comeBack(), BOUNDS.backOffFirst);
      return;
    }
    this.#isSaving = true;
    let records;
    try {
      records = await this.#bounded('the storage', () => this.#storage.load());
      if (this.#isOver) return;
      this.#savedState = null;
      // It may have been emptied meanwhile. What it must hold is every stamp of ours.
      const kept = new Set([...records, ...this.#unsaved].filter((record) => record.source === source)
        .map(({ timestamp }) => timestamp));
      const lacking = [...this.#host.aside(), ...this.#host.entries()].filter((entry) => (
        entry.source === source && !entry.isSetAside && !kept.has(entry.timestamp)
      ));
      const rest = this.#unsaved;
      this.#unsaved = [];
      for (const entry of lacking) this.add(entry);
      this.#unsaved.push(...rest);
      while (this.#unsaved.length > 0) await this.#saveGroup();
    } catch (error) {
      this.#isSaving = false;
      this.failed(error);
      return;
    }
    this.#isSaving = false;
    this.isFailing = this.#isGoingOn = false;
    this.#attempt = 0;
    timers.clearTimeout(this.#patienceTimer);
    this.#patienceTimer = null;
    report('storage', 'own actions are kept again');
    this.#tell();
    if (!core.fault) await this.#takeUp(records);
  }

  // ---- what is in the storage

  /** Picks up what closed tabs of this browser left behind. */
  async inherit() {
    if (!this.isDurable) return;
    try {
      await this.#takeUp(await this.#bounded('the storage', () => this.#storage.load()));
    } catch (error) {
      this.failed(error);
    }
  }

  async #takeUp(records) {
    const clock = this.#host.core.vector();
    const news = records.filter(({ source, timestamp }) => (
      source !== this.#host.source && timestamp > (clock.get(source) ?? 0)
    ));
    const sources = [...new Set(news.map((record) => record.source))];
    const free = new Set(await this.#abandoned(sources));
    if (this.#isOver) return;
    const taken = news.filter((record) => free.has(record.source)).sort(byStamp);
    if (taken.length > 0) this.#host.restored(taken);
  }

  #abandoned(sources) {
    const { name, locks } = this.#options;
    return abandoned(sources, name, locks, this.#host.timers);
  }

  /** Drops long stored sources of closed tabs once the server has all of them; `known(source)` says what it has. */
  async retire(known) {
    if (!this.isDurable) return;
    try {
      const ends = new Map();
      for (const { source, timestamp, line } of await this.#bounded('the storage', () => this.#storage.load())) {
        const end = ends.get(source) ?? { count: 0, last: 0 };
        // What was set aside is nowhere else.
        const last = String(line).startsWith(setAsideStart) ? Infinity : Math.max(end.last, timestamp);
        ends.set(source, { count: end.count + 1, last });
      }
      const done = [...ends].filter(([source, end]) => (
        source !== this.#host.source && end.count >= BOUNDS.retireAfter && known(source) >= end.last
      )).map(([source]) => source);
      for (const source of await this.#abandoned(done)) {
        await this.#bounded('the storage', () => this.#storage.remove(source));
      }
    } catch (error) {
      this.failed(error); // what it holds is kept, which is harmless
    }
  }

  /**
   * Ends for good: saves what waits, and notes that the source is closed if all is kept. It is one save, asked for
   * now, so that the next page, which may write as this source, loads it whole.
   */
  close(hasWritten) {
    const { isClean } = this;
    this.#isOver = true;
    const { timers } = this.#host;
    timers.clearTimeout(this.#storageTimer);
    timers.clearTimeout(this.#patienceTimer);
    if (!hasWritten) return;
    const records = [...this.#unsaved.map((item) => this.#record(item)), this.#stateRecord(!isClean)];
    new Promise((resolve) => resolve(this.#storage.save(records))).then(() => {
      this.#unsaved = [];
      for (const resolve of this.#waiters.splice(0)) resolve();
    }, () => {}); // then it stays open
  }
}
