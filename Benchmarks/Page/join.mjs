// SPDX-License-Identifier: MIT
//
// How long a page takes to join a room, and to dispatch: this build beside another one, in turn, in Chromium.
//
//   SCUTTLEBUTT=… node Benchmarks/Page/join.mjs [--before FOLDER] [--count N] [--rounds N]
//
// FOLDER has the files of Web/ of another commit (`git worktree add FOLDER COMMIT`, then FOLDER/Web). What is compared
// is the best of the rounds, as a ratio. Each round opens a page of its own.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Server } from '../../Tests/Browser/server.mjs';
import { Driver, endEverything } from '../../Tests/Browser/webdriver.mjs';

const { values: { before, count, rounds } } = parseArgs({
  options: {
    before: { type: 'string' }, count: { type: 'string', default: '100000' }, rounds: { type: 'string', default: '5' },
  },
});

/** In the page: opens a peer, and says how long it took to have everything, and how long dispatches take. */
const MEASURE = `
  const reducer = (state = 0, action) => (action.type === 'INCREMENT' ? state + 1 : state);
  const longTasks = [];
  new PerformanceObserver((list) => longTasks.push(...list.getEntries().map(({ duration }) => duration)))
    .observe({ entryTypes: ['longtask'] });
  const start = performance.now();
  const peer = await Scuttlebutt.open({ reducer, name: 'bench' + start, development: false, headerWait: 0 });
  await peer.synced();
  const joined = performance.now() - start;
  const state = peer.getState();
  peer.goOffline();
  const begin = performance.now();
  for (let n = 0; n < 20000; n++) peer.dispatch({ type: 'INCREMENT' });
  const dispatched = performance.now() - begin;
  await new Promise((resolve) => setTimeout(resolve, 100));
  return { joined, dispatched, state, longTasks };`;

async function measure(driver, folder) {
  const server = await Server.start({ store, options: folder ? ['--pages', folder] : [] });
  try {
    const { window } = await driver.open();
    await window.visit(`${server.url}/counter`);
    const result = await window.run(`return (async () => {${MEASURE}})()`);
    if (result.state < Number(count)) throw new Error(`it has ${result.state} of ${count}`);
    return result;
  } finally {
    await server.program.end();
  }
}

const scratch = mkdtempSync(join(tmpdir(), 'join-'));
const store = join(scratch, 'room.sqlite');
const lines = join(scratch, 'room.jsonl');
writeFileSync(lines, Array.from({ length: Number(count) }, (_, n) => (
  JSON.stringify([{ type: 'INCREMENT', by: `person ${n % 7}` }, n + 1, `SOURCE${n % 7}`])
)).join('\n'));
const driver = await Driver.start();
try {
  const first = await Server.start({ store, options: ['--import', lines] });
  await first.program.end();
  const builds = [...(before ? [['before', before]] : []), ['now', null]];
  const best = {};
  for (let round = 0; round < Number(rounds); round++) {
    for (const [name, folder] of builds) {
      const { joined, dispatched, longTasks } = await measure(driver, folder);
      const longest = Math.max(0, ...longTasks);
      console.log(`${name}: joined ${joined.toFixed(0)} ms, 20,000 dispatches ${dispatched.toFixed(0)} ms, `
        + `longest task ${longest.toFixed(0)} ms`);
      best[name] ??= { joined, dispatched, longest };
      for (const [key, value] of Object.entries({ joined, dispatched, longest })) {
        best[name][key] = Math.min(best[name][key], value);
      }
    }
  }
  if (before) {
    console.log(`joining ${(best.before.joined / best.now.joined).toFixed(2)} times as fast as before, `
      + `dispatching ${(best.before.dispatched / best.now.dispatched).toFixed(2)} times`);
  }
} finally {
  await endEverything(driver);
  rmSync(scratch, { recursive: true });
}
