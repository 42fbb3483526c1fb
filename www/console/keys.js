/**
 * Keys for the whole page. Those of a single letter or digit can be switched off in the help, for who
 * speaks to his computer, or hits keys by mistake (WCAG 2.1.4).
 */

import {byId, make} from './dom.js';
import {ask} from './dialogs.js';

const OFF = 'ajam keys off'; // what the browser keeps
const ALWAYS = /^(Arrow|Page|Home|End|Escape|Tab|Enter)/;

const GLOBAL = [
  ['1 2 3 …', 'go to a part'],
  ['/', 'filter; Escape empties it'],
  ['↑ ↓ PageUp PageDown Home End', 'pick a row'],
  ['?', 'these keys'],
];

/** @param {KeyboardEvent} event  @returns {boolean} whether a key is a shortcut, not text or part of a chord */
export function isShortcut({key, target, ctrlKey, altKey, metaKey, defaultPrevented}) {
  const typing = /** @type {Element} */ (target).matches('input, select, textarea');
  const asking = document.querySelector('dialog[open]');
  if (typing || asking || ctrlKey || altKey || metaKey || defaultPrevented) return false;
  return ALWAYS.test(key) || !localStorage.getItem(OFF);
}

/**
 * @param {ReturnType<import('./views.js').createViews>} views
 * @param {import('./part.js').Spec[]} specs  whose keys the help lists
 * @param {() => boolean} active  false while nobody is logged in
 */
export function createKeys(views, specs, active) {
  const actions = {
    '/': () => views.shown()?.filter.focus(),
    '?': help,
    ArrowDown: () => views.shown()?.focus(),
  };

  document.addEventListener('keydown', (event) => {
    if (!active()) return;
    const target = /** @type {Element} */ (event.target);
    if (event.key === 'Escape' && target.matches('.filter input')) return leaveFilter(target);
    if (!isShortcut(event)) return;
    const action = /^[1-9]$/.test(event.key) ? () => views.go(Number(event.key)) : actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  byId('help-open').addEventListener('click', help);
  byId('help').querySelector('.keys').append(...[...GLOBAL, ...specs.map(keysOf)].flatMap(([keys, what]) => [
    make('dt', {}, keys), make('dd', {}, what),
  ]));

  function leaveFilter(input) {
    input.value = '';
    input.dispatchEvent(new Event('input'));
    views.shown()?.focus();
  }

  async function help() {
    byId('help').querySelector('[name=single]').defaultChecked = !localStorage.getItem(OFF);
    const answer = await ask('help');
    if (!answer) return;
    if (answer.single) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, 'yes');
  }
}

function keysOf({title, tools, lists}) {
  const all = [...tools, ...lists.flatMap(({deeds = []}) => deeds)];
  const words = new Set(all.map(({key, label}) => `${key} ${label.toLowerCase()}`));
  return [title, [...words].join(', ') || 'no keys of its own'];
}
