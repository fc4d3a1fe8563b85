// SPDX-License-Identifier: MIT
//
// The page /devtools: a peer of its own, which keeps nothing in the browser and folds with one of the examples'
// reducers, and the tools that look into it. Where they are not allowed no peer is opened at all.
import { obstacle } from './devtools-access.js';
import { attach } from './devtools.js';
import { preview } from './devtools-values.js';

const { Badge, Reducers, Scuttlebutt } = globalThis;
const element = (id) => document.getElementById(id);

async function start() {
  const reason = await obstacle({ tokenHash: document.body.dataset.tokenHash });
  if (reason) {
    element('refusal').textContent = reason;
    element('refusal').hidden = false;
    element('badge').textContent = 'off';
    element('offline').hidden = true;
    return;
  }
  const { MemoryStorage } = await Scuttlebutt.modules();
  const wanted = new URLSearchParams(location.search).get('reducer');
  const select = element('reducer');
  if ([...select.options].some(({ value }) => value === wanted)) select.value = wanted;
  const peer = await Scuttlebutt.open({
    reducer: Reducers[select.value], name: 'devtools', storage: new MemoryStorage(),
  });
  window.peer = peer;
  let past = null;
  const draw = () => { element('state').textContent = preview(past === null ? peer.getState() : past.state, 120); };
  const tools = attach(peer, element('tools'), {
    name: 'this page', reducerName: select.value,
    travel(state, place) {
      past = place === null ? null : { state };
      draw();
    },
  });
  window.tools = tools;
  peer.subscribe(Badge.oncePerFrame(draw));
  select.addEventListener('change', () => {
    past = null;
    peer.replaceReducer(Reducers[select.value]);
  });
  Badge.show(peer, element('badge'));
  Badge.offlineSwitch(peer, element('offline'));
  Badge.confirmLeaving(peer, window);
  draw();
  element('choice').hidden = false;
}

start().catch((error) => {
  element('refusal').textContent = `The tools could not start: ${error.message}`;
  element('refusal').hidden = false;
  console.error(error);
}).finally(() => { document.documentElement.dataset.ready = 'true'; });
