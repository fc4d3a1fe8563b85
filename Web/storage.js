// SPDX-License-Identifier: MIT
//
// Where a page keeps the actions of its own.
import { BOUNDS } from './bounds.js';
import { allowed } from './waiting.js';

// A storage keeps own actions: `load()` → [{source, timestamp, line}], `save(records)` resolves when they are
// durable, `remove(source)` forgets a source. Several tabs may use one at a time. Each may fail, or not answer,
// at any time; the peer goes on and comes back. Optional: `reset()` forgets a connection that failed, and the
// peer sets `onlost`, to be called when the browser takes the storage away or has emptied it.
//
// The record with the timestamp 0 is not an action but says how its source was left. While a page writes as
// the source it is open; only a page that ends with everything saved closes it. So an open one, whose page
// may have sent what is not stored, is passed on but never written as again.

export const sourceRecord = (source, isOpen, confirmed) => (
  { source, timestamp: 0, line: JSON.stringify({ open: isOpen, confirmed }) }
);

/** What the record with the timestamp 0 says of `source`; without one the source is closed. */
export function sourceState(records, source) {
  const record = records.find((one) => one.source === source && one.timestamp === 0);
  const state = record ? allowed(() => JSON.parse(record.line)) : undefined;
  return {
    isOpen: record !== undefined && state?.open !== false,
    confirmed: typeof state?.confirmed === 'number' ? state.confirmed : 0,
  };
}

/** Keeps own actions for as long as the page lives: for tests. */
export class MemoryStorage {
  constructor() {
    this.records = new Map();
    this.isDurable = false;
  }

  async load() {
    return [...this.records.values()];
  }

  async save(records) {
    for (const record of records) this.records.set(JSON.stringify([record.source, record.timestamp]), record);
  }

  async remove(source) {
    for (const [key, record] of this.records) if (record.source === source) this.records.delete(key);
  }
}

/** Keeps own actions in IndexedDB, flushed to disk before a save is called done. */
export class IndexedDBStorage {
  constructor(name, indexedDB) {
    this.name = name;
    this.indexedDB = indexedDB; // undefined: the browser's, looked up each time, since access may be denied
    this.isDurable = true;
    this.database = null;
    this.hasOpened = false;
    this.requests = 0; // to open it, not answered yet
    this.waiting = []; // for whichever of them is answered first
  }

  open() {
    if (this.database) return Promise.resolve(this.database);
    return new Promise((resolve, reject) => {
      this.waiting.push({ resolve, reject });
      const noAnswer = () => new Error('the storage does not open');
      if (this.waiting.length > BOUNDS.openRequests) this.waiting.shift().reject(noAnswer());
      // Each attempt asks anew, because a browser has been seen to forget the first request of a page.
      if (this.requests >= BOUNDS.openRequests) return;
      this.requests += 1;
      let isOver = false;
      const failed = (error) => {
        if (!isOver) this.requests -= 1;
        isOver = true;
        for (const waiter of this.waiting.splice(0)) waiter.reject(error ?? noAnswer());
      };
      try {
        const factory = this.indexedDB ?? globalThis.indexedDB;
        if (!factory) throw new Error('there is no IndexedDB');
        const request = factory.open(this.name, 1);
        let isNew = false;
        request.onupgradeneeded = () => { isNew = true; request.result.createObjectStore('updates'); };
        request.onerror = () => failed(request.error);
        request.onblocked = () => {
          const error = new Error('the storage is in use by an older page');
          for (const waiter of this.waiting.splice(0)) waiter.reject(error);
        };
        request.onsuccess = () => {
          if (!isOver) this.requests -= 1;
          isOver = true;
          this.#opened(request.result);
          // Deleted while this page lives, perhaps without a word: what was saved in it is gone.
          if (isNew && this.hasOpened) this.onlost?.('the browser emptied it');
          this.hasOpened = true;
        };
      } catch (error) {
        failed(error);
      }
    });
  }

  #opened(database) {
    if (this.database) { database.close(); return; } // another request was answered first
    this.database = database;
    const gone = () => {
      if (this.database !== database) return;
      this.database = null;
      this.onlost?.();
    };
    database.onclose = gone;
    database.onversionchange = () => { database.close(); gone(); };
    for (const waiter of this.waiting.splice(0)) waiter.resolve(database);
  }

  /** Forgets the connection, so that the next use opens another. */
  reset() {
    const database = this.database;
    this.database = null;
    if (database) allowed(() => database.close());
  }

  async perform(mode, body) {
    const database = await this.open();
    try {
      return await this.#transact(database, mode, body);
    } catch (error) {
      if (this.database === database) this.reset();
      // A connection that did not outlive the machine's sleep says so only when it is used.
      if (error?.name !== 'InvalidStateError') throw error;
      return this.#transact(await this.open(), mode, body);
    }
  }

  #transact(database, mode, body) {
    return new Promise((resolve, reject) => {
      const transaction = database.transaction('updates', mode, { durability: 'strict' });
      let result;
      transaction.oncomplete = () => { try { resolve(result()); } catch (error) { reject(error); } };
      transaction.onerror = transaction.onabort = () => reject(transaction.error ?? new Error('not saved'));
      try {
        result = body(transaction.objectStore('updates'));
      } catch (error) {
        allowed(() => transaction.abort()); // half of it is not to be kept
        throw error;
      }
      transaction.commit?.(); // at once, so that a page that is just leaving still saves
    });
  }

  load() {
    return this.perform('readonly', (store) => {
      const keys = store.getAllKeys();
      const lines = store.getAll();
      return () => keys.result.map(([source, timestamp], index) => ({ source, timestamp, line: lines.result[index] }));
    });
  }

  save(records) {
    return this.perform('readwrite', (store) => {
      for (const { source, timestamp, line } of records) store.put(line, [source, timestamp]);
      return () => undefined;
    });
  }

  remove(source) {
    return this.perform('readwrite', (store) => {
      // An array sorts after every number, so this range is all timestamps of the source.
      store.delete(globalThis.IDBKeyRange.bound([source], [source, []]));
      return () => undefined;
    });
  }
}
