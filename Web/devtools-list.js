// SPDX-License-Identifier: MIT
//
// A list of any length of which only what is in sight has elements. A listbox for assistants: one stop of the Tab key,
// arrows inside.
import { make } from './devtools-dom.js';

const ROW = 32; // CSS pixels, also in devtools.css
const MARGIN = 8; // rows above and below what is in sight
const TALLEST = 8_000_000; // CSS pixels; browsers end taller elements, so a longer list is scrolled in proportion

/**
 * `row(entry, index, element)` fills an element of a row. `chosen(entry)` is called when somebody selects. Returns
 * `{ element, draw(entries, selected) }`.
 */
export function makeList(document, { id, label, row, chosen }) {
  const sizer = make(document, 'div', { className: 'dt-sizer', attributes: { role: 'presentation' } });
  const element = make(document, 'div', {
    className: 'dt-list', id, tabIndex: 0, attributes: { role: 'listbox', 'aria-label': label },
  }, sizer);
  let entries = [];
  let selected = null;
  let current = -1; // index of what is selected, where it is in the list
  const rows = new Map(); // index → element

  const height = () => Math.min(TALLEST, entries.length * ROW);
  const visible = () => Math.max(1, Math.ceil(element.clientHeight / ROW));
  /** How far the list is scrolled, in rows. */
  const topRow = () => {
    const room = height() - element.clientHeight;
    if (room <= 0) return 0;
    return Math.min(1, element.scrollTop / room) * Math.max(0, entries.length - element.clientHeight / ROW);
  };
  const isAtEnd = () => element.scrollTop + element.clientHeight >= sizer.offsetHeight - ROW / 2;

  function scrollToRow(index) {
    const most = Math.max(1, entries.length - element.clientHeight / ROW);
    element.scrollTop = Math.min(1, index / most) * Math.max(0, height() - element.clientHeight);
  }

  function paint() {
    const top = topRow();
    const first = Math.max(0, Math.floor(top) - MARGIN);
    const last = Math.min(entries.length, Math.ceil(top) + visible() + MARGIN);
    for (const [index, item] of rows) {
      if (index >= first && index < last) continue;
      item.remove();
      rows.delete(index);
    }
    for (let index = first; index < last; index++) {
      let item = rows.get(index);
      if (!item) {
        item = make(document, 'div', { className: 'dt-row', attributes: { role: 'option' } });
        rows.set(index, item);
        sizer.append(item);
      }
      item.id = `${id}-${index}`;
      item.style.transform = `translateY(${element.scrollTop + (index - top) * ROW}px)`;
      item.setAttribute('aria-setsize', String(entries.length));
      item.setAttribute('aria-posinset', String(index + 1));
      item.setAttribute('aria-selected', String(entries[index] === selected));
      item.dataset.index = String(index);
      row(entries[index], index, item);
    }
    if (current >= 0 && rows.has(current)) element.setAttribute('aria-activedescendant', `${id}-${current}`);
    else element.removeAttribute('aria-activedescendant');
  }

  function draw(now, entry) {
    const isFollowing = isAtEnd();
    entries = now;
    if (entry !== selected || entries[current] !== entry) current = entry ? entries.indexOf(entry) : -1;
    selected = entry;
    sizer.style.height = `${height()}px`;
    if (isFollowing) element.scrollTop = height();
    paint();
  }

  function choose(index) {
    const at = Math.max(0, Math.min(entries.length - 1, index));
    if (!entries[at]) return;
    current = at;
    selected = entries[at];
    const top = topRow();
    const room = Math.floor(element.clientHeight / ROW);
    if (at < top || at > top + room - 1) scrollToRow(at < top ? at : at - room + 1);
    paint();
    chosen(entries[at]);
  }

  element.addEventListener('scroll', paint, { passive: true });
  element.addEventListener('click', (event) => {
    const index = event.target.closest?.('.dt-row')?.dataset.index;
    if (index !== undefined) choose(Number(index));
  });
  element.addEventListener('keydown', (event) => {
    const from = current >= 0 ? current : entries.length;
    const to = {
      ArrowDown: from + 1, ArrowUp: from - 1, PageDown: from + visible(), PageUp: from - visible(), Home: 0,
      End: entries.length - 1,
    }[event.key];
    if (to === undefined || event.ctrlKey || event.altKey || event.metaKey) return;
    event.preventDefault();
    choose(to);
  });
  return { element, draw };
}
