// SPDX-License-Identifier: MIT
//
// The modules for the page, as dev/check and dev/web build them.
import { readFileSync } from 'node:fs';
import { Core } from '../../Web/core.js';

const folder = process.env.SCUTTLEBUTT_WASM
  ?? new URL('../../Wasm/.build/wasm32-unknown-none-wasm/release/', import.meta.url).pathname;

/** Where a module is. */
export const modulePath = (name = 'ScuttlebuttWasm') => `${folder}/${name}.wasm`;

/** The bytes of a module. */
export function moduleBytes(name) {
  try {
    return readFileSync(modulePath(name));
  } catch (error) {
    throw new Error(`${modulePath(name)} is not there: dev/web builds it`, { cause: error });
  }
}

export const compiled = new WebAssembly.Module(moduleBytes());

export const list = (state = [], action) => (action.n === undefined ? state : [...state, action.n]);

/** A core that keeps its events. */
export async function makeCore(options = {}) {
  const events = [];
  const core = await Core.open({
    module: compiled, source: 'ME', reducer: list, onEvent: (...event) => events.push(event), ...options,
  });
  return Object.assign(core, { events });
}

/** Lets two cores say to each other all they have to say; returns what was said. */
export function talk(a, b, options) {
  const pairs = [
    { from: a, to: b, session: a.openSession(options) },
    { from: b, to: a, session: b.openSession({ ...options, probes: false }) },
  ];
  const said = [];
  const go = () => {
    for (let isQuiet = false; !isQuiet;) {
      isQuiet = true;
      for (const [index, { from, to, session }] of pairs.entries()) {
        for (let lines; (lines = from.pull(session)) !== null; isQuiet = false) {
          said.push([from.source, lines]);
          to.receive(pairs[1 - index].session, lines);
        }
      }
    }
  };
  go();
  const end = () => { for (const { from, session } of pairs) from.closed(session); };
  return { go, end, said };
}
