/**
 * The forms of an answer, and how to ask for one.
 */

import {encode} from '../astman/manager.js';
import {tidyJson, tidyXml} from './tidy.js';

const asItIs = (text) => text;
const CR_LF = /^\r\n$/; // between the lines of the manager; there a CR or LF alone, or a tab, is remarkable
const SPACE = /^(\r\n|\n|\t)$/;

/**
 * @typedef {object} Form
 * @property {string} key
 * @property {string} title
 * @property {string} uri  below the prefix
 * @property {string} digest  its twin for digest authentication
 * @property {(text: string) => string} tidy  white space added for reading
 * @property {RegExp} usual  white space that needs no mark
 */

/** @type {Form[]} */
export const FORMS = [
  {key: 'raw', title: 'Raw', uri: 'rawman', digest: 'arawman', tidy: asItIs, usual: CR_LF},
  {key: 'xml', title: 'XML', uri: 'mxml', digest: 'amxml', tidy: tidyXml, usual: SPACE},
  {key: 'json', title: 'JSON', uri: 'mjson', digest: 'amjson', tidy: tidyJson, usual: SPACE},
  {key: 'html', title: 'HTML', uri: 'manager', digest: 'amanager', tidy: asItIs, usual: SPACE},
];

/**
 * @typedef {object} Answer
 * @property {number} status  of HTTP; 0 when there was no answer
 * @property {string} type  its Content-Type, or why there was no answer
 * @property {Uint8Array} bytes
 * @property {number} milliseconds
 */

/**
 * Sends an action by POST, and gives the answer byte for byte. Never rejects.
 * @param {string} url  where the manager's addresses are, with a slash at its end
 * @param {Form} form
 * @param {[string, string][]} pairs
 * @returns {Promise<Answer>}
 */
export async function ask(url, form, pairs) {
  const begun = performance.now();
  const spent = () => performance.now() - begun;
  try {
    const response = await fetch(url + form.uri, {method: 'POST', body: encode(pairs), cache: 'no-store'});
    const bytes = new Uint8Array(await response.arrayBuffer());
    return {status: response.status, type: response.headers.get('Content-Type') ?? '', bytes, milliseconds: spent()};
  } catch (error) {
    return {status: 0, type: String(error), bytes: new Uint8Array(), milliseconds: spent()};
  }
}
