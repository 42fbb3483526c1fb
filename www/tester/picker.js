/**
 * A field with a list to choose from, as ARIA's combobox: type to search, arrows and Enter to choose,
 * Escape to close. What is not in the list may be typed as well.
 *
 * @typedef {import('./help.js').Listed} Listed
 */

import {make} from '../console/dom.js';

/**
 * The actions that fit what was typed: by the name's beginning, then within the name, then in the synopsis.
 * @param {Listed[]} actions
 * @param {string} typed
 * @returns {Listed[]}
 */
export function search(actions, typed) {
  const wanted = typed.trim().toLowerCase();
  const rank = ({name, synopsis}) => {
    const at = name.toLowerCase().indexOf(wanted);
    if (at >= 0) return Math.min(at, 1);
    return synopsis.toLowerCase().includes(wanted) ? 2 : 3;
  };
  return [0, 1, 2].flatMap((each) => actions.filter((action) => rank(action) === each));
}

/** Joins a field and its list. */
export class Picker {
  #input;
  #list;
  #choose;
  /** @type {Listed[]} */
  #actions = [];
  #active = -1;
  #chosen = '';

  /**
   * @param {HTMLInputElement} input
   * @param {HTMLElement} list
   * @param {(name: string) => void} choose  is called when another action is chosen
   */
  constructor(input, list, choose) {
    this.#input = input;
    this.#list = list;
    this.#choose = choose;
    input.addEventListener('input', () => this.#open(input.value));
    input.addEventListener('click', () => this.#open(''));
    input.addEventListener('keydown', (event) => this.#key(event));
    input.addEventListener('blur', () => this.#take(input.value));
    list.addEventListener('mousedown', (event) => event.preventDefault()); // the focus stays in the field
    list.addEventListener('click', ({target}) => this.#take(target.closest('li')?.dataset.name ?? input.value));
  }

  /** @param {Listed[]} actions  what there is to choose from */
  set actions(actions) {
    this.#actions = actions;
  }

  /** @returns {string} */
  get value() {
    return this.#input.value.trim();
  }

  static #KEYS = {
    ArrowDown: (picker) => picker.#move(1),
    ArrowUp: (picker) => picker.#move(-1),
    Escape: (picker) => picker.#close(),
    Enter: (picker) => !picker.#list.hidden && picker.#take(picker.#activeName()),
  };

  #key(event) {
    const act = Picker.#KEYS[event.key];
    if (act && act(this) !== false) event.preventDefault();
  }

  #open(typed) {
    const found = search(this.#actions, typed);
    this.#list.replaceChildren(...found.map(option));
    this.#list.hidden = !found.length;
    this.#input.setAttribute('aria-expanded', String(found.length > 0));
    this.#activate(typed && found.length ? 0 : -1);
  }

  #close() {
    this.#list.hidden = true;
    this.#input.setAttribute('aria-expanded', 'false');
    this.#activate(-1);
  }

  #move(step) {
    if (this.#list.hidden) this.#open('');
    const count = this.#list.children.length;
    this.#activate(count ? (Math.max(this.#active, step < 0 ? 0 : -1) + step + count) % count : -1);
  }

  #activate(at) {
    this.#list.children[this.#active]?.setAttribute('aria-selected', 'false');
    this.#active = at;
    const option = this.#list.children[at];
    option?.setAttribute('aria-selected', 'true');
    option?.scrollIntoView({block: 'nearest'});
    this.#input.setAttribute('aria-activedescendant', option?.id ?? '');
  }

  #activeName() {
    return this.#list.children[this.#active]?.dataset.name ?? this.#input.value;
  }

  #take(name) {
    this.#close();
    this.#input.value = name;
    if (name === this.#chosen) return;
    this.#chosen = name;
    this.#choose(name.trim());
  }
}

function option({name, synopsis}) {
  const texts = [make('b', {textContent: name}), make('span', {textContent: synopsis})];
  const node = make('li', {id: `action-${name}`, role: 'option', 'aria-selected': 'false'}, ...texts);
  node.dataset.name = name;
  return node;
}
