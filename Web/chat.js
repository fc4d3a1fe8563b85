// SPDX-License-Identifier: MIT
//
// The chat: one conversation, with names, times, a line above what is new, and messages that their author may change.
'use strict';

Pages.chat = (function () {
  /** The chat shows this many messages, the last ones; all of them stay in the log. */
  const MESSAGES_SHOWN = 1_000;

  /** So many of them are added in one frame, so that a long history does not hold up the page. */
  const MESSAGES_PER_FRAME = 100;

  /** Closer to the end than this, in CSS pixels, counts as being there. */
  const NEAR = 40;

  /** UTF-16 units of a message that are shown; the rest is cut, so that one message cannot hold up the page. */
  const UNITS_SHOWN = 20_000;

  /** ms after the last key for which somebody is typing, and how many of them are named. */
  const TYPING = 3_000;
  const TYPING_SHOWN = 3;

  const times = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
  const days = new Intl.DateTimeFormat(undefined, { dateStyle: 'long', timeStyle: 'short' });

  function span(className, tag = 'span') {
    const made = document.createElement(tag);
    made.className = className;
    return made;
  }

  return (page) => {
    const { peer, names, act } = page;
    const [list, scroller, field, newest] = ['messages', 'scroller', 'message', 'to-newest'].map(element);
    let editing = null; // the timestamp of the own message that is being changed
    let isFollowing = true; // the end is to stay in sight
    let seen = null; // the id of the newest message that has been seen
    let firstUnread = null; // the id of the first one that has not
    const shown = new WeakMap(); // item → what it shows

    const isAtEnd = () => scroller.scrollHeight - scroller.scrollTop - scroller.clientHeight < NEAR;
    const isWatched = () => !document.hidden && isAtEnd();

    // ---- writing

    function edit(message) {
      editing = message?.timestamp ?? null;
      element('editing').hidden = editing === null;
      element('send').textContent = editing === null ? 'Send' : 'Save';
      field.value = message?.message ?? '';
      field.setCustomValidity('');
      field.focus();
    }

    field.addEventListener('input', () => field.setCustomValidity(''));
    field.addEventListener('keydown', (event) => { if (event.key === 'Escape' && editing !== null) edit(null); });
    element('cancel-edit').addEventListener('click', () => edit(null));
    element('form').addEventListener('submit', (event) => {
      event.preventDefault();
      const text = field.value.trim();
      if (!text) return;
      try {
        if (editing !== null) act({ type: 'EDIT_MESSAGE', payload: { timestamp: editing, text } });
        else act({ type: 'ADD_MESSAGE', payload: text, at: Date.now() });
      } catch (error) {
        field.setCustomValidity(error.message); // it stays in the field, to be shortened
        field.reportValidity();
        return;
      }
      if (editing === null) { isFollowing = true; firstUnread = null; } // wherever one was reading
      edit(null);
      noteTyping();
    });

    // ---- who is typing

    let typingTimer = null;
    function noteTyping() {
      clearTimeout(typingTimer);
      const isTyping = field.value.trim() !== '';
      page.here.say({ typing: isTyping || undefined });
      if (isTyping) typingTimer = setTimeout(() => page.here.say({ typing: undefined }), TYPING);
    }
    field.addEventListener('input', noteTyping);
    page.here.subscribe(() => {
      const typing = page.here.people.filter(({ isTyping }) => isTyping).slice(0, TYPING_SHOWN + 1);
      const who = People.list(typing.slice(0, TYPING_SHOWN).map(({ source, name }) => names.of(source, name)));
      const text = typing.length > TYPING_SHOWN ? 'Several people are typing …'
        : typing.length > 0 ? `${who} ${typing.length === 1 ? 'is' : 'are'} typing …` : '';
      put(element('typing'), text);
    });

    // ---- reading

    /** A list item of a message. Text of others only ever goes in as text. */
    function item(message) {
      const made = document.createElement('li');
      made.dataset.id = message.id;
      made.dataset.author = String(People.colour(message.source));
      const isMine = message.source === peer.source;
      made.className = isMine ? 'mine' : '';
      const said = span('said', 'div');
      said.append(span('author'));
      if (message.at !== undefined) {
        const time = document.createElement('time');
        const date = new Date(message.at);
        time.dateTime = date.toISOString();
        time.textContent = times.format(date);
        time.title = days.format(date);
        said.append(time);
      }
      said.append(span('edited'));
      if (isMine) {
        const change = span('edit', 'button');
        change.type = 'button';
        change.textContent = 'Edit';
        change.addEventListener('click', () => edit(current(message.id)));
        said.append(change);
      }
      made.append(said, span('text'));
      return made;
    }

    const current = (id) => peer.getState().messages.findLast((message) => message.id === id);

    function put(target, text) {
      if (target.textContent !== text) target.textContent = text;
    }

    /** What its author called themselves in the message, or is called now. Nobody else is called "you". */
    function nameIn({ name, source }) {
      return names.of(source, source === peer.source ? '' : name);
    }

    function update(made, message) {
      const { message: text, isEdited } = message;
      const [isLate, isFirst] = [page.strip.isLate(message), message.id === firstUnread];
      const now = [text, isEdited, isLate, isFirst, names.version];
      if (shown.get(made)?.every((part, index) => part === now[index])) return; // most are as they were
      shown.set(made, now);
      const aside = [isEdited && 'edited', isLate && 'came late'].filter(Boolean).join(', ');
      const name = nameIn(message);
      const author = made.querySelector('.author');
      put(author, name);
      author.title = message.source;
      put(made.querySelector('.edited'), aside);
      put(made.lastElementChild, text.length > UNITS_SHOWN ? `${text.slice(0, UNITS_SHOWN)}…` : text);
      made.classList.toggle('unread-first', isFirst);
    }

    /** Notes what is seen, and where the line above what is not goes. */
    function note(messages) {
      if (page.strip.isPast) return;
      const last = messages.at(-1)?.id ?? null;
      if (seen === null || (isFollowing && isWatched() && firstUnread === null)) { seen = last; return; }
      if (firstUnread !== null || seen === last) return;
      const at = messages.findLastIndex((message) => message.id === seen);
      firstUnread = messages.slice(at + 1).find((message) => message.source !== peer.source)?.id ?? null;
      if (firstUnread === null) seen = last;
    }

    function drawUnread(messages) {
      const at = firstUnread === null ? -1 : messages.findIndex((message) => message.id === firstUnread);
      newest.hidden = at < 0 || isAtEnd();
      if (!newest.hidden) put(newest, `${messages.length - at} new ↓`);
    }

    function read() {
      if (!isWatched()) return;
      seen = peer.getState().messages.at(-1)?.id ?? null;
      newest.hidden = true;
    }

    scroller.addEventListener('scroll', () => { isFollowing = isAtEnd(); read(); }, { passive: true });
    newest.addEventListener('click', () => {
      isFollowing = true;
      scroller.scrollTop = scroller.scrollHeight;
      field.focus(); // the button goes
    });
    document.addEventListener('visibilitychange', () => { if (!document.hidden) read(); });

    return {
      describe: ({ type, payload }) => (
        type === 'ADD_MESSAGE' ? String(payload) : type === 'EDIT_MESSAGE' ? `✎ ${payload?.text}` : null),
      value: (state) => `${state.messages.length.toLocaleString('en')} messages`,
      draw() {
        const wasFollowing = isFollowing;
        const messages = page.state().messages.slice(-MESSAGES_SHOWN);
        note(messages);
        // Only what differs is touched: a late message is put where it belongs, the others stay as they are.
        const known = new Map([...list.children].map((made) => [made.dataset.id, made]));
        const wanted = new Set(messages.map((message) => message.id));
        for (const [id, made] of known) if (!wanted.has(id)) { made.remove(); known.delete(id); }
        // From the newest back: what a person looks at first is there first.
        let added = 0;
        let later = null; // the item that follows, null at the end
        let next = list.lastElementChild; // of those that are there, not looked at yet
        for (const message of messages.toReversed()) {
          let made = known.get(message.id);
          if (made) update(made, message);
          if (made && made === next) { next = made.previousElementSibling; later = made; continue; }
          if (!made && ++added > MESSAGES_PER_FRAME) continue;
          if (!made) { made = item(message); update(made, message); }
          list.insertBefore(made, later);
          later = made;
        }
        element('empty').hidden = messages.length > 0;
        if (wasFollowing) scroller.scrollTop = scroller.scrollHeight;
        drawUnread(messages);
        const isMore = added > MESSAGES_PER_FRAME;
        // Until a history is here, its messages are not read out one by one.
        scroller.setAttribute('aria-busy', String(isMore || peer.status().phase === 'catching-up'));
        return isMore;
      },
    };
  };
})();
