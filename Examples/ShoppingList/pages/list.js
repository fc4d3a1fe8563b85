// SPDX-License-Identifier: MIT
'use strict';

function reduce(list = [], { type, payload }) {
  const item = payload?.item;
  if (typeof item !== 'string') return list;
  switch (type) {
    case 'ADD': return list.includes(item) ? list : [...list, item];
    case 'REMOVE': return list.filter((other) => other !== item);
    default: return list;
  }
}

async function start() {
  const find = (id) => document.getElementById(id);
  const peer = await Scuttlebutt.open({ reducer: reduce });

  const show = () => {
    find('list').replaceChildren(...peer.getState().map((item) => {
      const row = document.createElement('li');
      row.textContent = item;
      row.onclick = () => peer.dispatch({ type: 'REMOVE', payload: { item } });
      return row;
    }));
  };
  peer.subscribe(show);
  peer.subscribeStatus(({ text }) => { find('status').textContent = text; });
  find('form').onsubmit = (event) => {
    event.preventDefault();
    if (find('item').value) peer.dispatch({ type: 'ADD', payload: { item: find('item').value } });
    find('item').value = '';
  };
  show();
}

start().catch((error) => { document.getElementById('status').textContent = error.message; });
