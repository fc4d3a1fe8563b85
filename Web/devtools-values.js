// SPDX-License-Identifier: MIT
//
// Values as developer tools look at them: what differs between two states, a short text, a canonical text and its hash.
// Values come from strangers: nothing of them is called or evaluated, and every walk has an end.

export const VALUE_BOUNDS = {
  compared: 200, // members that are compared to tell whether an action had an effect
  visited: 20_000, // members that are compared for one difference
  differences: 200, // that are listed; of more only that there are more
  depth: 64, // levels that are looked into
  preview: 80, // UTF-16 units of a value in one line
  canonical: 4_194_304, // UTF-16 units of a canonical text; of a larger state no hash is made
};

const isObject = (value) => typeof value === 'object' && value !== null;

/** The names of the members of an object or array. A member that throws when it is read is told as that. */
export function members(value) {
  return Array.isArray(value) ? Array.from(value.keys(), String) : Object.keys(value);
}

/** One member, read so that a getter that throws hurts nobody. */
export function member(value, name) {
  try { return value[name]; } catch (error) { return `(cannot be read: ${error})`; }
}

/**
 * Where two values differ: `{ items: [{ path, kind, before, after }], isCut }`, `kind` being 'changed', 'added' or
 * 'removed'. Of arrays the common beginning and end are taken off first, so that what is put in the middle is one
 * difference. Parts that are the same object are not looked into.
 */
export function differences(before, after) {
  const items = [];
  let visited = 0;
  let isCut = false;
  const add = (path, kind, one, other) => {
    if (items.length >= VALUE_BOUNDS.differences) { isCut = true; return; }
    items.push({ path, kind, before: one, after: other });
  };
  const walk = (one, other, path) => {
    if (Object.is(one, other) || isCut) return;
    visited += 1;
    if (visited > VALUE_BOUNDS.visited || path.length > VALUE_BOUNDS.depth) { isCut = true; return; }
    if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) {
      add(path, 'changed', one, other);
    } else if (Array.isArray(one)) walkArrays(one, other, path);
    else {
      const known = new Set(members(one));
      for (const name of members(other)) {
        if (known.delete(name)) walk(member(one, name), member(other, name), [...path, name]);
        else add([...path, name], 'added', undefined, member(other, name));
      }
      for (const name of known) add([...path, name], 'removed', member(one, name), undefined);
    }
  };
  const walkArrays = (one, other, path) => {
    const least = Math.min(one.length, other.length);
    let start = 0;
    while (start < least && equal(one[start], other[start])) start += 1;
    let end = 0;
    while (end < least - start && equal(one[one.length - 1 - end], other[other.length - 1 - end])) end += 1;
    const [ends, others] = [one.length - end, other.length - end];
    for (let index = start; index < Math.max(ends, others); index++) {
      if (index < ends && index < others) walk(one[index], other[index], [...path, String(index)]);
      else if (index < ends) add([...path, String(index)], 'removed', one[index], undefined);
      else add([...path, String(index)], 'added', undefined, other[index]);
    }
  };
  walk(before, after, []);
  return { items, isCut };
}

/** Whether two values are alike; beyond the bounds they are taken to differ. */
export function equal(before, after, most = VALUE_BOUNDS.visited) {
  let left = most;
  const alike = (one, other, depth) => {
    if (Object.is(one, other)) return true;
    if (!isObject(one) || !isObject(other) || Array.isArray(one) !== Array.isArray(other)) return false;
    if (depth > VALUE_BOUNDS.depth) return false;
    const isList = Array.isArray(one);
    const names = isList ? one : Object.keys(one);
    if (names.length !== (isList ? other : Object.keys(other)).length) return false;
    for (let index = 0; index < names.length; index++) {
      left -= 1;
      if (left < 0) return false;
      const name = isList ? index : names[index];
      if (!isList && !Object.hasOwn(other, name)) return false;
      if (!alike(member(one, name), member(other, name), depth + 1)) return false;
    }
    return true;
  };
  return alike(before, after, 0);
}

/**
 * Whether a reducer has changed nothing, told at little cost: the same object, or one whose members are alike. One with
 * more members than the bound, or with members that are computed, counts as changed.
 */
export function isUnchanged(before, after) {
  if (Object.is(before, after)) return true;
  const isPlain = (value) => isObject(value)
    && !Object.values(Object.getOwnPropertyDescriptors(value)).some(({ get }) => get);
  const isSmall = (value) => !Array.isArray(value) || value.length <= VALUE_BOUNDS.compared;
  return isSmall(before) && isSmall(after) && isPlain(before) && isPlain(after)
    && equal(before, after, VALUE_BOUNDS.compared);
}

/** A value in one line, cut off; only its first members are looked at. */
export function preview(value, limit = VALUE_BOUNDS.preview) {
  const text = brief(value, limit, 0);
  return text.length > limit ? `${text.slice(0, limit)}…` : text;
}

function brief(value, limit, depth) {
  if (typeof value === 'string') return JSON.stringify(value.length > limit ? `${value.slice(0, limit)}…` : value);
  if (typeof value === 'function') return '(a function)';
  if (typeof value === 'bigint') return `${value}n`;
  if (!isObject(value)) return Object.is(value, -0) ? '-0' : String(value);
  const names = members(value);
  const [open, close] = Array.isArray(value) ? '[]' : '{}';
  if (depth > 2) return names.length > 0 ? `${open}…${close}` : open + close;
  let text = open;
  for (const [index, name] of names.entries()) {
    if (text.length > limit) return `${text}…`;
    const part = brief(member(value, name), limit - text.length, depth + 1);
    text += `${index > 0 ? ', ' : ''}${open === '[' ? '' : `${name}: `}${part}`;
  }
  return text + close;
}

/**
 * A text that is the same for equal values: names sorted by UTF-16 units, no blanks, numbers as JavaScript prints them
 * (-0 as 0), what JSON lacks as null. Null when it is longer than the bound, too deep, or cannot be read.
 */
export function canonical(value) {
  let text = '';
  const write = (item, depth) => {
    if (text.length > VALUE_BOUNDS.canonical || depth > VALUE_BOUNDS.depth) throw new RangeError('too large');
    if (!isObject(item)) { text += JSON.stringify(item) ?? 'null'; return; }
    const isList = Array.isArray(item);
    text += isList ? '[' : '{';
    const names = isList ? members(item) : members(item).filter((name) => item[name] !== undefined).sort();
    for (const [index, name] of names.entries()) {
      if (index > 0) text += ',';
      if (!isList) text += `${JSON.stringify(name)}:`;
      write(item[name], depth + 1);
    }
    text += isList ? ']' : '}';
  };
  try { write(value, 0); } catch { return null; }
  return text;
}

/** 64 bits of a text as 16 hexadecimal digits: FNV-1a over UTF-16 units, by 16-bit limbs. It is no cryptography. */
export class Hash {
  #limbs = [0x2325, 0x8422, 0x9ce4, 0xcbf2]; // the offset basis, lowest first

  add(text) {
    let [a, b, c, d] = this.#limbs;
    for (let index = 0; index < text.length; index++) {
      a ^= text.charCodeAt(index);
      // times 0x100000001b3
      const [e, f] = [a * 0x1b3, b * 0x1b3];
      const g = c * 0x1b3 + (a << 8);
      const h = d * 0x1b3 + (b << 8);
      a = e & 0xffff;
      let carry = f + Math.floor(e / 0x10000);
      b = carry & 0xffff;
      carry = g + Math.floor(carry / 0x10000);
      c = carry & 0xffff;
      d = (h + Math.floor(carry / 0x10000)) & 0xffff;
    }
    this.#limbs = [a, b, c, d];
    return this;
  }

  toString() { return this.#limbs.map((limb) => limb.toString(16).padStart(4, '0')).reverse().join(''); }
}

/** The hash of a state, or null where there is no canonical text. */
export function hashOf(value) {
  const text = canonical(value);
  return text === null ? null : new Hash().add(text).toString();
}
