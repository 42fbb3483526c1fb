/**
 * One list of a part: a table with its headings to sort by.
 *
 * @typedef {import('./part.js').List} Spec
 * @typedef {import('./desk.js').Desk} Desk
 */

import {copyOf, make, setText} from './dom.js';
import {arrange} from './order.js';
import {createTable} from './table.js';

/** A heading's next state when it is pressed: up, down, and as the list comes. */
const NEXT_SORTING = {none: 'ascending', ascending: 'descending', descending: 'none'};

/**
 * @param {Spec} spec
 * @param {Desk} desk
 * @param {(key: string) => void} pick
 */
export function createList(spec, desk, pick) {
  const element = copyOf('list-template');
  const [caption, headings, empty] = ['caption', 'thead tr', '.empty'].map((css) => element.querySelector(css));
  const table = createTable(element.querySelector('table'), {columns: spec.columns, clock: desk.clock, pick});
  let sorting = null;
  let rows = new Map();

  element.classList.add(spec.name);
  setText(caption, spec.caption);
  headings.append(...spec.columns.map(headingOf));

  function headingOf(column) {
    const button = make('button', {type: 'button', title: `Sort by ${column.label}`}, column.label);
    const heading = make('th', {scope: 'col', className: column.name, ariaSort: 'none'}, button);
    button.addEventListener('click', () => sortBy(column, heading));
    return heading;
  }

  function sortBy(column, heading) {
    const next = NEXT_SORTING[heading.ariaSort];
    for (const each of headings.children) each.ariaSort = 'none';
    heading.ariaSort = next;
    sorting = next === 'none' ? null : {column, down: next === 'descending'};
    desk.changed();
  }

  function drawEmpty(groups, filter) {
    const none = !groups.some((group) => group.rows.length);
    empty.hidden = !none;
    setText(empty, rows.size && filter ? 'Nothing fits the filter.' : spec.empty);
  }

  return {
    spec,
    element,
    /** @param {string} filter */
    draw(filter) {
      const all = spec.groups(desk);
      rows = new Map(all.flatMap((group) => group.rows.map((row) => [row.key, row])));
      const groups = limited(arrange(all, {...spec, filter, sorting}), spec.limit);
      table.draw(groups);
      drawEmpty(groups, filter);
    },
    mark: table.mark,
    /** @returns {any} a row as it was last drawn, shown or filtered out; undefined when it has gone */
    rowOf: (key) => rows.get(key),
  };
}

function limited(groups, limit = Infinity) {
  return groups.map((group) => (group.rows.length > limit ? {...group, rows: group.rows.slice(0, limit)} : group));
}
