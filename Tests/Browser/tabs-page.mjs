// SPDX-License-Identifier: MIT
//
// A page of the tests: a peer over the core that shares its connection with other tabs, and keeps everybody's log.
import { Core } from './core.js';
import { TabPeer } from './tab-peer.js';

const { ScuttlebuttTabs, ScuttlebuttLog } = globalThis;
const source = [...crypto.getRandomValues(new Uint8Array(16))].join('.');
const reports = [];
const report = (kind, text) => { reports.push(`${kind}: ${text}`); };
const tabs = ScuttlebuttTabs.open({ report });
const log = ScuttlebuttLog.open({ report });
const stored = [];
for await (const lines of log.load()) stored.push(...lines);
const peer = await TabPeer.open({
  Core, source, tabs, log, stored, url: new URL('ws?batch=1', document.baseURI).href.replace(/^http/, 'ws'),
  reducer: (state = [], action) => (action.n === undefined ? state : [...state, action.n]),
});
Object.assign(window, { peer, tabs, log, reports });
document.documentElement.dataset.ready = 'true';
