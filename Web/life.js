// SPDX-License-Identifier: MIT
//
// The Game of Life: touch or drag to bring cells to life, place patterns, let it run.
'use strict';

Pages.life = (function () {
  /** How long a page that runs the game waits between generations, in ms. */
  const PERIOD = 500;

  /** Whoever has made a generation steps for as long, in ms: the server's bot may take its time. */
  const STEPPING = 3_000;

  /** A generation is looked for among so many of the newest actions. */
  const RECENT = 8;

  /** What can be placed, as rows of text around the middle cell. All of it travels as TOGGLE, one for each cell. */
  const patterns = {
    'one cell': ['#'],
    'glider': ['.#.', '..#', '###'],
    'spaceship': ['.####', '#...#', '....#', '#..#.'],
    'R-pentomino': ['.##', '##.', '.#.'],
    'acorn': ['.#.....', '...#...', '##..###'],
    'pulsar': [
      '..###...###..', '.............', '#....#.#....#', '#....#.#....#', '#....#.#....#', '..###...###..',
      '.............',
      '..###...###..', '#....#.#....#', '#....#.#....#', '#....#.#....#', '.............', '..###...###..',
    ],
  };

  /** The cells of a pattern around a place; the edges wrap. */
  function cellsOf(rows, x, y, size) {
    const [left, top] = [x - Math.floor(rows[0].length / 2), y - Math.floor(rows.length / 2)];
    return rows.flatMap((row, dy) => [...row].flatMap((sign, dx) => (
      sign === '#' ? [[(left + dx + size) % size, (top + dy + size) % size]] : [])));
  }

  /** The cells on the way from one to another, without the first. */
  function between(from, to) {
    const steps = Math.max(Math.abs(to.x - from.x), Math.abs(to.y - from.y));
    return Array.from({ length: steps }, (_, step) => [
      Math.round(from.x + (to.x - from.x) * (step + 1) / steps),
      Math.round(from.y + (to.y - from.y) * (step + 1) / steps),
    ]);
  }

  const life = (page) => {
    const { peer, names, act } = page;
    const board = element('life');
    const pattern = element('pattern');
    for (const name of Object.keys(patterns)) {
      const option = document.createElement('option');
      option.value = option.textContent = name;
      pattern.append(option);
    }
    const cells = [];
    let focused = 0;
    const size = peer.getState().grid.length;
    for (let y = 0; y < size; y++) {
      const row = document.createElement('div');
      row.setAttribute('role', 'row');
      for (let x = 0; x < size; x++) {
        const cell = document.createElement('button');
        cell.type = 'button';
        cell.id = `cell-${x}-${y}`;
        cell.tabIndex = cells.length === 0 ? 0 : -1;
        cell.setAttribute('role', 'gridcell');
        cell.setAttribute('aria-label', `column ${x + 1}, row ${y + 1}`);
        cell.setAttribute('aria-selected', 'false');
        cells.push(cell);
        row.append(cell);
      }
      board.append(row);
    }
    const placeOf = (cell) => {
      const index = cells.indexOf(cell);
      return index < 0 ? null : { x: index % size, y: Math.floor(index / size), index };
    };
    const isAlive = (x, y) => peer.getState().grid[y][x] === 1;
    const toggle = (x, y) => act({ type: 'TOGGLE', payload: { x, y } });
    /** Makes a cell what it shall be, by the one action that every client knows; nothing is sent if it is so. */
    const set = (x, y, shallLive) => { if (isAlive(x, y) !== shallLive) toggle(x, y); };

    // One cell can be reached by Tab, the others from there by the arrow keys.
    const focus = (index) => {
      cells[focused].tabIndex = -1;
      focused = index;
      cells[focused].tabIndex = 0;
    };
    board.addEventListener('click', (event) => {
      const place = placeOf(event.target);
      if (!place || stroke?.hasMoved) return;
      focus(place.index);
      page.strip.now();
      if (pattern.selectedIndex <= 0) toggle(place.x, place.y);
      else for (const [x, y] of cellsOf(patterns[pattern.value], place.x, place.y, size)) set(x, y, true);
    });
    board.addEventListener('keydown', (event) => {
      const [dx, dy] = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key] ?? [];
      if (dx === undefined) return;
      event.preventDefault();
      const x = (focused % size + dx + size) % size;
      const y = (Math.floor(focused / size) + dy + size) % size;
      focus(y * size + x);
      cells[focused].focus();
    });

    // ---- dragging: every cell on the way becomes what the first one becomes

    let stroke = null; // { x, y, shallLive, hasMoved }: where the pointer was last
    board.addEventListener('pointerdown', (event) => {
      stroke = null;
      const place = event.isPrimary && event.button === 0 ? placeOf(event.target) : null;
      if (!place) return;
      stroke = { ...place, shallLive: !isAlive(place.x, place.y), hasMoved: false, pointer: event.pointerId };
    });
    board.addEventListener('pointermove', (event) => {
      if (!stroke || event.pointerId !== stroke.pointer || (event.buttons & 1) === 0) return;
      const place = placeOf(document.elementFromPoint(event.clientX, event.clientY));
      if (!place || (place.x === stroke.x && place.y === stroke.y)) return;
      if (!stroke.hasMoved) { page.strip.now(); set(stroke.x, stroke.y, stroke.shallLive); }
      for (const [x, y] of between(stroke, place)) set(x, y, stroke.shallLive);
      Object.assign(stroke, { x: place.x, y: place.y, hasMoved: true });
    });
    // A click that belongs to the drag comes right after; the next touch begins anew.
    board.addEventListener('pointercancel', () => { stroke = null; });

    // ---- running

    const buttons = { run: element('run'), step: element('step'), reset: element('reset') };
    buttons.step.addEventListener('click', () => act({ type: 'STEP' }));
    buttons.reset.addEventListener('click', () => act({ type: 'RESET' }));
    const isRunning = ({ runner, isPaused }) => runner !== null || (!isPaused && isStepped);
    buttons.run.addEventListener('click', () => act({ type: isRunning(peer.getState()) ? 'LIFE_PAUSE' : 'LIFE_RUN' }));
    setInterval(() => {
      if (life.shallStep(peer.getState(), peer.source, document.hidden, isStepped)) peer.dispatch({ type: 'STEP' });
    }, PERIOD);

    let isStepped = false; // somebody else, perhaps the server's bot, makes generations
    let newestStep = 0;
    let stepTimer = null;
    peer.subscribe(() => {
      const step = peer.recent(RECENT).findLast(({ action, isOwn }) => action.type === 'STEP' && !isOwn);
      if (!step || step.timestamp <= newestStep) return;
      newestStep = step.timestamp;
      isStepped = true;
      clearTimeout(stepTimer);
      stepTimer = setTimeout(() => { isStepped = false; page.redraw(); }, STEPPING);
    });

    let shown = null;
    return {
      describe: ({ type, payload }) => ({
        TOGGLE: `${payload?.x},${payload?.y}`, STEP: 'step', RESET: 'clear', LIFE_RUN: 'run', LIFE_PAUSE: 'pause',
      }[type] ?? null),
      value: ({ grid }) => `${population(grid)} alive`,
      draw() {
        const state = page.state();
        const { grid, owners, runner } = state;
        buttons.run.textContent = isRunning(state) ? 'Pause' : 'Run';
        element('runner').textContent = runner === null ? '' : `, run by ${names.of(runner)}`;
        if (grid === shown) return;
        for (let index = 0; index < cells.length; index++) {
          const [x, y] = [index % size, Math.floor(index / size)];
          const text = String(grid[y][x] === 1);
          const cell = cells[index];
          if (cell.getAttribute('aria-selected') !== text) cell.setAttribute('aria-selected', text);
          const owner = owners[y][x];
          const author = owner === null ? undefined : String(People.colour(owner));
          if (cell.dataset.author === author) continue;
          if (author === undefined) delete cell.dataset.author;
          else cell.dataset.author = author;
        }
        element('population').textContent = String(population(grid));
        shown = grid;
      },
    };
  };

  const population = (grid) => grid.reduce((sum, row) => sum + row.reduce((count, cell) => count + cell, 0), 0);

  /**
   * Whoever pressed Run last dispatches the generations, while the page is seen and anything lives, unless somebody
   * else does so already.
   */
  life.shallStep = ({ runner, grid }, source, isHidden, isStepped) => (
    runner === source && !isHidden && !isStepped && grid.some((row) => row.includes(1)));

  return life;
})();
