// SPDX-License-Identifier: MIT
//
// What a browser keeps, played by the test: IndexedDB and Web Locks in which any call can be made to fail. Calls are
// counted; `fault(call)` returns what goes wrong with one, or nothing. What the disk holds is in `disk`, and only a
// transaction that completed changes it.

/** Every way in which a call has been seen to go wrong. Those that a call cannot have are like 'throws'. */
export const FAULTS = ['throws', 'fails', 'hangs', 'is late', 'loses the connection', 'is blocked', 'is emptied'];

/** How long 'is late' takes, in ms: longer than the page waits. */
const LATE = 8_000;

function fault(name) {
  return Object.assign(new Error('played'), { name });
}

/** `indexedDB`, with one disk for all the pages of a test. */
export class PlayedDisk {
  disk = new Map(); // key as JSON → line
  calls = 0;
  names = []; // of the calls, in order
  faultAt = () => undefined;
  connections = new Set();
  hasStore = false;

  constructor(clock) { this.clock = clock; }

  #next(name) {
    this.names.push(name);
    return this.faultAt(this.calls++, name);
  }

  #soon(body, isLate) {
    if (isLate) this.clock.setTimeout(body, LATE);
    else queueMicrotask(body);
  }

  /** The browser takes everything away, as it does when space is short. */
  evict() {
    this.disk.clear();
    this.loseConnections();
  }

  /** It does so while the machine sleeps: pages see a dead connection, and then a database that is new. */
  evictSilently() {
    this.disk.clear();
    this.hasStore = false;
    for (const connection of this.connections) connection.isClosed = true;
    this.connections.clear();
  }

  loseConnections() {
    for (const connection of [...this.connections]) {
      connection.isClosed = true;
      this.connections.delete(connection);
      connection.onclose?.({});
    }
  }

  open = () => {
    const wrong = this.#next('open');
    if (wrong === 'throws') throw fault('SecurityError');
    const request = { result: null, error: null };
    if (wrong === 'hangs') return request;
    this.#soon(() => {
      if (wrong === 'is blocked') { request.onblocked?.({}); return; }
      if (wrong === 'is emptied') this.evict();
      if (wrong && wrong !== 'is late' && wrong !== 'is emptied') {
        request.error = fault('UnknownError');
        request.onerror?.({});
        return;
      }
      request.result = this.#connection();
      if (!this.hasStore) { this.hasStore = true; request.onupgradeneeded?.({}); }
      request.onsuccess?.({});
    }, wrong === 'is late');
    return request;
  };

  #connection() {
    const connection = {
      isClosed: false,
      createObjectStore: () => {},
      close: () => { connection.isClosed = true; this.connections.delete(connection); },
      transaction: (store, mode) => this.#transaction(connection, mode),
    };
    this.connections.add(connection);
    return connection;
  }

  #transaction(connection, mode) {
    const wrong = this.#next(mode === 'readonly' ? 'read' : 'write');
    if (connection.isClosed || wrong === 'throws') throw fault('InvalidStateError');
    const changes = [];
    const result = (value) => ({ result: value });
    const transaction = { error: null, isAborted: false };
    const check = (name) => {
      const own = this.#next(name);
      if (own === 'throws') throw fault('DataError');
      if (own) transaction.fault ??= own;
    };
    const sorted = () => [...this.disk].map(([key, line]) => [JSON.parse(key), line])
      .sort(([a], [b]) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1] - b[1]));
    transaction.fault = wrong;
    transaction.objectStore = () => ({
      getAllKeys: () => { check('getAllKeys'); return result(sorted().map(([key]) => key)); },
      getAll: () => { check('getAll'); return result(sorted().map(([, line]) => line)); },
      put: (line, key) => { check('put'); changes.push(() => this.disk.set(JSON.stringify(key), line)); },
      delete: ({ source }) => {
        check('delete');
        changes.push(() => {
          for (const key of this.disk.keys()) if (JSON.parse(key)[0] === source) this.disk.delete(key);
        });
      },
    });
    transaction.abort = () => { transaction.isAborted = true; };
    const finish = () => {
      if (transaction.isAborted) return;
      if (transaction.fault === 'hangs') return;
      if (transaction.fault === 'is late' && !transaction.isLate) {
        transaction.isLate = true;
        this.#soon(finish, true);
        return;
      }
      if (transaction.fault === 'is emptied') { this.evict(); return; }
      if (transaction.fault === 'loses the connection' || connection.isClosed) {
        this.loseConnections();
        transaction.onabort?.({});
        return;
      }
      if (transaction.fault && transaction.fault !== 'is late') {
        transaction.error = fault('QuotaExceededError');
        transaction.onabort?.({});
        return;
      }
      for (const change of changes) change();
      transaction.oncomplete?.({});
    };
    queueMicrotask(finish);
    return transaction;
  }
}

/** Web Locks in which a call can be made to fail; `fault(name)` is asked at each. */
export class PlayedLocks {
  held = new Set();
  faultAt = () => undefined;
  calls = 0;

  constructor(clock) { this.clock = clock; }

  #answer(body) {
    const wrong = this.faultAt(this.calls++);
    if (wrong === 'throws') throw fault('SecurityError');
    if (wrong === 'hangs') return new Promise(() => {});
    if (wrong === 'is late') {
      return new Promise((resolve) => { this.clock.setTimeout(() => resolve(body()), LATE); });
    }
    if (wrong) return Promise.reject(fault('AbortError'));
    return body();
  }

  request = (name, options, body) => Promise.resolve(this.#answer(async () => {
    if (this.held.has(name)) return body(null);
    this.held.add(name);
    try { return await body({ name }); } finally { this.held.delete(name); }
  }));

  query = () => this.#answer(async () => ({ held: [...this.held].map((name) => ({ name })) }));
}

/** sessionStorage of a tab. */
export function playedSession(items = new Map()) {
  return {
    items,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => items.set(key, value),
    removeItem: (key) => items.delete(key),
  };
}
