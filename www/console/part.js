/**
 * A part of the page: its lists, a filter for all of them, and a bar for what is picked in one of them.
 *
 * The bar with its buttons stays in its place and acts on what was picked by its key: rows come and go and
 * move under the pointer, so a button in a row would one day hang up somebody else.
 *
 * @typedef {import('./desk.js').Desk} Desk
 * @typedef {import('./order.js').Column} Column
 * @typedef {import('./order.js').Group} Group
 *
 * @typedef {object} List
 * @property {string} name  for the style sheet and the tests
 * @property {string} caption
 * @property {string} empty  what it says without a row
 * @property {Column[]} columns
 * @property {(desk: Desk) => Group[]} groups
 * @property {(row: any, desk: Desk) => string} about  the picked row in a line
 * @property {(row: any) => [string, string][]} [detail]  and in names and values
 * @property {(row: any) => string} [search]  see order.js
 * @property {boolean} [whole]  see order.js
 * @property {number} [limit]  so many rows are shown at most
 * @property {Deed[]} [deeds]  what can be done with a row
 *
 * @typedef {object} Deed
 * @property {string} label
 * @property {string} key  does it, too, while the focus is in the part
 * @property {string[]} needs  actions of the manager of which the user must have one
 * @property {(row: any, desk: Desk) => boolean} [fits]  whether it makes sense for a row
 * @property {(row: any, desk: Desk) => any} run
 *
 * @typedef {object} Spec
 * @property {string} name
 * @property {string} title
 * @property {string[][]} reads  lists that are read for it; in a line the second where the first is refused
 * @property {boolean} [always]  shown even if none of them can be read
 * @property {(desk: Desk) => number} count  for the title; 0 none
 * @property {() => void} [reset]  called when its user goes
 * @property {List[]} lists
 * @property {{label: string, key: string, needs: string[], run: (desk: Desk) => any,
 *     pressed?: () => boolean}[]} tools
 */

import {copyOf, make, setText} from './dom.js';
import {createList} from './list.js';

/**
 * @param {Spec} spec
 * @param {Desk} desk
 */
export function createPart(spec, desk) {
  const section = copyOf('part-template');
  const [title, filter, tools, note, place, bar] =
    ['h2', '.filter input', '.tools', '.note', '.lists', '.bar'].map((css) => section.querySelector(css));
  const [about, deeds, detail] = ['.picked', '.deeds', '.detail'].map((css) => bar.querySelector(css));
  const lists = spec.lists.map((list) => createList(list, desk, (key) => pick(list, key)));
  let picked = {list: spec.lists[0], key: '', row: null};
  let shownDetail = null;
  let shownDeeds = [];

  section.id = `part-${spec.name}`;
  section.setAttribute('aria-label', spec.title);
  setText(title, spec.title);
  about.id = `about-${spec.name}`;
  bar.setAttribute('aria-label', 'What is picked');
  place.append(...lists.map((list) => list.element));
  filter.addEventListener('input', desk.changed);
  section.addEventListener('keydown', press);
  const toolButtons = spec.tools.map((tool) => buttonOf(tool, () => tool.run(desk)));
  tools.append(...toolButtons);

  function buttonOf({label, key}, run) {
    const button = make('button', {type: 'button', title: `${label} (${key})`}, label);
    button.setAttribute('aria-keyshortcuts', key);
    button.addEventListener('click', run);
    return button;
  }

  function pick(list, key) {
    picked = {list, key, row: null};
    for (const each of lists) each.mark(each.spec === list ? key : '');
    drawBar();
  }

  /** What is picked as it is now, and whether it is still there. */
  function look() {
    const now = lists.find((list) => list.spec === picked.list)?.rowOf(picked.key);
    picked.row = now ?? picked.row;
    return Boolean(now);
  }

  function drawBar() {
    const {list, key} = picked;
    const there = look();
    bar.hidden = !picked.row;
    if (!picked.row) return setText(about, '');
    setText(about, (there ? '' : 'Gone: ') + list.about(picked.row, desk));
    const offered = (list.deeds ?? []).filter(({needs}) => needs.some(desk.may));
    drawDeeds(offered);
    offered.forEach((deed, at) => {
      deeds.children[at].disabled = !there || !(deed.fits?.(picked.row, desk) ?? true);
    });
    drawDetail(list, key);
  }

  /** Made anew only when there are others, for one of them may have the focus. */
  function drawDeeds(offered) {
    if (offered.length === shownDeeds.length && offered.every((deed, at) => deed === shownDeeds[at])) return;
    shownDeeds = offered;
    deeds.replaceChildren(...offered.map(deedButton));
  }

  function deedButton(deed) {
    const button = buttonOf(deed, () => deed.run(picked.row, desk));
    button.setAttribute('aria-describedby', about.id);
    return button;
  }

  function drawDetail({detail: pairsOf}, key) {
    detail.hidden = !pairsOf;
    if (!pairsOf || shownDetail === key) return;
    shownDetail = key;
    const pairs = pairsOf(picked.row);
    detail.replaceChildren(...pairs.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]));
  }

  /** Keys of the part: not while somebody types, and each only where its button could be pressed. */
  function press(event) {
    if (!desk.isShortcut(event)) return;
    const means = (button) => button.getAttribute('aria-keyshortcuts') === event.key;
    const button = [...toolButtons, ...deeds.children].find((each) => means(each) && !each.disabled && !each.hidden);
    if (!button) return;
    event.preventDefault();
    button.click();
  }

  function drawNote() {
    const why = spec.reads.map(whyNot).filter(Boolean).join(' ');
    note.hidden = !why;
    setText(note, why);
  }

  /** Why a list could not be read: '' where it could, and where nobody expects it to. */
  function whyNot(actions) {
    const tried = actions.filter((action) => desk.astman.reads.get(action));
    const refusals = tried.map((action) => desk.astman.reads.get(action).refusal);
    if (!tried.length || refusals.includes('') || !(spec.always || actions.some(desk.may))) return '';
    const why = `${tried.at(-1)}: ${refusals.at(-1)}`;
    return `The PBX does not list this (${why}). It is shown as far as events tell of it.`;
  }

  function drawTools() {
    spec.tools.forEach((tool, at) => {
      toolButtons[at].hidden = !(!tool.needs.length || tool.needs.some(desk.may));
      if (tool.pressed) toolButtons[at].setAttribute('aria-pressed', tool.pressed());
    });
  }

  return {
    name: spec.name,
    title: spec.title,
    element: section,
    filter,
    count: () => spec.count(desk),
    /** @returns {boolean} whether the user's rights and the PBX's modules give it, or there is something to see */
    offered: () => Boolean(spec.always || spec.reads.flat().some(desk.may) || spec.count(desk)),
    draw() {
      for (const list of lists) list.draw(filter.value);
      drawBar();
      drawNote();
      drawTools();
    },
    /** Puts the focus where work begins: on the picked row, or the first one. */
    focus: () => section.querySelector('.pick[tabindex="0"]')?.focus(),
    /** Forgets what was picked and typed. */
    reset() {
      spec.reset?.();
      filter.value = '';
      shownDetail = null;
      detail.replaceChildren();
      pick(spec.lists[0], '');
    },
  };
}
