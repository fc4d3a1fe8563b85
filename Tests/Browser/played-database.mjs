// SPDX-License-Identifier: MIT
//
// IndexedDB with several databases and stores, played by the test: what the stored log uses of it. Each call can be
// made to fail as in played-storage.mjs; `fault(call, name)` returns what goes wrong with one, or nothing. Only a
// transaction that completed changes what is on the disk.

const LATE = 8_000; // ms that 'is late' takes: longer than the page waits

export const fault = (name) => Object.assign(new Error('played'), { name });

export class PlayedDatabases {
  databases = new Map(); // name → { version, stores: Map of Map }
  connections = new Set();
  calls = 0;
  faultAt = () => undefined;
  quota = Infinity; // length of everything, as JSON

  constructor(clock) { this.clock = clock; }

  store(name, store) { return this.databases.get(name)?.stores.get(store) ?? new Map(); }

  length() {
    let sum = 0;
    for (const { stores } of this.databases.values()) {
      for (const store of stores.values()) for (const value of store.values()) sum += JSON.stringify(value).length;
    }
    return sum;
  }

  loseConnections() {
    for (const connection of [...this.connections]) {
      connection.isClosed = true;
      this.connections.delete(connection);
      connection.onclose?.({});
    }
  }

  /** The browser takes everything away. */
  evict() {
    this.databases.clear();
    this.loseConnections();
  }

  #next(name) { return this.faultAt(this.calls++, name); }

  #soon(body, isLate = false) {
    if (isLate) this.clock.setTimeout(body, LATE);
    else queueMicrotask(body);
  }

  open = (name, version) => {
    const wrong = this.#next('open');
    if (wrong === 'throws') throw fault('SecurityError');
    const request = { result: null, error: null };
    if (wrong === 'hangs') return request;
    this.#soon(() => {
      if (wrong === 'is blocked') { request.onblocked?.({}); return; }
      if (wrong === 'is emptied') this.evict();
      const known = this.databases.get(name);
      if (known?.version > version) request.error = fault('VersionError');
      else if (wrong && wrong !== 'is late' && wrong !== 'is emptied') request.error = fault('UnknownError');
      if (request.error) { request.onerror?.({}); return; }
      const database = known ?? { version, stores: new Map() };
      this.databases.set(name, database);
      request.result = this.#connection(database);
      if (!known) request.onupgradeneeded?.({});
      request.onsuccess?.({});
    }, wrong === 'is late');
    return request;
  };

  #connection(database) {
    const connection = {
      isClosed: false,
      createObjectStore: (name) => { database.stores.set(name, new Map()); },
      close: () => { connection.isClosed = true; this.connections.delete(connection); },
      transaction: (names, mode) => this.#transaction(connection, database, mode),
    };
    this.connections.add(connection);
    return connection;
  }

  #transaction(connection, database, mode) {
    const wrong = this.#next(mode === 'readonly' ? 'read' : 'write');
    if (connection.isClosed || wrong === 'throws') throw fault('InvalidStateError');
    const copies = new Map([...database.stores].map(([name, store]) => [name, new Map(store)]));
    const transaction = { error: null };
    let isOver = false;
    let waiting = 0;
    const abort = (error = null) => {
      if (isOver) return;
      isOver = true;
      transaction.error = error;
      this.#soon(() => transaction.onabort?.({}));
    };
    const finish = (isLate = false) => {
      if (isOver || waiting > 0) return;
      if (wrong === 'hangs') return;
      if (wrong === 'is late' && !isLate) { this.#soon(() => finish(true), true); return; }
      if (wrong === 'is emptied') { isOver = true; this.evict(); return; }
      if (wrong === 'loses the connection' || connection.isClosed) {
        this.loseConnections();
        abort();
        return;
      }
      if (wrong && wrong !== 'is late') { abort(fault('UnknownError')); return; }
      const before = database.stores;
      database.stores = copies;
      if (mode === 'readwrite' && this.length() > this.quota) {
        database.stores = before;
        abort(fault('QuotaExceededError'));
        return;
      }
      isOver = true;
      transaction.oncomplete?.({});
    };
    const request = (body) => {
      const one = { result: undefined };
      waiting += 1;
      this.#soon(() => {
        waiting -= 1;
        if (isOver) return;
        one.result = body();
        one.onsuccess?.({});
        this.#soon(finish);
      });
      return one;
    };
    transaction.abort = () => abort();
    transaction.objectStore = (name) => {
      const store = copies.get(name);
      return {
        get: (key) => request(() => (store.has(key) ? structuredClone(store.get(key)) : undefined)),
        put: (value, key) => { const copy = structuredClone(value); return request(() => { store.set(key, copy); }); },
        delete: (key) => request(() => { store.delete(key); }),
        clear: () => request(() => { store.clear(); }),
      };
    };
    return transaction;
  }
}
