// SPDX-License-Identifier: MIT
//
// The first action where two peers differ: two in one page, or this page and a session from elsewhere. Logs that differ
// mean replication, the same log with other states means the reducer; so the two are told apart.
import { equal, hashOf } from './devtools-values.js';

/**
 * Compares two models, in steps: finishes their work, yields while there is more, and returns `{ kind,
 * place, text }`. `kind` is 'same', 'log' (a place where they have not the same action), 'state' (the action at
 * `place` made states that differ), 'range' (somewhere from `place` to `until`), or 'shorter' (one lacks what
 * follows).
 */
export function* compareModels(a, b) {
  for (const model of [a, b]) while (model.work()) yield 0;
  const count = Math.min(a.order.length, b.order.length);
  const marks = b.peer.marks;
  for (let place = 0; place < count; place++) {
    if (a.lineAt(place) !== b.lineAt(place)) {
      return {
        kind: 'log',
        place,
        text: `The logs differ at action ${place + 1}: one of them lacks it, or has another.`
      };
    }
    yield place / (2 * count);
  }
  // A recording says what its own reducer made of it; here it can only be replayed with the reducer of this page.
  const states = marks ? yield* compareMarks(a, marks, count) : yield* compareStates(a, b, count);
  if (states) return states;
  if (a.order.length !== b.order.length) {
    return {
      kind: 'shorter',
      place: count,
      text: `They agree on ${count} actions, and only one of them has action ${count + 1}.`
    };
  }
  return {
    kind: 'same',
    place: count,
    text: `The same ${count} actions, and the same state after ${marks ? 'all that the file tells of' : 'each'}.`
  };
}

function* compareMarks(a, marks, count) {
  let good = 0;
  for (const [place, hash] of marks) {
    if (place > count) break;
    const own = hash === null ? null : hashOf(a.stateAt(place));
    if (own !== null && own !== hash) {
      if (place === 0) return { kind: 'state', place: -1, text: 'The states differ before the first action.' };
      if (place === good + 1) return found(place - 1);
      return {
        kind: 'range',
        place: good,
        until: place - 1,
        text: `The states differ after one of the actions ${good + 1} to ${place}.`
      };
    }
    if (own !== null) good = place;
    yield 0.5 + place / (2 * count + 1);
  }
  return null;
}

const found = (place) => (
  { kind: 'state', place, text: `The states differ after action ${place + 1}: the same log, so the reducer.` });

function* compareStates(a, b, count) {
  const states = [a.initialState, b.initialState];
  for (let place = -1; place < count; place++) {
    if (place >= 0) {
      [a, b].forEach((model, index) => { states[index] = model.stateAfter(states[index], place); });
    }
    if (!equal(states[0], states[1], Infinity)) {
      return place < 0 ? { kind: 'state', place, text: 'The states differ before the first action.' } : found(place);
    }
    yield 0.5 + place / (2 * count + 1);
  }
  return null;
}
