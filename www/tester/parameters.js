/**
 * The fields of an action's parameters.
 *
 * @typedef {import('./help.js').Parameter} Parameter
 */

import {make} from '../console/dom.js';

const SHORT = 160; // characters of help that are shown at once
const SECRET = /^(secret|key)$/i;

/** Rows of name and value; what was typed stays for the next action that has the name. */
export class Parameters {
  #root;
  #changed;
  #kept = new Map();
  #count = 0;

  /**
   * @param {HTMLElement} root
   * @param {() => void} changed
   */
  constructor(root, changed) {
    this.#root = root;
    this.#changed = changed;
    root.addEventListener('input', () => this.#keep());
  }

  /**
   * Shows the fields of an action.
   * @param {string} action
   * @param {Parameter[]} parameters
   */
  show(action, parameters) {
    const hides = /^login$/i.test(action);
    this.#root.replaceChildren(...parameters.map((each) => this.#row(each, hides && SECRET.test(each.name))));
    this.#changed();
  }

  /** Adds a parameter whose name is to be typed. */
  add() {
    const name = make('input', {className: 'name', 'aria-label': 'Name', placeholder: 'Name', spellcheck: false});
    const value = make('input', {className: 'value', 'aria-label': 'Value', spellcheck: false});
    const row = make('div', {className: 'parameter added'}, name, value, this.#remover());
    this.#root.append(row);
    name.focus();
    this.#changed();
  }

  /** What is to be sent, in order. @returns {[string, string][]} */
  pairs() {
    return [...this.#root.querySelectorAll('.parameter')].flatMap((row) => {
      const name = row.querySelector('.name').value ?? row.querySelector('.name').dataset.name;
      const {value} = row.querySelector('.value');
      return name.trim() && (value || row.classList.contains('added')) ? [[name.trim(), value]] : [];
    });
  }

  #keep() {
    for (const [name, value] of this.pairs()) this.#kept.set(name, value);
    this.#changed();
  }

  #row(parameter, isSecret) {
    const {name, required, help, choices} = parameter;
    const field = this.#field(name, choices, isSecret);
    const label = make('label', {className: 'name', htmlFor: field.id, textContent: name});
    label.dataset.name = name;
    if (required) label.append(make('abbr', {title: 'required', textContent: '*'}));
    const more = `One more ${name}`;
    const again = make('button', {type: 'button', textContent: '+', title: more, 'aria-label': more});
    const row = make('div', {className: 'parameter'}, label, field, again, ...helpNodes(help));
    if (choices.length) row.append(choicesList(`${field.id}-choices`, choices));
    again.addEventListener('click', () => this.#repeat(row, name));
    return row;
  }

  #field(name, choices, isSecret) {
    const id = `parameter-${this.#count += 1}`;
    const type = isSecret ? 'password' : 'text';
    const value = isSecret ? '' : this.#kept.get(name) ?? '';
    const field = make('input', {className: 'value', id, type, value, spellcheck: false, autocomplete: 'off'});
    if (choices.length) field.setAttribute('list', `${id}-choices`);
    return field;
  }

  #repeat(row, name) {
    const label = make('span', {className: 'name', textContent: name});
    label.dataset.name = name;
    const value = make('input', {className: 'value', 'aria-label': name, spellcheck: false});
    const again = make('div', {className: 'parameter added'}, label, value, this.#remover());
    let last = row;
    while (last.nextElementSibling?.classList.contains('added')) last = last.nextElementSibling;
    last.after(again);
    value.focus();
    this.#changed();
  }

  #remover() {
    const button = make('button', {type: 'button', textContent: '−', title: 'Remove', 'aria-label': 'Remove'});
    button.addEventListener('click', () => {
      button.parentElement.remove();
      this.#changed();
    });
    return button;
  }
}

/** Short help as it is, its lines joined; long help folded behind its first line. */
function helpNodes(help) {
  if (!help) return [];
  const line = help.replace(/\s+/g, ' ');
  if (line.length <= SHORT) return [make('p', {className: 'help', textContent: line})];
  const summary = make('summary', {textContent: `${help.split('\n')[0]} …`});
  return [make('details', {className: 'help'}, summary, make('p', {textContent: help}))];
}

function choicesList(id, choices) {
  return make('datalist', {id}, ...choices.map((value) => make('option', {value})));
}
