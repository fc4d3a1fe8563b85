// SPDX-License-Identifier: MIT
//
// `dev/web PATH`: a reducer of one's own, from a folder outside this repository, becomes a module for the page.
import { after, before, describe, test } from 'node:test';
import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Core } from '../../Web/core.js';
import { reaches } from './eventually.mjs';
import { Server } from './server.mjs';
import { Driver, endEverything, obstacle } from './webdriver.mjs';

const root = new URL('../../', import.meta.url).pathname;
const page = readFileSync(join(root, 'docs/swift-reducers.md'), 'utf8');
const blocks = (language) => [...page.matchAll(new RegExp(`^\`\`\`${language}\n([^]*?)^\`\`\`$`, 'gm'))].map(([, text]) => text);
const [POLL] = blocks('swift');
const [SCRIPT] = blocks('js');

const noSwift = spawnSync('swiftc', ['--version']).status === 0 ? false : 'swiftc is not in PATH';

let folder;
before(() => { folder = mkdtempSync(join(tmpdir(), 'reducer-')); });
after(() => rmSync(folder, { recursive: true, force: true }));

/** A folder with these files. */
function sources(name, files) {
  const path = join(folder, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(join(path, file, '..'), { recursive: true });
    writeFileSync(join(path, file), text);
  }
  return path;
}

/** Runs dev/web; what is compiled stays in this test's own cache. */
function web(...args) {
  const options = { cwd: folder, env: { ...process.env, XDG_CACHE_HOME: join(folder, 'cache') }, maxBuffer: 2 ** 26 };
  return new Promise((resolve) => {
    execFile(join(root, 'dev/web'), args, options, (error, output, errors) => resolve({ code: error?.code ?? 0, output, errors }));
  });
}

const VOTES = `import PortableReducers

struct Votes: PortableState {
    enum Action: CaseIterable, PortableAction {
        case yes, no
        var type: StaticString { self == .yes ? "YES" : "NO" }
    }
    var balance: Int64 = 0
    mutating func reduce(_ action: Action, at stamp: Stamp?) { balance += action == .yes ? 1 : -1 }
    func write(to json: inout JSONOutput) { json.object { $0.member("balance", balance) } }
}
`;

describe('what is wrong is said before anything is compiled', { skip: noSwift }, () => {
  const wrong = {
    'no such folder': [['nowhere'], 2, /nowhere is neither a Swift file nor a folder/],
    'not a Swift file': [[join(root, 'README.md')], 2, /neither a Swift file nor a folder/],
    'no Swift file': [['empty'], 2, /there is no Swift file in .*empty/],
    'no reducer': [['other'], 1, /no type in .*other conforms to PortableState/],
    'several reducers': [['two'], 2, /several types in .*two conform to PortableState: Other, Votes\. Choose one with --state/],
    'a name that is none': [['two', '--state', 'A;B'], 2, /A;B is not the name of a type/],
    'an option without a value': [['two', '--output'], 2, /--output needs a value/],
    'an unknown option': [['two', '--fast'], 2, /unknown option --fast/],
    'two paths': [['two', 'other'], 2, /one PATH at a time/],
    'a place that is not there': [['two', '--state', 'Votes', '--output', 'no/such/x.wasm'], 2, /cannot be written/],
  };
  for (const [name, [args, code, message]] of Object.entries(wrong)) {
    test(name, async () => {
      mkdirSync(join(folder, 'empty'), { recursive: true });
      sources('other', { 'A.swift': '// struct Votes: PortableState {}\nstruct Votes {}\n' });
      sources('two', { 'A.swift': VOTES, 'sub/B.swift': VOTES.replaceAll('Votes', 'Other'), '.hidden/C.swift': VOTES });
      const result = await web(...args);
      assert.match(result.errors, message);
      assert.equal(result.code, code);
      assert.equal(result.output, '');
    });
  }
});

describe('a reducer of one\'s own', { skip: noSwift }, () => {
  test('a folder becomes a module that runs, and again after a change; what does not compile is explained', async () => {
    const path = sources('own package/Votes', { 'Votes.swift': VOTES, 'sub/Unused.swift': 'struct Model { let core = 1 }\n' });
    const built = await web(path);
    assert.equal(built.errors, '');
    assert.equal(built.output, `${join(path, 'Votes.wasm')}\n`);
    const core = await Core.open({ source: 'A', module: readFileSync(built.output.trim()) });
    for (const type of ['YES', 'YES', 'NO', 'MAYBE', '@LOCAL']) core.dispatch({ type });
    assert.deepEqual(core.state, { balance: 1 });
    const session = core.openSession();
    core.receive(session, '{"id":"B","clock":{}}\n"SYNC"\n[{"type":"NO","payload":7},0.5,"B"]');
    core.fold();
    assert.deepEqual(core.state, { balance: 0 });
    await assert.rejects(Core.open({ source: 'A', module: readFileSync(built.output.trim()), model: 'votes' }), /no model votes/);

    sources('own package/Votes', { 'Votes.swift': VOTES.replace('.yes ? 1 : -1 }', '.yes ? 10 : -1 }') });
    const again = await web(path, '--output', 'elsewhere.wasm');
    assert.equal(again.output, `${join(folder, 'elsewhere.wasm')}\n`);
    const changed = await Core.open({ source: 'A', module: readFileSync(join(folder, 'elsewhere.wasm')) });
    changed.dispatch({ type: 'YES' });
    assert.deepEqual(changed.state, { balance: 10 });
    assert.equal(statSync(join(folder, 'elsewhere.wasm')).mode & 0o111, 0, 'it is no program');

    const before = readFileSync(join(folder, 'elsewhere.wasm'));
    for (const [source, message] of [
      [`import Foundation\n${VOTES}`, /no such module 'Foundation'/],
      [VOTES.replace('var balance', 'var values: [any Equatable] = []\n    var balance'), /Votes\.swift:8:.*any Equatable/],
      [VOTES.replace('balance +=', 'balance = balanced +'), /Votes\.swift:9:.*cannot find 'balanced'/],
    ]) {
      sources('own package/Votes', { 'Votes.swift': source });
      const refused = await web(path, '--output', 'elsewhere.wasm');
      assert.equal(refused.code, 1);
      assert.ok(refused.errors.includes(join(path, 'Votes.swift')), refused.errors);
      assert.match(refused.errors, message);
      assert.match(refused.errors, /It may use Embedded Swift only.*docs\/swift-reducers\.md/s);
      assert.deepEqual(readFileSync(join(folder, 'elsewhere.wasm')), before, 'the module of before is still there');
    }
  });
});

describe('the reducer and the page that are printed', { skip: noSwift || (obstacle() ?? false) }, () => {
  let driver;
  before(async () => { driver = await Driver.start(); });
  after(() => endEverything(driver));

  test('they count everybody\'s votes', async (t) => {
    const path = sources('web', {
      'poll.js': SCRIPT,
      'index.html': '<!doctype html><meta charset="utf-8"><title>Poll</title><link rel="icon" href="data:,">'
        + '<p id="soup"></p><button id="vote">Soup</button><script type="module" src="poll.js"></script>',
    });
    sources('poll', { 'Poll.swift': POLL });
    const built = await web('poll/Poll.swift', '--output', join(path, 'Poll.wasm'));
    assert.equal(built.errors, '');
    const server = await Server.during(t, { options: ['--pages', path] });
    const windows = [(await driver.open()).window, (await driver.open()).window];
    for (const window of windows) await window.go(`${server.url}/`);
    for (const window of windows) await reaches('0', () => window.text('soup'), 'nobody has voted');
    await windows[0].click('vote');
    await windows[0].click('vote');
    await windows[1].click('vote');
    for (const window of windows) await reaches('2', () => window.text('soup'), 'one vote each');
    for (const window of windows) await window.go('about:blank');
    for (const window of windows) assert.deepEqual(await window.complaints(), []);
  });
});
