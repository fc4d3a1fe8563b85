// SPDX-License-Identifier: MIT
//
// The whiteboard: each stroke is one action, drawn in the colour of its author.
'use strict';

Pages.board = (function () {
  /** Points of one stroke; a longer one goes on as the next. */
  const POINTS = Reducers.LIMITS.STROKE_NUMBERS / 2;

  /** Closer to the last point than this, in units of the board (1,600 wide), a point adds nothing. */
  const STEP = 4;

  const WIDTHS = { 1: 4, 2: 9, 3: 20 };
  const [WIDTH, HEIGHT] = [1_600, 1_000];

  /** So many cursors of others are shown. */
  const CURSORS = 32;
  const SVG = 'http://www.w3.org/2000/svg';

  const clamp = (value, most) => Math.max(0, Math.min(most, Math.round(value)));

  /** A line of a stroke. One point is drawn as a dot: a line to itself. */
  function line({ points, pen, source }) {
    const made = document.createElementNS(SVG, 'polyline');
    made.dataset.author = String(People.colour(source));
    made.setAttribute('stroke-width', String(WIDTHS[pen]));
    made.setAttribute('points', (points.length === 2 ? [...points, ...points] : points).join(' '));
    return made;
  }

  /** Where somebody points: a dot in their colour, and their name. */
  function cursor({ source }) {
    const made = document.createElementNS(SVG, 'g');
    made.setAttribute('class', 'cursor');
    made.dataset.author = String(People.colour(source));
    const dot = document.createElementNS(SVG, 'circle');
    dot.setAttribute('r', '9');
    const name = document.createElementNS(SVG, 'text');
    name.setAttribute('x', '16');
    name.setAttribute('y', '8');
    made.append(dot, name);
    return made;
  }

  return (page) => {
    const { peer, names, act } = page;
    const sheet = element('board');
    let stroke = null; // { pointer, points, pen, source, line }: the one that is being drawn

    function pointAt(event) {
      const box = sheet.getBoundingClientRect();
      return [
        clamp((event.clientX - box.left) / box.width * WIDTH, WIDTH),
        clamp((event.clientY - box.top) / box.height * HEIGHT, HEIGHT),
      ];
    }

    function begin(pointer, points) {
      stroke = { pointer, points, pen: Number(element('pen').value), source: peer.source };
      stroke.line = line(stroke);
      stroke.line.classList.add('drawing');
      sheet.append(stroke.line);
    }

    function finish() {
      const { points, pen, line } = stroke;
      stroke = null;
      line.remove();
      act({ type: 'BOARD_STROKE', payload: { points, pen } });
    }

    sheet.addEventListener('pointerdown', (event) => {
      if (stroke || !event.isPrimary || event.button !== 0) return;
      event.preventDefault();
      page.strip.now();
      sheet.setPointerCapture(event.pointerId);
      begin(event.pointerId, pointAt(event));
    });
    sheet.addEventListener('pointermove', (event) => {
      if (!stroke || event.pointerId !== stroke.pointer) return;
      for (const moved of event.getCoalescedEvents?.() ?? [event]) {
        const [x, y] = pointAt(moved);
        const { points } = stroke;
        if (Math.hypot(x - points.at(-2), y - points.at(-1)) < STEP) continue;
        points.push(x, y);
        if (points.length < POINTS * 2) continue;
        const { pointer } = stroke;
        finish();
        begin(pointer, [x, y]);
      }
      stroke.line.setAttribute('points', stroke.points.join(' '));
    });
    // ---- everybody's cursors

    sheet.addEventListener('pointermove', (event) => {
      if (event.pointerType !== 'touch') page.here.say({ at: pointAt(event) });
    });
    sheet.addEventListener('pointerleave', () => page.here.say({ at: undefined }));
    const cursors = document.createElementNS(SVG, 'g');
    sheet.append(cursors);
    const shownCursors = new Map(); // source → group
    page.here.subscribe(() => {
      const people = page.here.people.filter(({ at, page: name }) => at && name === 'board').slice(0, CURSORS);
      const wanted = new Set(people.map(({ source }) => source));
      for (const [source, made] of shownCursors) {
        if (!wanted.has(source)) { made.remove(); shownCursors.delete(source); }
      }
      for (const person of people) {
        const made = shownCursors.get(person.source) ?? cursor(person);
        shownCursors.set(person.source, made);
        made.setAttribute('transform', `translate(${clamp(person.at[0], WIDTH)} ${clamp(person.at[1], HEIGHT)})`);
        made.lastElementChild.textContent = names.of(person.source, person.name);
        if (!made.parentNode) cursors.append(made);
      }
    });

    sheet.addEventListener('pointerup', (event) => { if (event.pointerId === stroke?.pointer) finish(); });
    sheet.addEventListener('pointercancel', (event) => {
      if (event.pointerId !== stroke?.pointer) return;
      stroke.line.remove();
      stroke = null;
    });

    const ownNewest = () => peer.getState().strokes.findLast(({ source }) => source === peer.source);
    element('undo').addEventListener('click', () => {
      const own = ownNewest();
      if (own) act({ type: 'BOARD_UNDO', payload: { timestamp: own.timestamp } });
    });
    element('clear').addEventListener('click', () => act({ type: 'BOARD_CLEAR' }));

    const drawn = new Map(); // id → line
    return {
      describe: ({ type }) => ({ BOARD_STROKE: 'stroke', BOARD_UNDO: 'undo', BOARD_CLEAR: 'clear' }[type] ?? null),
      value: ({ strokes }) => countOf(strokes),
      draw() {
        const { strokes } = page.state();
        const wanted = new Set(strokes.map(({ id }) => id));
        for (const [id, made] of drawn) if (!wanted.has(id)) { made.remove(); drawn.delete(id); }
        let next = sheet.firstElementChild;
        for (const one of strokes) {
          const made = drawn.get(one.id) ?? line(one);
          drawn.set(one.id, made);
          if (made === next) next = next.nextElementSibling;
          else sheet.insertBefore(made, next);
        }
        element('strokes').textContent = countOf(strokes);
        sheet.setAttribute('aria-label', `Whiteboard with ${countOf(strokes)}`);
        element('undo').disabled = ownNewest() === undefined;
        element('clear').disabled = strokes.length === 0;
      },
    };
  };

  function countOf({ length }) {
    return `${length.toLocaleString('en')} ${length === 1 ? 'stroke' : 'strokes'}`;
  }
})();
