// SPDX-License-Identifier: MIT
//
// The service worker: keeps the files of the pages, so that they open without the server. `offline.js` registers it.
//
// What there is to keep stands in `files.json`, which the server makes of what it serves: the name and a tag of each
// file, the tag made of its contents. A list is one version. A version is taken up only once every file is here
// whose contents have the tag of the list; until then, and without the server, the one of before is used. A page gets
// all its files, also those that it loads late, from the version that it was opened with. Versions have caches of
// their own, named after the list.
//
// What is not in the list is left to the network, and nothing below `primus/` is ever kept: so `/statistics`,
// `/healthz` and sockets never come from a cache. Everything is relative to the folder of this file.
(function (root) {
  'use strict';

  /** Every bound has a name; a list beyond one is refused, and the version of before stays. */
  const BOUNDS = {
    listLength: 524_288, // characters of the list
    files: 3_500, // in the list; the server takes 1,000 of an application, and each page has up to three names
    nameLength: 256, // characters of a file's name
    fileBytes: 67_108_864, // of one file
    versionBytes: 134_217_728, // of all files of a version
    versions: 3, // kept at a time; of those that open pages still use, the oldest goes
    clients: 256, // open pages of which the version is remembered; the oldest is forgotten
    young: 60_000, // ms in which a page that was just opened may not be listed as open yet
    navigationWait: 1_000, // ms that opening a page waits for a newer version, and then goes on without
    fetchWait: 10_000, // ms for one file
    parallel: 4, // files that are fetched at a time
  };

  const FORMAT = 1; // of the list, and of what is remembered here
  const TAG = /^[0-9a-f]{1,16}-(0|[1-9][0-9]{0,9})$/;
  const NEVER = /^(primus(\/|$)|worker\.js$|files\.json$|statistics$|healthz$|ws$)/;

  /** FNV-1a of 64 bits and the length, as `Page.fingerprint` in Swift makes them. */
  function fingerprint(bytes) {
    let high = 0xcbf29ce4;
    let low = 0x84222325;
    for (let index = 0; index < bytes.length; index++) {
      low = (low ^ bytes[index]) >>> 0;
      const product = low * 0x1b3; // the factor is 2^40 + 0x1b3
      high = (high * 0x1b3 + Math.floor(product / 0x1_0000_0000) + ((low << 8) >>> 0)) % 0x1_0000_0000;
      low = product % 0x1_0000_0000;
    }
    const digits = (BigInt(high) << 32n | BigInt(low)).toString(16);
    return `${digits}-${bytes.length}`;
  }

  /** The files of a list as a map of name to tag, or a thrown reason. */
  function readList(text) {
    if (text.length > BOUNDS.listLength) throw new Error('the list of files is too long');
    const list = JSON.parse(text);
    if (list?.version !== FORMAT) throw new Error('the list of files has a form that this worker does not know');
    const files = new Map();
    let sum = 0;
    for (const [name, tag] of Object.entries(list.files)) {
      if (NEVER.test(name)) continue;
      const isName = name.length <= BOUNDS.nameLength && /^[\w.~-]*(\/[\w.~-]+)*\/?$/.test(name);
      const isOutside = name.startsWith('/') || name.split('/').includes('..');
      if (!isName || isOutside) throw new Error(`no name of a file: ${name}`);
      if (typeof tag !== 'string' || !TAG.test(tag)) throw new Error(`no tag of a file: ${name}`);
      const size = Number(tag.split('-')[1]);
      sum += size;
      if (size > BOUNDS.fileBytes || sum > BOUNDS.versionBytes) throw new Error(`too large to be kept: ${name}`);
      files.set(name, tag);
    }
    if (files.size === 0 || files.size > BOUNDS.files) throw new Error(`a list of ${files.size} files is not kept`);
    return files;
  }

  /** The name of a version: the same files have the same, in whatever order they are listed. */
  function versionOf(files) {
    const text = JSON.stringify([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
    return fingerprint(new TextEncoder().encode(text));
  }

  /** Somebody answers at the address of the list, but not with a list: another server, or one without the worker. */
  class ForeignServer extends Error {}

  /** What the worker does, with everything outside handed in, so that tests can play it. */
  class Keeper {
    #scope; #caches; #fetch; #clients; #timers; #now; #checking = null; #turn = Promise.resolve();
    #opened = new Map(); // client → version, of those since this worker started

    constructor({ scope, caches, fetch, clients, timers = root, now = Date.now }) {
      this.#scope = new URL(scope);
      this.#caches = caches;
      this.#fetch = fetch;
      this.#clients = clients;
      this.#timers = timers;
      this.#now = now;
      this.prefix = `scuttlebutt-files:${this.#scope.pathname}:`;
    }

    // ---- what is remembered

    #stateCache() { return this.#caches.open(`${this.prefix}state`); }

    #stateAddress() { return new URL('worker.js?state', this.#scope).href; }

    /** The complete versions, the newest last, and which client has which. */
    async #state() {
      const empty = { format: FORMAT, versions: [], clients: [] };
      try {
        const found = await (await this.#stateCache()).match(this.#stateAddress());
        if (!found) return empty;
        const state = JSON.parse(await found.text());
        if (state.format !== FORMAT || !Array.isArray(state.versions) || !Array.isArray(state.clients)) return empty;
        return state;
      } catch {
        return empty; // damaged: the files are fetched again
      }
    }

    /** Changes what is remembered, one change at a time. */
    #change(body) {
      const turn = this.#turn.then(async () => {
        const state = await this.#state();
        await body(state);
        state.clients.splice(0, state.clients.length - BOUNDS.clients);
        const text = JSON.stringify(state);
        await (await this.#stateCache()).put(this.#stateAddress(), new Response(text));
      });
      this.#turn = turn.catch(() => {});
      return turn;
    }

    // ---- versions

    /** Asks the server for its list, and takes up that version if it is another. One question at a time. */
    check() {
      this.#checking ??= this.#check().finally(() => { this.#checking = null; });
      return this.#checking;
    }

    /** Resolves when a check that is under way has ended, whichever way. */
    async settled() {
      await this.#checking?.catch(() => {});
    }

    async #check() {
      const response = await this.#get('files.json', 'no-store');
      if (response.status >= 500) throw new Error(`the list of files: status ${response.status}`);
      let files;
      try {
        if (!response.ok || response.redirected) throw new Error(`status ${response.status}`);
        files = readList(await response.text());
      } catch (error) {
        throw new ForeignServer(`no list of files: ${error.message}`);
      }
      const id = versionOf(files);
      const { versions } = await this.#state();
      if (versions.at(-1)?.id === id) return;
      if (!versions.some((version) => version.id === id)) await this.#fill(id, files, versions);
      await this.#change((state) => {
        const others = state.versions.filter((version) => version.id !== id);
        state.versions = [...others, { id, files: [...files] }];
      });
      await this.prune();
    }

    async #fill(id, files, versions) {
      await this.#caches.delete(this.prefix + id); // what an attempt that was broken off has left
      const cache = await this.#caches.open(this.prefix + id);
      try {
        const names = [...files.keys()];
        const work = async () => {
          for (let name; (name = names.pop()) !== undefined;) await this.#take(cache, name, files.get(name), versions);
        };
        await Promise.all(Array.from({ length: BOUNDS.parallel }, work));
      } catch (error) {
        await this.#caches.delete(this.prefix + id);
        throw error;
      }
    }

    /** Puts one file into a version: from another version that has the same, or else from the server. */
    async #take(cache, name, tag, versions) {
      for (const version of versions) {
        if (new Map(version.files).get(name) !== tag) continue;
        const found = await (await this.#caches.open(this.prefix + version.id)).match(this.#address(name));
        if (found) { await cache.put(this.#address(name), found); return; }
      }
      const response = await this.#get(name, 'no-cache');
      if (response.status !== 200 || response.redirected) throw new Error(`${name}: status ${response.status}`);
      const copy = response.clone();
      const bytes = new Uint8Array(await response.arrayBuffer());
      // It was replaced since the list was made: the next check finds another list.
      if (fingerprint(bytes) !== tag) throw new Error(`${name} is not the one of the list`);
      await cache.put(this.#address(name), copy);
    }

    #address(name) { return new URL(name, this.#scope).href; }

    async #get(name, cache) {
      const abort = new AbortController();
      const timer = this.#timers.setTimeout(() => abort.abort(), BOUNDS.fetchWait);
      try {
        return await this.#fetch(this.#address(name), { cache, signal: abort.signal, credentials: 'same-origin' });
      } finally {
        this.#timers.clearTimeout(timer);
      }
    }

    /** Drops the versions that no open page uses, except the newest. */
    async prune() {
      const clients = await this.#clients.matchAll({ includeUncontrolled: true, type: 'all' });
      const open = new Set(clients.map(({ id }) => id));
      const kept = new Set(['state']);
      await this.#change((state) => {
        const now = this.#now();
        state.clients = state.clients.filter(({ id, at }) => open.has(id) || Math.abs(now - at) < BOUNDS.young);
        const known = new Set(state.clients.map(({ id }) => id));
        for (const id of this.#opened.keys()) if (!known.has(id)) this.#opened.delete(id);
        const used = new Set(state.clients.map(({ version }) => version));
        const newest = state.versions.at(-1)?.id;
        state.versions = state.versions.filter(({ id }) => id === newest || used.has(id)).slice(-BOUNDS.versions);
        for (const { id } of state.versions) kept.add(id);
      });
      for (const name of await this.#caches.keys()) {
        if (name.startsWith(this.prefix) && !kept.has(name.slice(this.prefix.length))) await this.#caches.delete(name);
      }
    }

    // ---- answers

    /** The name of a file by its address, or null if it is not for us. */
    name(address) {
      const url = new URL(address);
      if (url.origin !== this.#scope.origin || !url.pathname.startsWith(this.#scope.pathname)) return null;
      const name = url.pathname.slice(this.#scope.pathname.length);
      return NEVER.test(name) ? null : name;
    }

    /** Opens a page: in the newest version if that can be had in time, else in the one that is here. */
    async navigate(request, client) {
      let isForeign = false;
      const checking = this.check().catch((error) => { isForeign = error instanceof ForeignServer; });
      let timer;
      const late = new Promise((resolve) => { timer = this.#timers.setTimeout(resolve, BOUNDS.navigationWait); });
      await Promise.race([checking, late]);
      this.#timers.clearTimeout(timer);
      // Another program may have taken the address over: its pages are not to be hidden behind ours.
      if (isForeign) {
        const response = await this.#fetch(request).catch(() => null);
        if (response && (response.ok || response.type === 'opaqueredirect')) return response;
      }
      const name = this.name(request.url);
      const version = (await this.#state()).versions.at(-1);
      if (version && new Map(version.files).has(name)) {
        const found = await (await this.#caches.open(this.prefix + version.id)).match(this.#address(name));
        if (found) {
          await this.#remember(client, version.id);
          return found;
        }
      }
      return this.#fetch(request).catch(() => new Response(
        'This page was not kept, and the server cannot be reached.\n',
        { status: 503, headers: { 'Content-Type': 'text/plain; charset=utf-8', 'Cache-Control': 'no-store' } }));
    }

    async #remember(client, version) {
      if (!client) return;
      this.#opened.set(client, version);
      await this.#change((state) => {
        state.clients = [...state.clients.filter(({ id }) => id !== client), { id: client, version, at: this.#now() }];
      }).catch(() => {}); // no room: it is known for as long as this worker runs
    }

    /** A file for a page that is open: from its own version, and from no other. */
    async file(request, client) {
      const name = this.name(request.url);
      const state = await this.#state();
      const id = this.#opened.get(client) ?? state.clients.find((one) => one.id === client)?.version;
      if (id === undefined) return this.#fetch(request); // opened from the network, so it goes on with it
      const version = state.versions.find((one) => one.id === id);
      if (version && !new Map(version.files).has(name)) return this.#fetch(request);
      const found = version && await (await this.#caches.open(this.prefix + id)).match(this.#address(name));
      // Not the server's: that may be of another version.
      return found ?? Response.error();
    }
  }

  /** Connects a keeper to the worker's events. */
  function listen(worker) {
    const keeper = new Keeper({
      scope: worker.registration.scope, caches: worker.caches, clients: worker.clients,
      fetch: (...request) => worker.fetch(...request),
    });
    // Open pages keep their versions whatever worker runs, so nobody has to wait for them to be closed.
    worker.addEventListener('install', (event) => event.waitUntil(keeper.check().then(() => worker.skipWaiting())));
    worker.addEventListener('activate', (event) => event.waitUntil(keeper.prune()));
    worker.addEventListener('fetch', (event) => {
      const { request } = event;
      if (request.method !== 'GET' || keeper.name(request.url) === null) return; // as if there were no worker
      // The password in an address is the browser's to send: fetched from here, the page would be refused.
      if (new URL(request.url).username !== '') return;
      if (request.mode === 'navigate') {
        const answer = keeper.navigate(request, event.resultingClientId);
        event.respondWith(answer);
        // A version that takes longer than the page waits is for the next one.
        event.waitUntil(answer.then(() => keeper.settled()));
      } else if (event.clientId) {
        event.respondWith(keeper.file(request, event.clientId));
      }
    });
  }

  if (typeof module === 'object' && module.exports) module.exports = { Keeper, BOUNDS, fingerprint, readList };
  else listen(root);
})(typeof self === 'object' ? self : globalThis);
