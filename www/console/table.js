/**
 * A table whose rows are known by key: drawing it changes the cells whose text has changed, and moves the
 * rows that have moved. Each group is a tbody, with its label as a row of its own where it has one.
 *
 * A row's first cell holds the button that picks it. One of these buttons is a stop of the Tab key, the
 * arrow keys go from there.
 *
 * @typedef {import('./order.js').Column} Column
 * @typedef {import('./order.js').Group} Group
 * @typedef {import('./clock.js').Clock} Clock
 */

import {arrangeChildren, make, setText} from './dom.js';

const PAGE = 15; // rows that PageUp and PageDown go

/** Where a key goes, from the place of the row that has the focus and that of the last row. */
const STEPS = {
  ArrowDown: (at) => at + 1,
  ArrowUp: (at) => at - 1,
  PageDown: (at) => at + PAGE,
  PageUp: (at) => at - PAGE,
  Home: () => 0,
  End: (at, last) => last,
};

/**
 * @param {HTMLTableElement} table  with a thead
 * @param {object} how
 * @param {Column[]} how.columns
 * @param {Clock} how.clock
 * @param {(key: string) => void} how.pick  called with the row that a person picks
 */
export function createTable(table, {columns, clock, pick}) {
  const bodies = new Map();
  const rows = new Map();
  let picked = '';
  let stop = null;

  /** A cell and the function that puts a row's text into it. */
  function cellOf(column, key) {
    if (column.at) return timeCell(column);
    const button = column.head && make('button', {type: 'button', className: 'pick', tabIndex: -1});
    const cell = column.head
      ? make('th', {scope: 'row', className: column.name}, button)
      : make('td', {className: column.name});
    if (button) button.dataset.key = key;
    cell.dataset.label = column.label; // narrow screens have no headings above the cells
    const node = document.createTextNode('');
    (button || cell).append(node);
    return {cell, show: showing(column, cell, node)};
  }

  function showing(column, cell, node) {
    let [text, tone] = ['', ''];
    return (row) => {
      const next = column.text(row);
      if (next !== text) node.nodeValue = text = next;
      const nextTone = column.tone?.(row) ?? '';
      if (nextTone === tone) return;
      tone = nextTone;
      cell.className = `${column.name} ${tone}`;
    };
  }

  function timeCell(column) {
    const time = make('time');
    const cell = make('td', {className: `${column.name} time`}, time);
    cell.dataset.label = column.label;
    return {cell, time, show: (row) => clock.watch(time, column.at(row))};
  }

  function makeRow(key) {
    const cells = columns.map((column) => cellOf(column, key));
    const tr = make('tr', {}, ...cells.map(({cell}) => cell));
    tr.dataset.key = key;
    const row = {tr, button: tr.querySelector('.pick'), cells};
    rows.set(key, row);
    setPressed(key, key === picked);
    return row;
  }

  function drawRow(data) {
    const row = rows.get(data.key) ?? makeRow(data.key);
    for (const {show} of row.cells) show(data);
    return row.tr;
  }

  function makeBody(group) {
    const body = make('tbody');
    if (group.label !== undefined) {
      body.append(make('tr', {className: 'group'}, make('th', {scope: 'rowgroup', colSpan: columns.length})));
    }
    bodies.set(group.key, body);
    return body;
  }

  function drawBody(group) {
    const body = bodies.get(group.key) ?? makeBody(group);
    if (group.label !== undefined) setText(body.firstElementChild.firstElementChild, group.label);
    arrangeChildren(body, group.rows.map(drawRow), group.label === undefined ? 0 : 1);
    return body;
  }

  function forgetGone(groups) {
    const shown = new Set(groups.flatMap((group) => group.rows.map((row) => row.key)));
    for (const [key, {cells}] of rows) {
      if (shown.has(key)) continue;
      for (const {time} of cells) if (time) clock.forget(time);
      rows.delete(key);
    }
    const keys = new Set(groups.map((group) => group.key));
    for (const key of bodies.keys()) if (!keys.has(key)) bodies.delete(key);
  }

  /** The focus survives a row's move; where its row has gone, it goes to the one now in that place. */
  function keepFocus(focused, place) {
    if (!focused || focused === document.activeElement) return;
    const next = focused.isConnected ? focused : buttons()[Math.min(place, rows.size - 1)];
    next?.focus({preventScroll: true});
  }

  const buttons = () => [...table.querySelectorAll('.pick')];

  function draw(groups) {
    const focused = table.contains(document.activeElement) ? document.activeElement : null;
    const place = focused && !isShown(groups, focused.dataset.key) ? buttons().indexOf(focused) : 0;
    arrangeChildren(table, groups.map(drawBody), 2);
    forgetGone(groups);
    keepFocus(focused, place);
    markStop();
  }

  function markStop() {
    const next = rows.get(picked)?.button ?? (stop?.isConnected ? stop : buttons()[0]) ?? null;
    if (next === stop) return;
    if (stop) stop.tabIndex = -1;
    if (next) next.tabIndex = 0;
    stop = next;
  }

  function mark(key) {
    setPressed(picked, false);
    picked = key;
    setPressed(picked, true);
    markStop();
  }

  function setPressed(key, pressed) {
    const row = rows.get(key);
    row?.button.setAttribute('aria-pressed', pressed);
    row?.tr.classList.toggle('picked', pressed);
  }

  function move(event) {
    const step = STEPS[event.key];
    const all = step && event.target.matches('.pick') ? buttons() : [];
    if (!all.length) return;
    event.preventDefault();
    const next = all[Math.max(0, Math.min(step(all.indexOf(event.target), all.length - 1), all.length - 1))];
    pick(next.dataset.key);
    next.focus();
  }

  table.addEventListener('click', (event) => {
    const key = event.target.closest('tbody tr')?.dataset.key;
    if (key !== undefined) pick(key);
  });
  table.addEventListener('keydown', move);

  return {
    /** @param {Group[]} groups  all that is to be seen, in its order */
    draw,
    /** Shows a row as the picked one; '' none. @param {string} key */
    mark,
  };
}

const isShown = (groups, key) => groups.some((group) => group.rows.some((row) => row.key === key));
