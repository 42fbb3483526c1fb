/**
 * Two ways to the events, one contract: the event stream, and WaitEvent again and again.
 *
 * @typedef {import('./manager.js').Post} Post
 *
 * @typedef {object} Told  one thing that the server told
 * @property {string} name  event, gap, down, up, end; place: nothing but its id
 * @property {string} [id]  the place behind it, from which one may go on; '' where it is not known
 * @property {any} [data]  a Message for an event, else {dropped}, {reason} or {}
 *
 * @typedef {object} Ears  what becomes of it
 * @property {() => void} open  from here on no event is missed
 * @property {(told: Told) => void} tell
 * @property {() => void} failed  nothing more comes; called once at most, and not after close
 *
 * Each function here answers the function that closes it.
 */

import {fields, isDenied, refusal} from './messages.js';

const NAMED = ['gap', 'down', 'up', 'end'];

/**
 * The event stream. EventSource would connect again by itself, but at once, all browsers together, and
 * without a word when the session has ended; so the first failure is the last here and link.js decides.
 * @param {{url: string, EventSource: any, filters: [string, string][]}} surroundings
 * @param {string} since  the place behind which to begin; '' now
 * @param {Ears} ears
 * @returns {() => void}
 */
export function openStream({url, EventSource, filters}, since, ears) {
  const query = new URLSearchParams([...filters, ...(since ? [['since', since]] : [])]).toString();
  const source = new EventSource(url + 'events' + (query && '?' + query));
  const tell = (name) => (message) => ears.tell({name, id: message.lastEventId, data: JSON.parse(message.data)});
  source.onopen = () => ears.open();
  source.onmessage = tell('event');
  for (const name of NAMED) source.addEventListener(name, tell(name));
  source.onerror = () => {
    source.close();
    ears.failed();
  };
  return () => source.close();
}

/**
 * WaitEvent in a loop, for browsers and servers without the stream, and for proxies that hold it back.
 * With ajam each loop has its own place; with Asterisk's own server a second loop on the session is sent
 * home empty-handed, which counts as a failure.
 * @param {{post: Post, filters: [string, string][], seconds: number}} surroundings  seconds: the longest wait
 * @param {string} since
 * @param {Ears} ears
 * @returns {() => void}
 */
export function openWaits({post, filters, seconds}, since, ears) {
  let closed = false;
  let opened = false;
  wait(since, 0);

  /** The first wait is for no time: it says at once that the way is open, and where `now` is. */
  async function wait(place, timeout) {
    const action = [['Action', 'WaitEvent'], ['Timeout', timeout], ['since', place], ...filters];
    const answer = await post(/** @type {any} */ (action), {timeout: (timeout + 30) * 1000}).catch(() => null);
    if (closed) return;
    if (!answer || answer.status !== 200 || !isComplete(answer.messages)) return fail();
    if (!opened) ears.open();
    opened = true;
    const next = fields(answer.messages.at(-1) ?? {}).since ?? '';
    tellAll(answer.messages.slice(1, -1), next);
    if (!closed) wait(next, seconds);
  }

  /** Only the last event knows its place; where there is none, the place is told by itself. */
  function tellAll(events, next) {
    if (!events.length) ears.tell({name: 'place', id: next});
    events.forEach((data, at) => {
      if (!closed) ears.tell({name: 'event', id: at === events.length - 1 ? next : '', data});
    });
  }

  function fail() {
    closed = true;
    ears.failed();
  }

  return () => {
    closed = true;
  };
}

function isComplete(messages) {
  return messages.length > 1 && !refusal(messages) && !isDenied(messages);
}
