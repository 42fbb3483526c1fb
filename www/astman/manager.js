/**
 * Actions by POST, and their answers as messages.
 *
 * An action is an object, {Action: 'Originate', Channel: 'SIP/100', Variable: ['a=1', 'b=2']}, or pairs
 * where their order matters.
 *
 * @typedef {import('./messages.js').Message} Message
 * @typedef {Object<string, any> | [string, any][]} Action
 *
 * @typedef {object} Reply
 * @property {number} status  200, or 503 while the PBX is away
 * @property {Message[]} messages
 *
 * @callback Post
 * @param {Action} action
 * @param {{form?: 'mjson' | 'rawman', timeout?: number}} [options]  timeout in milliseconds
 * @returns {Promise<Reply>}
 */

import {isDenied, parseRaw} from './messages.js';

const ACTION_TIMEOUT = 90000; // ms; an Originate that waits does so for 30 s, unless told otherwise
const PING_TIMEOUT = 10000; // ms; a server that needs longer for a Ping is as good as gone

/** The server gave no answer that could be read: `status` is that of HTTP, 0 where there was none. */
export class AstmanError extends Error {
  /** @param {string} message  @param {number} [status] */
  constructor(message, status = 0) {
    super(message);
    this.name = 'AstmanError';
    this.status = status;
  }
}

/**
 * A function that sends actions. It rejects with AstmanError when there is no answer; what the manager
 * refuses is an answer. A server without /mjson (Asterisk's own) is asked for /rawman from then on.
 * @param {{url: string, fetch: typeof globalThis.fetch, after: Function}} surroundings  url ends with a slash
 * @returns {Post}
 */
export function createPost({url, fetch, after}) {
  let preferred = 'mjson';

  async function post(action, {form = preferred, timeout = ACTION_TIMEOUT} = {}) {
    const {status, text} = await send(form, encode(action), timeout);
    if (status === 404 && form === 'mjson') {
      preferred = 'rawman';
      return post(action, {form: 'rawman', timeout});
    }
    if (status !== 200 && status !== 503) throw new AstmanError(`The server answers with HTTP ${status}.`, status);
    return {status, messages: parse(form, text, status)};
  }

  async function send(form, body, timeout) {
    const aborter = new AbortController();
    const cancel = after(timeout, () => aborter.abort());
    const request = {method: 'POST', body, credentials: 'same-origin', cache: 'no-store', signal: aborter.signal};
    try {
      const response = await fetch(url + form, /** @type {RequestInit} */ (request));
      return {status: response.status, text: await response.text()};
    } catch {
      const late = `The server has not answered within ${timeout / 1000} seconds.`;
      throw new AstmanError(aborter.signal.aborted ? late : 'The server cannot be reached.');
    } finally {
      cancel();
    }
  }

  return /** @type {Post} */ (post);
}

function parse(form, text, status) {
  if (form === 'rawman') return parseRaw(text);
  try {
    return JSON.parse(text);
  } catch {
    throw new AstmanError('The server answers with something that is not JSON.', status);
  }
}

/**
 * An action as the body of a form; an array is the same name several times, null and undefined are left out.
 * @param {Action} action
 * @returns {URLSearchParams}
 */
export function encode(action) {
  const form = new URLSearchParams();
  for (const [name, value] of Array.isArray(action) ? action : Object.entries(action)) {
    for (const each of [value].flat()) if (each !== undefined && each !== null) form.append(name, each);
  }
  return form;
}

/**
 * How the session is: alive, denied (there is none), away (the PBX is), or dead: no answer at all.
 * @param {Post} post
 * @returns {Promise<'alive' | 'denied' | 'away' | 'dead'>} and never rejects
 */
export async function ping(post) {
  try {
    const {status, messages} = await post({Action: 'Ping'}, {timeout: PING_TIMEOUT});
    if (status === 503) return 'away';
    return isDenied(messages) ? 'denied' : 'alive';
  } catch {
    return 'dead';
  }
}
