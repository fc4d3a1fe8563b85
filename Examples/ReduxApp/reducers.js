// SPDX-License-Identifier: MIT
//
// Ordinary reducers. The chat says who wrote a message by the stamp that the enhancer puts into `action.meta`.
import { META_SOURCE, META_TIMESTAMP } from './redux.js';

export function counter(state = 0, action) {
  switch (action.type) {
    case 'INCREMENT': return state + 1;
    case 'DECREMENT': return state - 1;
    default: return state;
  }
}

export function messages(state = [], action) {
  if (action.type !== 'ADD_MESSAGE') return state;
  const { [META_SOURCE]: author, [META_TIMESTAMP]: time } = action.meta;
  return [...state, { text: action.payload, author, time }];
}

/** Actions of this type begin with @ and stay in the page. */
export function filter(state = '', action) {
  return action.type === '@FILTER' ? action.payload : state;
}
