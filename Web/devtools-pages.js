// SPDX-License-Identifier: MIT
//
// What the tabs of the developer tools show. Each is `{ id, title, key(panel), draw(panel, host) }`: it is drawn again
// when its key is another one. `panel` is what `attach` of `devtools.js` makes.
import { BundleError, Recording, read, readLifted, sessionOf, writeLifted, writing } from './devtools-bundle.js';
import { compareModels } from './devtools-compare.js';
import { differenceList, make, table, tree } from './devtools-dom.js';
import { Lifted } from './devtools-lifted.js';
import { EFFECT, Model } from './devtools-model.js';
import { equal, preview } from './devtools-values.js';

const BOUNDS = {
  sources: 50, // columns of the matrix
  lines: 100, // of a table
  tried: 200, // actions of a "what if", the newest
};

const shortSource = (source) => (source === null ? 'here only' : preview(source, 12).slice(1, -1));
const time = (at) => new Date(at).toLocaleTimeString('en', { hour12: false });
const units = (count) => (count < 10_000 ? String(count) : `${Math.round(count / 1_000).toLocaleString('en')} k`);

/** What is said of an action in words: marks of its row, and of the page about it. */
export function marksOf(model, entry) {
  const marks = [];
  if (entry.isAside) marks.push(['aside', 'set aside']);
  if (entry.late > 0) marks.push(['late', `late by ${entry.late.toLocaleString('en')}`]);
  if (entry.effect === EFFECT.failed) marks.push(['failed', 'failed']);
  else if (model.isUnknown(entry)) marks.push(['unknown', 'unknown type?']);
  else if (entry.effect === EFFECT.none) marks.push(['none', 'no effect']);
  if (entry.source === null) marks.push(['local', 'here only']);
  else if (entry.source === model.source) marks.push(['own', 'own']);
  return marks;
}

const action = {
  id: 'action', title: 'Action',
  key({ model, selected }) {
    const place = selected ? model.placeOf(selected) : -1;
    return [selected?.number, place, model.version, place < model.folded, selected?.effect, model.isTravelling].join();
  },
  draw({ document, model, selected, travel }, host) {
    if (!selected) {
      host.append(make(document, 'p', { className: 'dt-note' }, 'Select an action to see what it did to the state.'));
      return;
    }
    const place = model.placeOf(selected);
    host.append(make(document, 'h3', {}, preview(selected.action.type, 60).slice(1, -1)));
    const marks = marksOf(model, selected).map(([, text]) => text);
    const stamp = selected.timestamp === null
      ? 'stays here'
      : `stamp ${selected.timestamp} by ${preview(selected.source, 60).slice(1, -1)}`;
    const where = place < 0 ? 'not in the order' : `${(place + 1).toLocaleString('en')} in the order`;
    const words = [stamp, where, `arrived as ${(selected.number + 1).toLocaleString('en')}`, ...marks].join(' · ');
    host.append(make(document, 'p', { className: 'dt-note' }, words));
    for (const reason of [selected.error, selected.reason]) {
      if (reason) host.append(make(document, 'p', { className: 'dt-bad' }, preview(reason, 500).slice(1, -1)));
    }
    host.append(tree(document, 'action', selected.action));
    if (place < 0) return;
    if (place >= model.folded) {
      host.append(make(document, 'p', { className: 'dt-note' }, 'Its state is being computed.'));
      return;
    }
    const difference = model.difference(place);
    if (travel) {
      host.append(make(document, 'p', {}, make(document, 'button', {
        type: 'button', id: `${travel.id}-travel`, on: { click: () => travel.to(place + 1) },
      }, 'Show the state after it in the page')));
    }
    host.append(make(document, 'h3', {}, 'Difference'), differenceList(document, difference),
      make(document, 'h3', {}, 'State after it'), tree(document, 'state', difference.after, difference.before));
  },
};

const peers = {
  id: 'peers', title: 'Peers',
  key: ({ model, hashes }) => JSON.stringify([
    model.matrix(BOUNDS.sources), model.links(), model.losses.length, model.peer.status().text, hashes,
    model.isFaithful()]),
  draw(panel, host) {
    const { document, model, hashes } = panel;
    const { total, sources, rows } = model.matrix(BOUNDS.sources);
    host.append(make(document, 'p', {}, `${shortSource(model.source)}: ${model.peer.status().text}`));
    if (model.isFaithful() === false) {
      host.append(make(document, 'p', { className: 'dt-bad' },
        'Folded once more, the same actions give another state. The ' +
          'reducer is not deterministic, changes what it is given, or is not the one that the session was made with.'));
    }
    host.append(make(document, 'h3', {}, 'Who has what'), table(document, 'Newest timestamp of each source',
      ['peer', ...sources.map(shortSource)], rows.map(({ name, values }) => [name, ...values])));
    if (sources.length < total) {
      const words = `${total - sources.length} more sources are not shown.`;
      host.append(make(document, 'p', { className: 'dt-note' }, words));
    }
    host.append(make(document, 'h3', {}, 'Connections'),
      table(document, 'Messages, characters and delay of each connection',
        ['connection', 'state', 'received', 'sent', 'unconfirmed', 'delay'],
        model.links().map(
          (link, index) => [link.isDialled ? 'server' : `connection ${index + 1}`, link.isOpen ? 'open' : 'opening',
            `${link.received} (${units(link.receivedUnits)})`, `${link.sent} (${units(link.sentUnits)})`,
            link.unconfirmed, link.delay === null ? 'unknown' : `${Math.round(link.delay)} ms`])));
    host.append(make(document, 'p', {},
      `Lost ${model.losses.length} times and came back ${model.reconnects} times since these tools are open.`));
    host.append(make(document, 'h3', {}, 'Hashes'));
    host.append(make(document, 'p', { id: `${panel.id}-hashes` }, hashes
      ? `After ${hashes.actions.toLocaleString('en')} actions: log ${hashes.log}, state ${hashes.state ?? 'too large'}`
      : 'Two peers with the same log hash have the same actions; then the same state hash means the same state.'));
    host.append(make(document, 'button', { type: 'button', id: `${panel.id}-hash`, on: { click: () => panel.hash() } },
      'Compute the hashes'));
  },
};

const rewinds = {
  id: 'rewinds', title: 'Rewinds',
  key: ({ model }) => [model.rewinds.length, model.rewinds.at(-1)?.at, model.folded, model.version].join(),
  draw({ document, model }, host) {
    host.append(make(document, 'h3', {}, 'Rewinds'), model.rewinds.length === 0
      ? make(document, 'p', { className: 'dt-note' }, 'Nothing came late since these tools are open.')
      : table(document, 'Late actions, and how many ran again', ['at', 'late', 'from', 'ran again', 'state'],
        model.rewinds.slice(-BOUNDS.lines).reverse().map(({ at, late, sources, again, isSame }) => [
          time(at), late, sources.slice(0, 5).map(shortSource).join(', '), again, isSame ? 'the same' : 'another'])));
    host.append(make(document, 'h3', {}, 'Time in the reducer, by source'),
      table(document, 'As folded by these tools', ['source', 'runs', 'total', 'each', 'with effect', 'failed'],
        model.timing()
          .slice(0, BOUNDS.lines)
          .map(
            ({ source, runs, milliseconds, effects, failures }) => [shortSource(source), runs,
              `${milliseconds.toFixed(1)} ms`, `${(milliseconds / runs * 1_000).toFixed(1)} µs`, effects, failures])));
  },
};

const reports = {
  id: 'reports', title: 'Refused',
  key: ({ model }) => `${model.peer.reports.length}:${model.peer.reports.at(-1)?.text}:${model.peer.setAside().length}`,
  draw({ document, model }, host) {
    const aside = model.peer.setAside();
    host.append(make(document, 'h3', {}, 'Set aside'),
      aside.length === 0
        ? make(document, 'p', { className: 'dt-note' }, 'The server takes every action of this browser.')
        : table(document, 'Own actions that the server does not take', ['stamp', 'type', 'reason'],
            aside.slice(-BOUNDS.lines)
              .map((one) => [`${one.timestamp}@${shortSource(one.source)}`, preview(one.action.type).slice(1, -1),
                     preview(one.reason, 300).slice(1, -1)])));
    const told = model.peer.reports;
    host.append(make(document, 'h3', {}, 'Refused, failed, and otherwise reported'), told.length === 0
      ? make(document, 'p', { className: 'dt-note' }, 'Nothing was reported.')
      : table(document, 'The newest reports of the peer', ['kind', 'what'],
        told.slice(-BOUNDS.lines).reverse().map(({ kind, text }) => [kind, preview(text, 500).slice(1, -1)])));
  },
};

const compare = {
  id: 'compare', title: 'Compare',
  key: (panel) => JSON.stringify([panel.comparison, panel.others().map(({ name }) => name)]),
  draw(panel, host) {
    const { document, id, comparison } = panel;
    const others = panel.others();
    host.append(make(document, 'p', { className: 'dt-note' },
      'Finds the first action where two peers differ: another one in ' +
        'this page, or a session from a file (tab “Session”).'));
    if (others.length === 0) {
      host.append(make(document, 'p', {}, 'There is nothing to compare with yet.'));
      return;
    }
    const select = make(document, 'select', { id: `${id}-other` }, ...others.map(({ name }, index) => (
      make(document, 'option', { value: String(index) }, name))));
    host.append(make(document, 'label', { className: 'dt-field' }, 'Compare with ', select));
    host.append(make(document, 'button', {
      type: 'button',
      id: `${id}-compare`,
      on: { click: () => panel.compare(compareModels(panel.model, others[Number(select.value)].model)) },
    },
      'Find the first difference'));
    host.append(
      make(document, 'p', { id: `${id}-comparison`, attributes: { role: 'status' } }, comparison?.text ?? ''));
    if (comparison?.place >= 0 && comparison.place < panel.model.order.length && comparison.kind !== 'same') {
      host.append(make(document, 'button',
        { type: 'button', id: `${id}-there`, on: { click: () => panel.show(comparison.place) } }, 'Show that action'));
    }
  },
};

const whatIf = {
  id: 'what-if', title: 'What if',
  key: ({ trial }) => String(trial?.version ?? 'none'),
  draw(panel, host) {
    const { document, id, model } = panel;
    host.append(make(document, 'p', { className: 'dt-note' },
      'Skip or move actions, and see what would have been. This happens ' +
        'on your screen only: the log that everybody shares stays as it is.'));
    const button = (name, label, click, others = {}) => make(
      document, 'button', { type: 'button', id: `${id}-${name}`, on: { click }, ...others }, label);
    if (!panel.trial) {
      host.append(button('try', `Take the newest ${Math.min(BOUNDS.tried, model.order.length)} actions`, () => {
        panel.trial = makeTrial(model);
        panel.redraw();
      }, { disabled: model.order.length === 0 || model.folded < model.order.length }));
      return;
    }
    const { lifted } = panel.trial;
    const change = (body) => () => { body(); panel.trial.version += 1; panel.redraw(); };
    const { stagedActionIds: staged, skippedActionIds, actionsById, computedStates } = lifted.lifted;
    host.append(make(document, 'p', { className: 'dt-buttons' },
      button('sweep', 'Remove the skipped', change(() => lifted.sweep())), button('reset', 'Begin again', change(() => {
        panel.trial.lifted = makeTrial(model).lifted;
      })),
      button('commit', 'Commit', () => {},
        { disabled: true, title: 'Peers may still send earlier actions, so nothing can be committed' }),
      button('leave', 'Done', () => {
        panel.trial = null;
        panel.redraw();
      })));
    const real = model.stateAt(model.order.length);
    host.append(make(document, 'p', { id: `${id}-would`, attributes: { role: 'status' } },
      equal(real, lifted.state) ? 'The state would be the same.'
                                : `The state would be ${preview(lifted.state, 200)} and is ${preview(real, 200)}.`));
    const list = make(document, 'ol', { className: 'dt-trial' });
    staged.slice(1).forEach((actionId, index) => {
      const type = preview(actionsById.get(actionId).action.type, 40).slice(1, -1);
      const box = make(document, 'input', {
        type: 'checkbox',
        id: `${id}-skip-${actionId}`,
        checked: !skippedActionIds.includes(actionId),
        on: { change: change(() => lifted.toggle(actionId)) },
      });
      const up = make(document, 'button', {
        type: 'button',
        id: `${id}-up-${actionId}`,
        disabled: index === 0,
        attributes: { 'aria-label': `Move ${type}, ${index + 1}, up` },
        on: { click: change(() => lifted.reorder(actionId, staged[index])) },
      },
        '↑');
      const { state, error } = computedStates[index + 1];
      list.append(make(document, 'li', {}, make(document, 'label', {}, box, ` ${type} `), up,
        make(document, 'span', { className: error ? 'dt-bad' : 'dt-value' }, error ?? preview(state))));
    });
    host.append(list);
  },
};

function makeTrial(model) {
  const first = Math.max(0, model.order.length - BOUNDS.tried);
  const lifted = new Lifted({
    reduce: (state, given, meta) => model.reduce(state, given, meta),
    initialState: model.stateAt(first),
    isStable: () => false,
    goesOn: true,
  });
  const actions = model.order.slice(first);
  lifted.import({
    actionsById: actions.map(
      ({ action: given, timestamp, source }, index) => [index + 1, { action: given, meta: { timestamp, source } }]),
    nextActionId: actions.length + 1,
    stagedActionIds: [0, ...actions.map((_, index) => index + 1)],
    skippedActionIds: [],
    committedState: model.stateAt(first),
    currentStateIndex: actions.length,
    computedStates: [],
  });
  return { lifted, version: 0 };
}

const dispatch = {
  id: 'dispatch', title: 'Dispatch',
  key: ({ model }) => String(typeof model.peer.dispatch),
  draw(panel, host) {
    const { document, id, model } = panel;
    if (typeof model.peer.dispatch !== 'function') {
      host.append(make(document, 'p', { className: 'dt-note' }, 'A session from a file takes no actions.'));
      return;
    }
    const text = make(document, 'textarea', { id: `${id}-json`, rows: 5, spellcheck: false, value: '{ "type": "" }' });
    const answer = make(document, 'p', { id: `${id}-answer`, attributes: { role: 'status' } });
    const form = make(document, 'form', {
      on: {
        submit(event) {
          event.preventDefault();
          try { // D17: it is decoded, never evaluated
            const { timestamp, source } = model.peer.dispatch(JSON.parse(text.value));
            answer.textContent
              = timestamp === null ? 'Done, here only.' : `Done: ${timestamp} by ${shortSource(source)}.`;
            answer.className = '';
          } catch (error) {
            answer.textContent = String(error.message).slice(0, 500);
            answer.className = 'dt-bad';
          }
          panel.redraw();
        },
      },
    }, make(document, 'label', { htmlFor: text.id }, 'An action, as JSON. Everybody gets it, and it stays.'), text,
    make(document, 'button', { type: 'submit', id: `${id}-dispatch` }, 'Dispatch'));
    host.append(form, answer);
  },
};

/** Steps that are over at once: `run` waits for the model before. */
function* nothing() { /* there is none */ }

const session = {
  id: 'session', title: 'Session',
  key: ({ isRecording, said }) => `${isRecording}${said}`,
  draw(panel, host) {
    const { document, id, said } = panel;
    const button
      = (name, label, click) => make(document, 'button', { type: 'button', id: `${id}-${name}`, on: { click } }, label);
    const save = (name, text) => {
      const url = URL.createObjectURL(new Blob([text], { type: 'application/json' }));
      make(document, 'a', { href: url, download: name }).click();
      setTimeout(() => URL.revokeObjectURL(url), 10_000);
    };
    host.append(make(document, 'p', { className: 'dt-note' },
      'One file has all actions in both orders, the reports, and hashes of ' +
        'the states. It is replayed with the reducer of the page that opens it. What you say in actions is in it.'));
    host.append(make(document, 'p', { className: 'dt-buttons' },
      button('export', 'Save the session',
        () => panel.run(writing(panel.model, { name: panel.reducerName }),
          (text) => {
            panel.saved = text.length;
            save('session.json', text);
          })),
      button('export-redux', 'Save for Redux DevTools', () => panel.run(nothing(), () => {
        save('redux-devtools.json', writeLifted(panel.model));
      }))));
    const file = make(document, 'input', { type: 'file', id: `${id}-file`, accept: '.json,application/json' });
    file.addEventListener('change', async () => {
      if (file.files[0]) panel.open(await file.files[0].text());
    });
    host.append(
      make(document, 'label', { className: 'dt-field' }, 'Open a session, or an export of Redux DevTools ', file));
    if (panel.isRecording) host.append(button('back', 'Back to this page', () => panel.back()));
    host.append(make(document, 'p', { id: `${id}-said`, attributes: { role: 'status' } }, said));
  },
};

/** A model of a file's text, to be replayed with the reducer of a page's peer. Throws BundleError. */
export function modelOf(text, { reduce, initialState }) {
  let found;
  try {
    found = { session: read(text), initialState };
  } catch (error) {
    if (!(error instanceof BundleError) || !/no session/.test(error.message)) throw error;
    const lifted = readLifted(text);
    found = { session: sessionOf(lifted.actions), initialState: lifted.initialState ?? initialState };
  }
  return new Model(new Recording(found.session, { reducer: reduce, initialState: found.initialState }));
}

export const PAGES = [action, peers, rewinds, reports, compare, whatIf, dispatch, session];
