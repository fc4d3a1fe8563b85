// SPDX-License-Identifier: MIT
//
// The stored log when all is well, when room is short, when it is damaged or of another version, and with each fault
// of the storage at each call in turn. One oracle: what is read is, of each source, the beginning of what there is;
// own actions are never thrown away; the peer goes on, and the status is true.
import test from 'node:test';
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { PlayedDatabases } from './played-database.mjs';
import { FAULTS } from './played-storage.mjs';
import { Clock, seeded, settle } from './played-world.mjs';

const { open, BOUNDS } = createRequire(import.meta.url)('../../Web/log-storage.js');

const line = (timestamp, source, text = '') => JSON.stringify([{ type: 'A', text }, timestamp, source]);
const stamp = (text) => { const [, timestamp, source] = JSON.parse(text); return `${timestamp}@${source}`; };

/** A browser with a disk, and what a peer in it has in its log. */
class World {
  clock = new Clock();
  disk = new PlayedDatabases(this.clock);
  known = []; // lines of the peer, each source ascending
  reports = [];

  open(options = {}) {
    return open({
      name: 'n', indexedDB: this.disk, timers: this.clock, isOwn: (source) => source.startsWith('OWN'),
      estimate: async () => ({}), report: (kind, text) => this.reports.push(text), ...options,
    });
  }

  /** What the core answers: the lines that a peer with this header lacks, a few at a time. */
  changesSince = (header) => {
    const { clock } = JSON.parse(header);
    return this.known.filter((text) => {
      const [, timestamp, source] = JSON.parse(text);
      return timestamp > (clock[source] ?? 0);
    }).slice(0, 50);
  };

  /** Lets an answer come, with as much time as that takes. */
  async until(promise) {
    let isDone = false;
    let value;
    promise.then((given) => { isDone = true; value = given; }, (error) => { isDone = true; throw error; });
    for (let count = 0; !isDone && count < 400; count++) {
      for (let turn = 0; turn < 20 && !isDone; turn++) await settle();
      if (!isDone) this.clock.advance(250);
    }
    assert.ok(isDone, 'it ends');
    return value;
  }

  /** A tab that has loaded and leads. */
  async leader(options) {
    const log = this.open(options);
    await this.load(log);
    await this.until(log.lead(this.changesSince));
    return log;
  }

  load(log) {
    return this.until((async () => {
      const lines = [];
      for await (const batch of log.load()) lines.push(...batch);
      return lines;
    })());
  }

  async add(log, ...lines) {
    this.known.push(...lines);
    log.append(lines);
    await this.until(log.flush());
  }

  /** What the next page reads. */
  async stored(options) {
    const lines = await this.load(this.open(options));
    this.checkPrefixes(lines);
    return lines;
  }

  /** Of each source, what was read is the beginning of what there is. */
  checkPrefixes(lines) {
    const read = new Set(lines.map(stamp));
    const gaps = new Map();
    for (const text of this.known) {
      const [, , source] = JSON.parse(text);
      if (!read.has(stamp(text))) gaps.set(source, stamp(text));
      else assert.ok(!gaps.has(source), `${stamp(text)} is there, and ${gaps.get(source)} is not`);
    }
  }

  get groups() { return this.disk.store('n:log', 'groups'); }

  get about() { return this.disk.store('n:log', 'about'); }
}

const many = (count, source, from = 1, text = '') => (
  Array.from({ length: count }, (_, index) => line(from + index, source, text)));

test('What was appended is read by the next page, own and others\'', async () => {
  const world = new World();
  const log = await world.leader();
  await world.add(log, line(1, 'A'), line(2, 'OWN'), line(3, 'B'));
  await world.add(log, line(4, 'A'));
  assert.deepEqual((await world.stored()).map(stamp).sort(), ['1@A', '2@OWN', '3@B', '4@A']);
  assert.deepEqual(log.status(), { state: 'kept', isKept: true, size: log.status().size, text: '' });
});

test('Lines wait a moment for others, and are written in one group', async () => {
  const world = new World();
  const log = await world.leader();
  for (const text of many(10, 'A')) log.append([text]);
  world.clock.advance(BOUNDS.flushAfter);
  await world.until(log.settled());
  assert.equal(world.groups.size, 1);
  assert.equal((await world.stored()).length, 10);
});

test('A long log comes in batches, none longer than a group', async () => {
  const world = new World();
  const log = await world.leader();
  const text = 'x'.repeat(10_000);
  await world.add(log, ...many(100, 'A', 1, text), ...many(100, 'B', 1, text));
  const batches = [];
  await world.until((async () => {
    for await (const lines of world.open().load()) batches.push(lines.join('\n').length);
  })());
  assert.ok(batches.length >= 8 && Math.max(...batches) <= BOUNDS.group);
});

test('What is stored already is not stored again', async () => {
  const world = new World();
  const log = await world.leader();
  await world.add(log, line(1, 'A'), line(2, 'A'));
  log.append([line(1, 'A'), line(2, 'A'), line(3, 'A')]);
  await world.until(log.flush());
  assert.deepEqual((await world.stored()).map(stamp), ['1@A', '2@A', '3@A']);
});

test('Who begins to lead stores what its peer has and the storage lacks', async () => {
  const world = new World();
  const log = await world.leader();
  await world.add(log, ...many(30, 'A'));
  world.known.push(...many(500, 'A', 31), ...many(20, 'B'));
  await world.leader();
  assert.equal((await world.stored()).length, 550);
});

test('A tab that was replaced writes no more', async () => {
  const world = new World();
  const old = await world.leader();
  await world.add(old, line(1, 'A'));
  const next = await world.leader();
  world.known.push(line(2, 'A'));
  old.append([line(2, 'A')]);
  await world.until(old.flush());
  assert.equal(old.status().state, 'reading');
  assert.match(old.reports.at(-1), /another tab writes/);
  await world.add(next, line(3, 'A'));
  assert.equal(next.status().state, 'kept');
});

test('A follower reads while the leader writes, and then leads with what is new', async () => {
  const world = new World();
  const first = await world.leader();
  await world.add(first, ...many(30, 'A'));
  const second = world.open();
  assert.equal((await world.load(second)).length, 30);
  await world.add(first, ...many(30, 'A', 31));
  first.follow();
  world.known.push(line(61, 'A'));
  await world.until(second.lead(world.changesSince));
  assert.equal((await world.stored()).length, 61);
});

// ---- room

test('When the log is full, others\' newest actions are not kept, and it says so', async () => {
  const world = new World();
  const log = await world.leader({ limit: 10_000 });
  for (let round = 0; round < 50; round++) {
    await world.add(log, ...many(10, 'A', round * 10 + 1), ...many(10, 'B', round * 10 + 1));
  }
  assert.ok(log.status().size <= 10_000);
  assert.equal(log.status().state, 'full');
  assert.equal(log.status().isKept, false);
  assert.match(log.status().text, /full/);
  const count = (await world.stored()).length;
  assert.ok(count > 100 && count < 1_000);
});

test('For own actions others\' newest are thrown away, never own ones', async () => {
  const world = new World();
  const log = await world.leader({ limit: 10_000 });
  for (let round = 0; round < 30; round++) {
    await world.add(log, ...many(10, 'A', round * 10 + 1), line(round + 1, 'OWN1'), line(round + 1, 'OWN2'));
  }
  const stored = (await world.stored()).map(stamp);
  for (let round = 1; round <= 30; round++) {
    assert.ok(stored.includes(`${round}@OWN1`) && stored.includes(`${round}@OWN2`));
  }
  assert.ok(log.status().size <= 10_000);
  const next = await world.leader({ limit: 10_000 });
  assert.equal(next.status().state, 'full');
  await world.stored();
});

test('What others did later does not slip in where room was made for own actions', async () => {
  const world = new World();
  const log = await world.leader({ limit: 10_000 });
  for (let round = 0; log.status().size < 9_300; round++) await world.add(log, ...many(15, 'A', round * 15 + 1));
  assert.equal(log.status().state, 'kept');
  const last = world.known.length;
  await world.add(log, line(1, 'OWN', 'x'.repeat(800)), line(last + 1, 'A'));
  assert.ok(log.status().size < 9_900, 'there would be room');
  const reader = world.open();
  assert.ok((await world.load(reader)).map(stamp).includes('1@OWN'));
  assert.deepEqual(reader.reports, []);
});

test('Own actions that alone are more than the bound are refused, and it says so', async () => {
  const world = new World();
  const log = await world.leader({ limit: 2_000 });
  for (let round = 0; round < 100; round++) await world.add(log, line(round + 1, 'OWN'));
  assert.ok(log.status().size <= 2_000);
  assert.equal(log.status().isKept, false);
  assert.match(log.reports.at(-1), /own actions alone/);
});

test('A browser that has less room than the bound gets others\' newest thrown away', async () => {
  const world = new World();
  const log = await world.leader();
  world.disk.quota = 20_000;
  for (let round = 0; round < 100; round++) {
    await world.add(log, ...many(10, 'A', round * 10 + 1), line(round + 1, 'OWN'));
  }
  assert.equal(log.status().state, 'full');
  const stored = (await world.stored()).map(stamp);
  assert.equal(stored.filter((text) => text.endsWith('@OWN')).length, 100);
  assert.ok(stored.some((text) => text.endsWith('@A')));
});

test('What the browser grants is shared with own actions', async () => {
  const world = new World();
  const log = await world.leader({ estimate: async () => ({ quota: 10_000 }) });
  await world.add(log, ...many(100, 'A'));
  for (let round = 0; round < 100; round++) await world.add(log, ...many(10, 'A', 101 + round * 10));
  assert.ok(log.status().size <= 4_000 && log.status().state === 'full');
});

test('Room can be made for own actions that are saved elsewhere', async () => {
  const world = new World();
  const log = await world.leader();
  for (let round = 0; round < 40; round++) await world.add(log, ...many(10, 'A', round * 10 + 1));
  const { size } = log.status();
  await world.until(log.makeRoom());
  assert.ok(log.status().size < size * 0.8);
  await world.stored();
});

test('More lines than may wait are dropped, and asked for again', async () => {
  const world = new World();
  const log = await world.leader();
  const text = 'x'.repeat(100_000);
  for (const one of many(200, 'A', 1, text)) {
    world.known.push(one);
    log.append([one]);
  }
  await world.until(log.flush());
  assert.equal((await world.stored()).length, 200);
});

test('What is no update is not kept', async () => {
  const world = new World();
  const log = await world.leader();
  const bad = ['', '7', 'null', '{}', '[]', '[{},"1","A"]', '[{},-1,"A"]', '[{},1,2]', '[{},1,"A"]\n[{},2,"A"]'];
  for (const text of bad) log.append([text]);
  await world.add(log, line(1, 'B'));
  assert.deepEqual((await world.stored()).map(stamp), ['1@B']);
  assert.equal(log.reports.length, bad.length);
});

test('An action that is too long is not kept, nor what follows of its source', async () => {
  const world = new World();
  const log = await world.leader();
  await world.add(log, line(1, 'A'), line(2, 'A', 'x'.repeat(BOUNDS.line)), line(1, 'B'));
  await world.add(log, line(3, 'A'), line(2, 'B'));
  assert.deepEqual((await world.stored()).map(stamp), ['1@A', '1@B', '2@B']);
  assert.match(log.reports[0], /too long to be kept/);
});

test('What is appended while dropped lines are asked for does not get ahead of them', async () => {
  const world = new World();
  const log = await world.leader();
  const text = 'x'.repeat(100_000);
  log.append([line(1, 'B')]);
  world.known.push(line(1, 'B'));
  const early = log.flush();
  for (const one of many(100, 'A', 1, text)) {
    world.known.push(one);
    log.append([one]);
    if (JSON.parse(one)[1] === 10) log.flush();
  }
  await world.until(early);
  await world.until(log.flush());
  assert.equal((await world.stored()).length, 101);
});

// ---- what was stored is not what it should be

const damages = {
  'a group is missing': ({ groups }) => groups.delete(2),
  'a group is null': ({ groups }) => groups.set(2, null),
  'a group is of an older version': ({ groups }) => groups.set(2, { ...groups.get(2), v: 0 }),
  'a text is cut off': ({ groups }) => groups.set(2, { ...groups.get(2), text: groups.get(2).text.slice(0, -5) }),
  'a text is no text': ({ groups }) => groups.set(2, { ...groups.get(2), text: 7 }),
  'an end is moved': ({ groups }) => groups.set(2, { ...groups.get(2), ends: [['A', 0, 1e9]] }),
  'an end is no number': ({ groups }) => groups.set(2, { ...groups.get(2), ends: [['A', 0, NaN]] }),
  'ends are missing': ({ groups }) => groups.set(2, { ...groups.get(2), ends: undefined }),
};

for (const [what, damage] of Object.entries(damages)) {
  test(`When ${what}, the rest is left out, said, and stored again`, async () => {
    const world = new World();
    const log = await world.leader();
    for (let round = 0; round < 5; round++) await world.add(log, ...many(10, 'A', round * 10 + 1));
    damage(world);
    const reader = world.open();
    const lines = await world.load(reader);
    world.checkPrefixes(lines);
    assert.equal(lines.length, 20);
    assert.match(reader.reports[0], /group [23]; it and what follows is left out/);
    await world.until(reader.lead(world.changesSince));
    assert.equal(reader.status().state, 'kept');
    const again = world.open();
    assert.equal((await world.load(again)).length, 50);
    assert.deepEqual(again.reports, []);
  });
}

for (const state of [
  null, 7, {}, { v: 0, epoch: 1 }, { v: 1, epoch: 'x' }, { v: 1, epoch: 1, first: 9, next: 1, writer: 'x' },
  { v: 1, epoch: 1, first: 0, next: 1e300, writer: 'x' },
]) {
  test(`A record of the log that is ${JSON.stringify(state)} is refused, and the log begins again`, async () => {
    const world = new World();
    const log = await world.leader();
    await world.add(log, ...many(10, 'A'));
    world.about.set('state', state);
    const reader = world.open();
    assert.deepEqual(await world.load(reader), []);
    assert.match(reader.reports[0], /older version, or damaged/);
    await world.until(reader.lead(world.changesSince));
    assert.equal(reader.status().state, 'kept');
    assert.equal((await world.stored()).length, 10);
  });
}

for (const [what, spoil] of Object.entries({
  'content': (world) => world.about.set('state', { ...world.about.get('state'), v: 2 }),
  'database': (world) => { world.disk.databases.get('n:log').version = 2; },
})) {
  test(`A ${what} of a newer version is neither read nor changed`, async () => {
    const world = new World();
    const log = await world.leader();
    await world.add(log, ...many(10, 'A'));
    spoil(world);
    world.disk.loseConnections();
    const before = JSON.stringify([...world.groups]);
    const reader = world.open();
    assert.deepEqual(await world.load(reader), []);
    await world.until(reader.lead(world.changesSince));
    reader.append([line(11, 'A')]);
    await world.until(reader.flush());
    assert.equal(reader.status().state, 'refused');
    assert.match(reader.status().text, /newer version of this page/);
    assert.equal(JSON.stringify([...world.groups]), before);
  });
}

// ---- checkpoints

test('A checkpoint is given to the reducer that it was made by', async () => {
  const world = new World();
  const log = await world.leader();
  await world.until(log.saveCheckpoint({ key: 'counter 1', state: '{"counter":7}', header: log.header(), count: 7 }));
  const next = world.open();
  const found = await world.until(next.checkpoint('counter 1'));
  assert.deepEqual(found, { state: '{"counter":7}', header: log.header(), count: 7 });
  assert.equal(await world.until(next.checkpoint('counter 2')), null);
});

test('A checkpoint that is damaged, too long or not ours is none', async () => {
  const world = new World();
  const log = await world.leader();
  const good = { key: 'k', state: '7', header: '{}', count: 7 };
  const tooLong = 'x'.repeat(BOUNDS.checkpoint);
  for (const bad of [{ ...good, state: 7 }, { ...good, count: -1 }, { ...good, state: tooLong }]) {
    await world.until(log.saveCheckpoint(bad));
    assert.equal(world.about.has('checkpoint'), false);
  }
  await world.until(log.saveCheckpoint(good));
  const stored = world.about.get('checkpoint');
  for (const bad of [null, 7, {}, { ...stored, v: 0 }, { ...stored, state: '8' }, { ...stored, count: '7' }]) {
    world.about.set('checkpoint', bad);
    const next = world.open();
    assert.equal(await world.until(next.checkpoint('k')), null);
    assert.match(next.reports[0], /damaged/);
  }
});

// ---- faults

/** Opens, leads, appends and reads again with one fault, and then without. */
async function run(world, isWrong) {
  world.disk.faultAt = isWrong;
  world.known = many(20, 'A');
  const log = world.open();
  const first = await world.load(log);
  world.checkPrefixes(first);
  await world.until(log.lead(world.changesSince));
  const added = [...many(20, 'A', 21), ...many(5, 'OWN')];
  for (let index = 0; index < added.length; index += 5) await world.add(log, ...added.slice(index, index + 5));
  await world.until(log.saveCheckpoint({ key: 'k', state: '7', header: log.header(), count: 7 }));
  const { state, isKept } = log.status();
  assert.equal(isKept, state === 'kept');
  world.disk.faultAt = () => undefined;
  world.checkPrefixes(await world.load(world.open()));
  for (let waited = 0; log.status().state !== 'kept' && waited < 100; waited++) {
    world.clock.advance(BOUNDS.retryLast / 10);
    await world.until(log.settled());
  }
  assert.equal(log.status().state, 'kept', 'it comes back');
  await world.until(log.flush());
  assert.equal(new Set((await world.stored()).map(stamp)).size, 45, 'with all that was lacking');
}

for (const fault of FAULTS) {
  test(`A storage of which one call ${fault} is left and taken up again, at every call`, async () => {
    const dry = new World();
    await run(dry, () => undefined);
    const { calls } = dry.disk;
    assert.ok(calls > 10);
    for (let at = 0; at < calls; at++) await run(new World(), (call) => (call === at ? fault : undefined));
  });

  test(`A storage of which each call ${fault} holds nothing up`, async () => {
    const world = new World();
    world.disk.faultAt = () => fault;
    const log = world.open();
    assert.deepEqual(await world.load(log), []);
    assert.equal(await world.until(log.checkpoint('k')), null);
    await world.until(log.lead(world.changesSince));
    await world.add(log, line(1, 'A'));
    assert.equal(log.status().state, 'failing');
    assert.match(log.status().text, /is not kept for now: /);
  });
}

for (let seed = 1; seed <= 20; seed++) {
  test(`Tabs in turn, a small disk and faults: beginnings are kept, and all own actions (seed ${seed})`, async () => {
    const world = new World();
    const random = seeded(seed);
    const pick = (list) => list[Math.floor(random() * list.length)];
    const newest = new Map();
    const options = { limit: 6_000 };
    let log = await world.leader(options);
    const older = [];
    for (let step = 0; step < 60; step++) {
      const faults = random() < 0.3 ? 0.1 : 0;
      world.disk.faultAt = () => (random() < faults ? pick(FAULTS) : undefined);
      const added = Array.from({ length: 1 + Math.floor(random() * 5) }, () => {
        const source = pick(['A', 'B', 'C', 'OWN']);
        newest.set(source, (newest.get(source) ?? 0) + 1);
        return line(newest.get(source), source, source === 'OWN' ? '' : 'x'.repeat(Math.floor(random() * 60)));
      });
      await world.add(log, ...added);
      if (random() < 0.1) {
        older.push(log);
        log = world.open(options);
        world.checkPrefixes(await world.load(log));
        await world.until(log.lead(world.changesSince));
      }
      if (random() < 0.1 && older.length > 0) await world.add(pick(older));
      if (random() < 0.05) world.disk.evict();
      world.clock.advance(Math.floor(random() * 3_000));
      world.disk.faultAt = () => undefined;
      await world.stored(options);
    }
    const last = await world.leader(options);
    assert.ok(['kept', 'full'].includes(last.status().state), last.status().text);
    assert.ok(last.status().size <= options.limit);
    const own = (await world.stored(options)).map(stamp).filter((text) => text.endsWith('@OWN'));
    assert.equal(new Set(own).size, newest.get('OWN') ?? 0);
  });
}

test('A storage that is emptied while the page lives is filled again', async () => {
  const world = new World();
  const log = await world.leader();
  await world.add(log, ...many(20, 'A'));
  world.disk.evict();
  await world.add(log, line(21, 'A'));
  for (let waited = 0; waited < 20; waited++) {
    world.clock.advance(BOUNDS.retryFirst);
    await world.until(log.settled());
  }
  assert.equal((await world.stored()).length, 21);
});

test('Without IndexedDB the page goes on, and says so', async () => {
  const world = new World();
  const log = world.open({ indexedDB: undefined });
  assert.deepEqual(await world.load(log), []);
  await world.until(log.lead(world.changesSince));
  assert.match(log.status().text, /there is no IndexedDB/);
});
