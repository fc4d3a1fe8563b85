// SPDX-License-Identifier: MIT
//
// The to-do list.
'use strict';

Pages.todo = (function () {
  return (page) => {
    const { peer, names, act } = page;
    const [list, field] = ['todos', 'todo'].map(element);

    element('form').addEventListener('submit', (event) => {
      event.preventDefault();
      const payload = field.value.trim();
      if (!payload) return;
      act({ type: 'TODO_ADD', payload });
      field.value = '';
      field.focus();
    });

    function item({ id, source }) {
      const made = document.createElement('li');
      made.dataset.id = id;
      const label = document.createElement('label');
      const box = document.createElement('input');
      box.type = 'checkbox';
      box.addEventListener('change', () => act({ type: 'TODO_CHECK', payload: { id, isDone: box.checked } }));
      const what = document.createElement('span');
      what.className = 'what';
      label.append(box, what);
      const remove = document.createElement('button');
      remove.type = 'button';
      remove.textContent = '✕';
      remove.addEventListener('click', () => {
        const neighbour = made.nextElementSibling ?? made.previousElementSibling;
        act({ type: 'TODO_REMOVE', payload: { id } });
        (neighbour?.querySelector('button') ?? field).focus(); // the button goes with its item
      });
      made.append(label, People.mark(document, names, source), remove);
      return made;
    }

    function update(made, { text, isDone, source }) {
      const box = made.querySelector('input');
      const what = made.querySelector('.what');
      if (what.textContent !== text) what.textContent = text;
      box.checked = isDone;
      made.toggleAttribute('data-done', isDone);
      const mark = made.querySelector('.mark');
      mark.textContent = names.initial(source);
      mark.title = `added by ${names.of(source)}`;
      made.lastElementChild.setAttribute('aria-label', `Remove ${People.shown(text, 60)}`);
    }

    return {
      describe: ({ type, payload }) => ({
        TODO_ADD: String(payload), TODO_CHECK: payload?.isDone ? '✓' : '☐', TODO_REMOVE: '✕',
      }[type] ?? null),
      value: ({ todos }) => `${todos.filter(({ isDone }) => !isDone).length} to do`,
      draw() {
        const { todos } = page.state();
        const known = new Map([...list.children].map((made) => [made.dataset.id, made]));
        const wanted = new Set(todos.map(({ id }) => id));
        for (const [id, made] of known) if (!wanted.has(id)) made.remove();
        let next = list.firstElementChild;
        for (const one of todos) {
          const made = known.get(one.id) ?? item(one);
          update(made, one);
          if (made === next) next = next.nextElementSibling;
          else list.insertBefore(made, next);
        }
        const left = todos.filter(({ isDone }) => !isDone).length;
        element('left').textContent = todos.length === 0 ? 'Nothing is on the list.'
          : left === 0 ? 'All of it is done.' : `${left} of ${todos.length} left to do.`;
        element('full').hidden = peer.getState().todos.length < Reducers.LIMITS.TODOS;
      },
    };
  };
})();
