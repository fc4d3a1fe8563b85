// SPDX-License-Identifier: MIT
//
// The outcomes of the matrix as the table of docs/reliability.md, written and read.
import { readFile, writeFile } from 'node:fs/promises';
import { faults, moments, momentsOf } from './faults.mjs';

const page = new URL('../../docs/reliability.md', import.meta.url);
const marks = /(<!-- edges -->\n)[^]*?(<!-- \/edges -->)/;

/** What a field says: the most frequent outcome, and whoever differs by name. */
function field(outcomes) {
  if (outcomes.size === 0) return '–';
  const kindsOf = new Map();
  for (const [kind, outcome] of outcomes) {
    kindsOf.set(outcome, [...(kindsOf.get(outcome) ?? []), kind]);
  }
  const [[usual], ...others] = [...kindsOf].sort((a, b) => b[1].length - a[1].length);
  return [usual, ...others.map(([outcome, names]) => `${names.join(', ')}: ${outcome}`)].join('; ');
}

/** The outcome of one kind of peer in a field. */
function outcomeIn(text, kind) {
  const [usual, ...others] = text.split('; ');
  const own = others.map((other) => other.split(': '))
    .find(([names]) => names.split(', ').includes(kind));
  return own ? own[1] : usual;
}

/** The table of all outcomes, one row for each fault. */
function render(results) {
  const rows = faults.map((fault) => {
    const fields = moments.map((moment) => {
      if (!momentsOf(fault).includes(moment)) return '–';
      return field(new Map(results.filter((result) => (
        result.fault === fault.name && result.moment === moment)).map(
        ({ kind, outcome }) => [kind, outcome])));
    });
    return [fault.name, ...fields];
  });
  const line = (cells) => `| ${cells.join(' | ')} |\n`;
  return line(['fault', ...moments]) + `${'|---'.repeat(moments.length + 1)}|\n`
    + rows.map(line).join('');
}

/** Writes the table into the page. */
export async function writeTable(results) {
  const text = await readFile(page, 'utf8');
  await writeFile(page, text.replace(marks, (_, begin, end) => begin + render(results) + end));
}

/** Where the page says something else than what was seen; empty if nowhere. */
export async function differences(results) {
  const text = await readFile(page, 'utf8');
  const rows = new Map((marks.exec(text)?.[0] ?? '').split('\n')
    .map((line) => line.split('|').slice(1, -1).map((cell) => cell.trim()))
    .map(([fault, ...fields]) => [fault, fields]));
  return results.flatMap(({ name, kind, fault, moment, outcome }) => {
    const told = outcomeIn(rows.get(fault)?.[moments.indexOf(moment)] ?? 'nothing', kind);
    return told === outcome ? [] : [`${name}: ${outcome}, but the page says ${told}`];
  });
}
