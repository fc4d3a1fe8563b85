// SPDX-License-Identifier: MIT
//
// Where a person sees and chooses their name. Classic script (global `Nameplate`; needs `People`).
globalThis.Nameplate = (function () {
  'use strict';

  /** Makes `button` show the name of `source`, and open a dialog to choose it. */
  function attach(button, names, source) {
    const dialog = document.createElement('dialog');
    dialog.id = 'name-dialog';
    dialog.setAttribute('aria-labelledby', 'name-title');
    const form = document.createElement('form');
    form.method = 'dialog';
    const title = document.createElement('h2');
    title.id = 'name-title';
    title.textContent = 'What shall others call you?';
    const field = document.createElement('input');
    Object.assign(field, { id: 'name-field', type: 'text', maxLength: People.BOUNDS.name, autocomplete: 'nickname' });
    field.setAttribute('aria-labelledby', 'name-title');
    const buttons = document.createElement('p');
    const later = document.createElement('button');
    Object.assign(later, { type: 'button', textContent: 'Cancel' });
    const save = document.createElement('button');
    Object.assign(save, { id: 'name-save', type: 'submit', className: 'main', textContent: 'Save' });
    buttons.append(later, save);
    form.append(title, field, buttons);
    dialog.append(form);
    document.body.append(dialog);

    const draw = () => {
      const text = document.createElement('span');
      text.className = 'nameplate-text';
      text.textContent = names.own || 'Choose a name';
      button.replaceChildren(People.mark(document, names, source), text);
      button.title = names.own ? 'Your name; press to change it' : '';
    };
    button.addEventListener('click', () => {
      field.value = names.own;
      dialog.showModal();
    });
    later.addEventListener('click', () => dialog.close());
    form.addEventListener('submit', () => names.choose(field.value));
    names.subscribe(draw);
    draw();
  }

  return { attach };
})();
