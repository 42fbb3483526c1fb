/**
 * Questions that the page asks in its dialogs.
 */

import {byId, offer, setText} from './dom.js';
import {deviceWords} from './words.js';

const PHONE = 'ajam phone'; // where the browser keeps the phone that its user sits at

/**
 * Opens a dialog and waits for its answer.
 * @param {string} id
 * @param {object} [how]
 * @param {Object<string, string>} [how.says]  texts, by the data-says of their elements
 * @param {Object<string, string>} [how.values]  of the form's fields
 * @param {Object<string, [string, string][]>} [how.offers]  of its selects
 * @returns {Promise<Object<string, string> | null>} the fields; null when it was cancelled
 */
export function ask(id, {says = {}, values = {}, offers = {}} = {}) {
  const dialog = byId(id);
  const form = dialog.querySelector('form');
  form.reset();
  for (const [name, text] of Object.entries(says)) setText(dialog.querySelector(`[data-says="${name}"]`), text);
  for (const [name, offered] of Object.entries(offers)) offer(form.elements[name], offered);
  for (const [name, value] of Object.entries(values)) form.elements[name].value = value;
  dialog.returnValue = '';
  dialog.showModal();
  return new Promise((resolve) => {
    const answer = () => (dialog.returnValue ? Object.fromEntries(new FormData(form)) : null);
    dialog.addEventListener('close', () => resolve(/** @type {any} */ (answer())), {once: true});
  });
}

/**
 * Asks whether something is really meant that cannot be undone.
 * @param {string} title  @param {string} about  @param {string} verb  on the button
 * @returns {Promise<boolean>}
 */
export async function confirm(title, about, verb) {
  return Boolean(await ask('confirm', {says: {title, about, verb}}));
}

/** Closes whatever is asked, unanswered, and forgets what was said and offered. */
export function closeAll() {
  for (const dialog of /** @type {any} */ (document.querySelectorAll('dialog[open]'))) dialog.close('');
  for (const element of document.querySelectorAll('[data-says], dialog select, datalist')) element.replaceChildren();
}

/**
 * Fills the lists from which the fields of the dialogs can be chosen, as the PBX is now.
 * @param {import('../astman/picture.js').Picture} picture
 */
export function offerPlaces(picture) {
  const hints = [...picture.hints.values()];
  const channels = [...picture.channels.values()];
  const contexts = new Set([...hints, ...channels].map((row) => row.context).filter(Boolean));
  const phones = new Set([...picture.peers.keys(), ...[...picture.members.values()].map((row) => row.interface)]);
  offer(byId('extensions'), [
    ...hints.map(({exten, hint, state}) => [exten, `${exten} ${hint} ${deviceWords(state)}`]),
    ...[...picture.parked.values()].map(({space, lot}) => [space, `${space} parked in ${lot}`]),
  ]);
  offer(byId('contexts'), [...contexts].sort().map((name) => [name, name]));
  offer(byId('phones'), [...phones].sort().map((name) => [name, name]));
}

/** @returns {string} the phone at which the user of this browser sits, as he last said */
export const ownPhone = () => localStorage.getItem(PHONE) ?? '';

/** @param {string} phone  remembers it */
export const rememberPhone = (phone) => localStorage.setItem(PHONE, phone);

/** @param {import('../astman/picture.js').Picture} picture  @returns {string} the context to begin with */
export function likelyContext(picture) {
  const uses = new Map();
  for (const {context} of [...picture.hints.values(), ...picture.channels.values()]) {
    if (context) uses.set(context, (uses.get(context) ?? 0) + 1);
  }
  return [...uses].sort(([, one], [, other]) => other - one)[0]?.[0] ?? 'default';
}
