// SPDX-License-Identifier: MIT
//
// Every way in × fault × moment, over a real server, with the oracle of cell.mjs.
//
// EDGES=long takes slower probes, so that the waits are nearer to those of a user, and more time.
// EDGES=write writes what was seen into docs/reliability.md instead of comparing the two.
// EDGES_ONLY is a regular expression that chooses cells by their names, such as 'page · silent'.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { killStragglers } from '../Browser/processes.mjs';
import { obstacle } from '../Browser/webdriver.mjs';
import { Cell, nameOf } from './cell.mjs';
import { allCells, reasonToFail } from './matrix.mjs';
import { binary, kinds, Pages } from './peers.mjs';
import { differences, writeTable } from './table.mjs';

const isLong = process.env.EDGES === 'long';
const only = new RegExp(process.env.EDGES_ONLY ?? '');

/** Most of a cell is waiting; its processes share two cores. */
const width = 40;
const probeAfter = isLong ? 5 : 2; // s
const patience = isLong ? 45_000 : 0; // ms

const obstacles = {
  page: obstacle(),
  ...(binary ? {} : Object.fromEntries(Object.keys(kinds).map(
    (kind) => [kind, 'SCUTTLEBUTT does not name the built program']))),
};
const cells = allCells().filter((cell) => only.test(nameOf(cell)));
const results = [];

test.after(killStragglers);

describe('a fault at a moment', { concurrency: width }, () => {
  let pages;
  before(async () => { if (!obstacles.page) pages = await Pages.start(); });
  after(() => pages?.stop());

  for (const cell of cells) {
    const options = {
      skip: obstacles[cell.kind] ?? false, todo: reasonToFail(nameOf(cell)), timeout: 180_000,
    };
    test(nameOf(cell), options, async (t) => {
      const result = await new Cell({ ...cell, probeAfter, pages, patience }).run();
      results.push(result);
      t.diagnostic(`${result.outcome} ${JSON.stringify(result.facts)}`);
      assert.deepEqual(result.problems, []);
    });
  }
});

test('docs/reliability.md says what was seen', async (t) => {
  const known = results.map(
    (result) => (reasonToFail(result.name) ? { ...result, outcome: 'open' } : result));
  if (process.env.EDGES === 'write') await writeTable(known);
  const found = await differences(known);
  for (const { name, problems } of results) {
    if (reasonToFail(name) && problems.length === 0) t.diagnostic(`passed, although open: ${name}`);
  }
  // Slower probes let more through: there the table is only compared for people to read.
  if (isLong) for (const difference of found) t.diagnostic(difference);
  else assert.deepEqual(found, []);
});
