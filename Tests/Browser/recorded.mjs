// SPDX-License-Identifier: MIT
//
// The recordings of the original programs, as lines.
import { readFileSync } from 'node:fs';

const root = new URL('../Recordings/', import.meta.url);
const sideOf = { 'c>s': 'client', 's>c': 'server' };

/** What both sides of the original said on the first connection. */
export function recorded(name) {
  const events = readFileSync(new URL(`${name}.jsonl`, root), 'utf8').trim().split('\n')
    .map((line) => JSON.parse(line));
  const said = [];
  for (const { conn, dir, kind, data } of events) {
    if (conn !== events[0].conn || kind === 'http' || data === undefined) continue;
    const text = kind === 'frame' ? JSON.parse(data) : data;
    if (text.startsWith('primus::')) continue;
    for (const line of text.split('\n').filter(Boolean)) {
      said.push({ side: sideOf[dir], line, value: JSON.parse(line) });
    }
  }
  return said;
}
