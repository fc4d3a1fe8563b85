// SPDX-License-Identifier: MIT
//
// Elements for developer tools. Whatever comes from a peer or a file becomes text, never markup.
import { VALUE_BOUNDS, equal, member, members, preview } from './devtools-values.js';

const SHOWN = 100; // members of an object that are shown at a time

/** Makes an element; strings among the children become text. */
export function make(document, tag, properties = {}, ...children) {
  const { className, data = {}, attributes = {}, on = {}, ...others } = properties;
  const element = Object.assign(document.createElement(tag), others);
  if (className) element.className = className;
  for (const [name, value] of Object.entries(data)) element.dataset[name] = value;
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  for (const [name, listener] of Object.entries(on)) element.addEventListener(name, listener);
  element.append(...children);
  return element;
}

/** A table with a heading for each column, and for each row. */
export function table(document, caption, heads, rows) {
  const row = (cells) => make(document, 'tr', {}, ...cells.map((cell, index) => (
    make(document, index === 0 ? 'th' : 'td', index === 0 ? { scope: 'row' } : {}, String(cell)))));
  return make(document, 'div',
    { className: 'dt-scroll', tabIndex: 0, attributes: { role: 'region', 'aria-label': caption } },
    make(document, 'table', {}, make(document, 'caption', {}, caption),
      make(document, 'thead', {},
        make(document, 'tr', {}, ...heads.map((head) => make(document, 'th', { scope: 'col' }, head)))),
      make(document, 'tbody', {}, ...rows.map(row))));
}

const isObject = (value) => typeof value === 'object' && value !== null;

/**
 * A value as a tree that is built as far as it is opened. What differs from the value at the same place in `before` is
 * marked. Of many members some are shown, and a button shows more.
 */
export function tree(document, name, value, before = value, depth = 0) {
  const isChanged = !equal(before, value, 1_000);
  const data = isChanged ? { changed: '' } : {};
  const said = isChanged ? [make(document, 'span', { className: 'dt-unseen' }, ' (changed)')] : [];
  if (!isObject(value) || members(value).length === 0 || depth > VALUE_BOUNDS.depth) {
    return make(document, 'div', { className: 'dt-leaf', data },
      make(document, 'span', { className: 'dt-name' }, `${name}: `),
      make(document, 'span', { className: 'dt-value' }, preview(value, 400)), ...said);
  }
  const summary = make(document, 'summary', {}, make(document, 'span', { className: 'dt-name' }, `${name}: `),
    make(document, 'span', { className: 'dt-value' }, preview(value)), ...said);
  const details = make(document, 'details', { className: 'dt-tree', data }, summary);
  let next = 0;
  const names = members(value);
  const more = make(document, 'button', { type: 'button', className: 'dt-more' });
  const show = () => {
    for (const end = next + SHOWN; next < end && next < names.length; next++) {
      const part = names[next];
      more.before(
        tree(document, part, member(value, part), isObject(before) ? member(before, part) : undefined, depth + 1));
    }
    more.textContent = `Show more of ${names.length - next}`;
    more.hidden = next >= names.length;
  };
  more.addEventListener('click', show);
  details.append(more);
  const open = () => { if (details.open && next === 0) show(); };
  details.addEventListener('toggle', open);
  if (depth === 0) { details.open = true; open(); }
  return details;
}

/** What `differences` found, as a list. */
export function differenceList(document, { items, isCut }) {
  if (items.length === 0) return make(document, 'p', { className: 'dt-note' }, 'It changed nothing.');
  const list = make(document, 'ul', { className: 'dt-differences' });
  for (const { path, kind, before, after } of items) {
    list.append(make(document, 'li', { data: { kind } },
      make(document, 'span', { className: 'dt-path' },
        path.map((part) => preview(part, 40).replace(/^"|"$/g, '')).join(' › ') || 'the state'),
      make(document, 'span', { className: 'dt-kind' }, ` ${kind} `),
      ...(kind === 'added' ? [] : [make(document, 'del', {}, preview(before))]),
      ...(kind === 'changed' ? [' → '] : []),
      ...(kind === 'removed' ? [] : [make(document, 'ins', {}, preview(after))])));
  }
  if (isCut) list.append(make(document, 'li', { className: 'dt-note' }, 'There is more that differs.'));
  return list;
}

/**
 * Tabs with the keys that WAI-ARIA asks for. `pages` is `[{ id, title, make() }]`; what `make` gives is drawn each
 * time the tab is shown. Returns `{ element, show(id), current }`.
 */
export function tabs(document, label, pages, idPrefix, shown) {
  const bar = make(document, 'div', { className: 'dt-tabs', attributes: { role: 'tablist', 'aria-label': label } });
  const panel = make(
    document, 'div', { className: 'dt-page', id: `${idPrefix}-page`, tabIndex: 0, attributes: { role: 'tabpanel' } });
  const control
    = { element: make(document, 'div', { className: 'dt-detail' }, bar, panel), panel, current: pages[0].id };
  const buttons = pages.map(({ id, title }) => make(document, 'button', {
    type: 'button', id: `${idPrefix}-tab-${id}`, attributes: { role: 'tab', 'aria-controls': panel.id },
    on: { click: () => control.show(id) },
  }, title));
  control.show = (id) => {
    control.current = id;
    pages.forEach((page, index) => {
      buttons[index].setAttribute('aria-selected', String(page.id === id));
      buttons[index].tabIndex = page.id === id ? 0 : -1;
      if (page.id === id) panel.setAttribute('aria-labelledby', buttons[index].id);
    });
    shown(id, panel);
  };
  bar.addEventListener('keydown', (event) => {
    const at = pages.findIndex(({ id }) => id === control.current);
    const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: pages.length - 1 }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const index = (to + pages.length) % pages.length;
    control.show(pages[index].id);
    buttons[index].focus();
  });
  bar.append(...buttons);
  return control;
}
