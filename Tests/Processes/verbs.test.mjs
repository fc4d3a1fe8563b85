// SPDX-License-Identifier: MIT
//
// The verbs that read, import and export, on a file system that fails at each call in turn: what they
// give is whole, or they say why it is not. EVERY and SEED as in files.test.mjs.
import assert from 'node:assert/strict';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { folder, minutes, seed } from './cluster.mjs';
import {
  causes, compile, faults, inPairs, isThorough, leftBehind, run, words,
} from './faulty-files.mjs';

const lines = [1, 2, 3].map((n) => `[{"type":"ADD","n":${n}},${n},"ME"]`);
const old = '[{"type":"OLD"},1,"OLD"]\n';

/** The output is all that was asked for. */
const prints = (...expected) => async (result) => assert.deepEqual(result.lines, expected);

const verbs = [
  { verb: 'log', args: ({ store }) => ['log', store], whole: prints(...lines) },
  {
    verb: 'state', args: ({ store }) => ['state', store, '--reducer', 'log'],
    whole: async (result) => assert.equal(JSON.parse(result.lines[0]).state.length, 3),
  },
  {
    verb: 'export', args: ({ store, place }) => ['export', store, '--output', join(place, 'out')],
    whole: async (_, { place }) => assert.equal(await readFile(join(place, 'out'), 'utf8'), `${lines.join('\n')}\n`),
    broken: async (_, { place }) => {
      assert.equal(await readFile(join(place, 'out'), 'utf8'), old, 'the old file is still there');
    },
  },
  {
    verb: 'import', args: ({ source, target }) => ['import', source, '--store', target],
    whole: async (_, { target }) => {
      const log = await run(['log', target]);
      assert.deepEqual([log.code, log.lines], [0, lines]);
    },
    broken: async (_, { source, target }) => {
      const again = await run(['import', source, '--store', target]);
      assert.equal(again.code, 0, `imported again: ${again.errors}`);
      assert.deepEqual((await run(['log', target])).lines, lines);
    },
  },
];

for (const { verb, args, whole, broken } of verbs) {
  test(`${verb} gives all of it or says why not, whichever call fails`, { timeout: 20 * minutes }, async (t) => {
    const path = await folder(t);
    const { path: shim, reason } = compile(path);
    if (reason) { t.skip(reason); return; }
    const template = await leftBehind(join(path, 'template'));
    const fresh = async (name) => {
      const place = join(path, name, 'faulty');
      await mkdir(place, { recursive: true });
      await cp(template, place, { recursive: true });
      await writeFile(join(place, 'out'), old);
      await writeFile(join(place, 'in'), `${lines.join('\n')}\n`);
      return {
        place, store: join(place, 'log.sqlite'), source: join(place, 'in'), target: join(place, 'new.sqlite'),
      };
    };
    const log = join(path, 'calls');
    const first = await fresh('sound');
    const sound = await run(args(first), { shim, fault: { log } });
    assert.equal(sound.code, 0, sound.errors);
    await whole(sound, first);
    const outcomes = { unharmed: 0, reported: 0 };
    const failures = [];
    // A store is read page by page, in the same way each time: every fourth is enough here.
    const chosen = (await faults(log))
      .filter(({ at }) => isThorough || at < 8 || at % 4 === seed % 4);
    await inPairs(chosen.map((fault, index) => ({ fault, index })), async ({ fault, index }) => {
      try {
        const files = await fresh(`run-${index}`);
        const result = await run(args(files), { shim, fault });
        assert.ok([0, 2].includes(result.code), `exit ${result.code}: ${result.errors}`);
        if (result.code === 0) {
          await whole(result, files);
        } else {
          assert.match(result.errors, causes[fault.errno]);
          await broken?.(result, files);
        }
        const rest = (await readdir(files.place)).filter((name) => /part|probe/.test(name));
        // What cannot be removed stays.
        if (fault.call !== 'remove') assert.deepEqual(rest, [], 'drafts are removed');
        outcomes[result.code === 0 ? 'unharmed' : 'reported'] += 1;
      } catch (error) {
        failures.push(`${words(fault)}: ${error.message}`);
      }
    });
    t.diagnostic(JSON.stringify(outcomes));
    assert.deepEqual(failures, []);
  });
}
