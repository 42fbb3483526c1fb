/**
 * What of a list is shown, and in which order. Pure: groups of rows in, groups of rows out.
 *
 * @typedef {object} Column
 * @property {string} name  for the style sheet and the tests
 * @property {string} label
 * @property {(row: any) => string} [text]
 * @property {(row: any) => number | null} [at]  instead of text: a time to count from or to, epoch milliseconds
 * @property {(row: any) => number | string} [rank]  to sort by, where that is not the text
 * @property {(row: any) => string} [tone]  good, busy, warn, bad, quiet or ''
 * @property {boolean} [head]  the column that names the row, with the button that picks it
 *
 * @typedef {object} Group
 * @property {string} key
 * @property {string} [label]
 * @property {{key: string}[]} rows
 *
 * @typedef {{column: Column, down: boolean} | null} Sorting  null: as the list comes
 */

const collator = new Intl.Collator(undefined, {numeric: true, sensitivity: 'base'});

/**
 * The groups that are to be shown.
 * @param {Group[]} groups
 * @param {object} how
 * @param {Column[]} how.columns
 * @param {string} how.filter  words that all must be in a row, in whatever case
 * @param {Sorting} how.sorting
 * @param {boolean} [how.whole]  a group stays together: all of it is shown when one row fits, and it is sorted
 *     by the row that comes first
 * @param {(row: any) => string} [how.search]  the text in which to look, where that is not what is shown
 * @returns {Group[]}
 */
export function arrange(groups, {columns, filter, sorting, whole = false, search}) {
  const words = filter.toLowerCase().split(/\s+/).filter(Boolean);
  const textOf = search ?? ((row) => columns.map((column) => column.text?.(row) ?? '').join('\n'));
  const kept = words.length ? filtered(groups, words, textOf, whole) : groups;
  if (!sorting) return kept;
  const compare = comparing(sorting);
  return whole ? sortedByFirst(kept, compare) : kept.map((group) => ({...group, rows: [...group.rows].sort(compare)}));
}

function filtered(groups, words, textOf, whole) {
  const fits = (text) => words.every((word) => text.toLowerCase().includes(word));
  const rest = (group) => {
    if (fits(group.label ?? '')) return group.rows;
    const rows = group.rows.filter((row) => fits(`${group.label ?? ''}\n${textOf(row)}`));
    return whole && rows.length ? group.rows : rows;
  };
  return groups.map((group) => ({...group, rows: rest(group)}))
    .filter((group) => group.rows.length || fits(group.label ?? ''));
}

function comparing({column, down}) {
  const rank = rankOf(column);
  const sign = down ? -1 : 1;
  return (one, other) => sign * compareRanks(rank(one), rank(other));
}

/** A time counts up from its moment: what is youngest shows the smallest number. */
function rankOf(column) {
  if (column.rank) return column.rank;
  return column.at ? (row) => -(column.at?.(row) ?? 0) : column.text ?? (() => '');
}

function compareRanks(one, other) {
  return typeof one === 'number' ? one - Number(other) : collator.compare(one, String(other));
}

function sortedByFirst(groups, compare) {
  const first = (group) => group.rows.reduce((best, row) => (compare(row, best) < 0 ? row : best));
  return groups.map((group) => ({group, row: first(group)}))
    .sort((one, other) => compare(one.row, other.row))
    .map(({group}) => group);
}

/**
 * Rows by what they have in common; those without it are left out.
 * @param {Iterable<any>} rows
 * @param {(row: any) => string} keyOf
 * @returns {Map<string, any[]>}
 */
export function gather(rows, keyOf) {
  const found = new Map();
  for (const row of rows) {
    const key = keyOf(row);
    if (!key) continue;
    if (found.has(key)) found.get(key).push(row);
    else found.set(key, [row]);
  }
  return found;
}
