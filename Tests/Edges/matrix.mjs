// SPDX-License-Identifier: MIT
//
// The cells of the matrix, and running many of them side by side: most of a cell is waiting.
import { Cell } from './cell.mjs';
import { faults, momentsOf } from './faults.mjs';
import { kinds } from './peers.mjs';

/**
 * Cells that still fail, at least at times, with the reason. Each is to be mended and taken off;
 * the list is to be empty.
 */
const openCells = [];

/** Why a cell may fail for the time being, or undefined. */
export const reasonToFail = (name) => openCells.find(([names]) => names.test(name))?.[1];

/** What a cell of TCP lines cannot have: an HTTP answer. */
const isPossible = ({ kind, fault }) => kinds[kind].wire === 'http' || !fault.isHTTP;

/** Every cell that makes sense, those that take longest first. */
export function allCells(kindNames = Object.keys(kinds)) {
  const cells = kindNames.flatMap((kind) => faults.flatMap((fault) => momentsOf(fault).map(
    (moment) => ({ kind, fault, moment })))).filter(isPossible);
  const isLong = ({ fault, moment }) => fault.isRefusal || moment === 'dialling';
  return [...cells.filter(isLong), ...cells.filter((cell) => !isLong(cell))];
}

/** Runs cells, so many at a time, and hands each outcome to `done`. */
export async function runCells(cells, { probeAfter, pages, width }, done) {
  const waiting = [...cells];
  const lane = async () => {
    for (let cell = waiting.shift(); cell; cell = waiting.shift()) {
      await done(await new Cell({ ...cell, probeAfter, pages }).run());
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
}
