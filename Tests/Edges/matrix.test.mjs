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
import { allCells } from './matrix.mjs';
import { binary, canProbe, kinds, Pages } from './peers.mjs';
import { differences, writeTable } from './table.mjs';

const isLong = process.env.EDGES === 'long';
const only = new RegExp(process.env.EDGES_ONLY ?? '');

/** Most of a cell is waiting; its processes share two cores. */
const width = isLong ? 12 : 30;
const probeAfter = isLong ? 5 : 1.5; // s

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
      skip: obstacles[cell.kind] ?? false, todo: cell.fault.isQuiet && !canProbe, timeout: 180_000,
    };
    test(nameOf(cell), options, async (t) => {
      const result = await new Cell({ ...cell, probeAfter, pages }).run();
      results.push(result);
      t.diagnostic(`${result.outcome} ${JSON.stringify(result.facts)}`);
      assert.deepEqual(result.problems, []);
    });
  }
});

test('docs/reliability.md says what was seen', { todo: !canProbe }, async () => {
  if (process.env.EDGES === 'write') await writeTable(results);
  assert.deepEqual(await differences(results), []);
});
