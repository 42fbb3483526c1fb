/**
 * Pieces of text as nodes of the page.
 *
 * @typedef {import('./bytes.js').Piece} Piece
 */

import {make} from '../console/dom.js';

/**
 * An element with pieces of text in it, those with a mark as such.
 * @param {string} tag
 * @param {Piece[]} pieces
 * @param {Object<string, any>} [properties]
 * @returns {any}
 */
export function makeOf(tag, pieces, properties = {}) {
  const element = make(tag, properties);
  for (const {text, mark} of pieces) element.append(mark ? make('mark', {textContent: text, title: mark}) : text);
  return element;
}
