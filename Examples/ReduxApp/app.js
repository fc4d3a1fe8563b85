// SPDX-License-Identifier: MIT
//
// A Redux app with React, without a build step: a counter and a chat. What makes it multiplayer is one import and
// one enhancer. `?server=http://host:3000` names another server than the one that served this page.
import scuttlebutt from './redux.js';
import { counter, filter, messages } from './reducers.js';

const { applyMiddleware, combineReducers, compose, createStore } = window.Redux;
const { createElement: h, useState, useSyncExternalStore } = window.React;

/** Lets an action be a function, as redux-thunk does. */
const thunk = ({ dispatch, getState }) => (next) => (action) => (
  typeof action === 'function' ? action(dispatch, getState) : next(action));

/** Keeps the last types that were shown here, whoever dispatched them. */
const shown = [];
const log = () => (next) => (action) => {
  shown.push(action.type);
  if (shown.length > 1_000) shown.shift();
  return next(action);
};

const uri = new URLSearchParams(window.location.search).get('server') ?? undefined;
const store = createStore(combineReducers({ counter, messages, filter }), undefined, compose(
  applyMiddleware(thunk), // before it: what this page dispatches
  scuttlebutt(uri ? { uri } : {}),
  applyMiddleware(log), // after it: what everybody dispatches
));

const useSelector = (select) => useSyncExternalStore(store.subscribe, () => select(store.getState()));

const incrementIfOdd = () => (dispatch, getState) => {
  if (getState().counter % 2 === 1) dispatch({ type: 'INCREMENT' });
};

function Counter() {
  const count = useSelector((state) => state.counter);
  const button = (id, text, action) => h('button', { id, onClick: () => store.dispatch(action()) }, text);
  return h('section', null,
    h('h2', null, 'Counter: ', h('output', { id: 'counter' }, count)),
    button('increment', '+', () => ({ type: 'INCREMENT' })), ' ',
    button('decrement', '−', () => ({ type: 'DECREMENT' })), ' ',
    button('odd', '+ if odd', incrementIfOdd));
}

function Chat() {
  const [text, setText] = useState('');
  const all = useSelector((state) => state.messages);
  const filtered = useSelector((state) => state.filter);
  const send = (event) => {
    event.preventDefault();
    if (text.trim()) store.dispatch({ type: 'ADD_MESSAGE', payload: text.trim() });
    setText('');
  };
  const list = all.filter((message) => message.text.includes(filtered)).slice(-200);
  return h('section', null,
    h('h2', null, 'Chat'),
    h('ul', { id: 'messages' }, list.map(({ text: said, author, time }, index) => (
      h('li', { key: time === undefined ? `early ${index}` : `${time} ${author}` },
        h('span', { className: 'author' }, author === store.scuttlebutt.source ? 'I' : author?.slice(0, 6)), ': ',
        h('span', { className: 'text' }, said))))),
    h('form', { onSubmit: send },
      h('label', null, 'Message ',
        h('input', { id: 'message', value: text, onChange: (event) => setText(event.target.value) })), ' ',
      h('button', { id: 'send' }, 'Send')),
    h('label', null, 'Show only ', h('input', {
      id: 'filter',
      value: filtered,
      onChange: (event) => store.dispatch({ type: '@FILTER', payload: event.target.value }),
    })));
}

function Connection() {
  const [isOnline, setOnline] = useState(true);
  const toggle = () => {
    const { io } = store.scuttlebutt;
    if (isOnline) io.end();
    else io.open();
    setOnline(!isOnline);
  };
  const text = isOnline ? 'Go offline' : 'Go online';
  return h('button', { id: 'offline', 'aria-pressed': !isOnline, onClick: toggle }, text);
}

window.ReactDOM.createRoot(document.getElementById('root')).render(
  h('main', null, h('h1', null, 'A Redux app'), h(Connection), h(Counter), h(Chat)));

// For whoever looks at it in the console, and for the tests.
Object.assign(window, { store, shown });
document.documentElement.dataset.ready = 'true';
