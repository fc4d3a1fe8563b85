// SPDX-License-Identifier: MIT
//
// The colours of the style sheets, computed: text has a contrast of at least 4.5 to what it stands on, and what must
// be seen of controls and marks at least 3 (WCAG 2.2, success criteria 1.4.3 and 1.4.11), in light and in dark.
import test from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';

const sheets = ['style.css', 'strip.css', 'devtools.css'].map((name) => (
  readFileSync(new URL(`../../Web/${name}`, import.meta.url), 'utf8')));

/** The custom properties of every `:root` of a scheme; dark ones stand in a media query, and override. */
function colours(scheme) {
  const found = {};
  for (const sheet of sheets) {
    for (const [, query, body] of sheet.matchAll(/(@media \(prefers-color-scheme: dark\) \{\s*)?:root \{([^}]*)\}/g)) {
      if (query && scheme === 'light') continue;
      for (const [, name, value] of body.matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)) found[name] = value;
    }
  }
  return found;
}

/** Relative luminance of a colour `#rrggbb`. */
function luminance(colour) {
  const [red, green, blue] = [1, 3, 5].map((at) => {
    const part = parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

function contrast(a, b) {
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y);
  return (light + 0.05) / (dark + 0.05);
}

const authors = Array.from({ length: 8 }, (_, index) => `author-${index}`);
const grounds = ['ground', 'sheet'];

const text = [
  ...grounds.flatMap((ground) => (
    ['ink', 'faint', 'accent', 'warn', 'bad', 'good', ...authors].map((one) => [one, ground]))),
  ...['dt-ink', 'dt-faint', 'dt-accent', 'dt-bad', 'dt-warn', 'dt-good'].map((one) => [one, 'dt-ground']),
  ...['dt-ink', 'dt-bad', 'dt-warn'].map((one) => [one, 'dt-chosen']), ['dt-ink', 'dt-past'],
  ['ink', 'own'], ['ink', 'past'], ['on-accent', 'accent'], ...authors.map((author) => ['on-author', author]),
];
const controls = [['dt-edge', 'dt-ground'], ['dt-accent', 'dt-ground'], ['dt-accent', 'dt-chosen']].concat(grounds.flatMap((ground) => [['edge', ground], ['accent', ground], ...authors.map((one) => [one, ground])]));

test('the formula gives the known extremes', () => {
  assert.equal(contrast('#000000', '#ffffff'), 21);
  assert.equal(contrast('#777777', '#777777'), 1);
});

for (const scheme of ['light', 'dark']) {
  const named = colours(scheme);
  const failing = (pairs, least) => pairs.filter(([one, other]) => !(contrast(named[one], named[other]) >= least))
    .map(([one, other]) => `${one} on ${other}: ${contrast(named[one], named[other]).toFixed(2)}`);
  test(`in ${scheme}, text can be read`, () => assert.deepEqual(failing(text, 4.5), []));
  test(`in ${scheme}, controls and marks can be seen`, () => assert.deepEqual(failing(controls, 3), []));
}
