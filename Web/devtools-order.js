// SPDX-License-Identifier: MIT
//
// The agreed order of everything that arrived, and how late each action was. Without states.

/**
 * The agreed order: timestamp, then source by UTF-16 units; a local-only action stands right after the one it
 * follows, by number.
 */
export function compare(a, b) {
  if (a.at !== b.at) return a.at < b.at ? -1 : 1;
  if (a.by !== b.by) return a.by < b.by ? -1 : 1;
  return a.local - b.local;
}

/** How many of `sorted` stand before `entry`. */
export function placeOf(sorted, entry) {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle], entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

/**
 * Sets `late` of each of `batch`, which arrived in this order: how many were here already that stand after it. In
 * n log n, so that a history that comes in any order costs no square.
 */
function countLate(sorted, batch, ranked) {
  const ranks = new Map(ranked.map((entry, index) => [entry, index + 1]));
  const tree = new Int32Array(batch.length + 1); // sums of those that came before, by rank
  batch.forEach((entry, index) => {
    let before = 0;
    const rank = ranks.get(entry);
    for (let at = rank; at > 0; at -= at & -at) before += tree[at];
    entry.late = sorted.length - placeOf(sorted, entry) + index - before;
    for (let at = rank; at <= batch.length; at += at & -at) tree[at] += 1;
  });
}

/** Puts a batch of arrivals into `sorted`, in place. Returns the first place that is not what it was. */
export function insert(sorted, batch) {
  const last = sorted.at(-1);
  let isAppending = true;
  for (let index = 0; index < batch.length && isAppending; index++) {
    const before = index > 0 ? batch[index - 1] : last;
    isAppending = !before || compare(before, batch[index]) < 0;
  }
  const length = sorted.length;
  if (isAppending) {
    for (const entry of batch) { entry.late = 0; sorted.push(entry); }
    return length;
  }
  const ranked = [...batch].sort(compare);
  countLate(sorted, batch, ranked);
  const first = placeOf(sorted, ranked[0]);
  const tail = sorted.splice(first);
  let at = 0;
  for (const entry of ranked) {
    while (at < tail.length && compare(tail[at], entry) < 0) sorted.push(tail[at++]);
    sorted.push(entry);
  }
  while (at < tail.length) sorted.push(tail[at++]);
  return first;
}
