/**
 * The link to the server while somebody is logged in: events, pings, and what to do when it breaks.
 *
 *     stream opens -> "open"; events ...; breaks -> "lost"
 *        ^                                          |  wait: 1 s, doubling, 30 s at most, with jitter
 *        +------------- alive ----------- Ping <----+
 *                                          | \
 *                     denied -> "end"   <--+  `-- no answer, or the PBX is away: wait on
 *
 * A stream that fails twice although the session is alive is not for this browser (an old server, a proxy
 * that holds it back): then events come by WaitEvent.
 *
 * @typedef {import('./sources.js').Told} Told
 * @typedef {import('./manager.js').Post} Post
 */

import {ping} from './manager.js';
import {openStream, openWaits} from './sources.js';

const FIRST_DELAY = 1000; // ms
const LONGEST_DELAY = 30000; // ms
const STREAM_CHANCES = 2;

/**
 * How long to wait before the next attempt: doubled each time, and not the same in all browsers.
 * @param {number} attempt  0 for the first
 * @param {() => number} random
 * @returns {number} milliseconds
 */
export function backoff(attempt, random) {
  return Math.min(FIRST_DELAY * 2 ** attempt, LONGEST_DELAY) * (0.5 + random() / 2);
}

/** The link, from when it is made until stop(). */
export class Link {
  #around;
  #tell;
  #place;
  #chances; // that the stream still gets before events come by WaitEvent
  #attempt = 0;
  #away = false; // the PBX, when last asked
  #lastBeat;
  #running = true;
  #cancelRetry = null;
  #close = () => {};
  #stopBeats;

  /**
   * @param {object} surroundings
   * @param {string} surroundings.url
   * @param {Post} surroundings.post
   * @param {any} surroundings.EventSource
   * @param {[string, string][]} surroundings.filters
   * @param {number} surroundings.httptimeout  seconds that a session lives without a request
   * @param {(milliseconds: number, task: () => void) => () => void} surroundings.after
   * @param {(milliseconds: number, task: () => void) => () => void} surroundings.every
   * @param {() => number} surroundings.now
   * @param {() => number} surroundings.random
   * @param {string} since  the place behind which events are wanted; '' now
   * @param {(told: Told) => void} tell  besides what the server tells: open {fresh}, lost {reason}, beat
   */
  constructor(surroundings, since, tell) {
    this.#around = surroundings;
    this.#place = since;
    this.#tell = tell;
    this.#chances = surroundings.EventSource ? STREAM_CHANCES : 0;
    this.#lastBeat = surroundings.now();
    this.#stopBeats = surroundings.every(this.#period(), () => this.#beat());
    this.#open();
  }

  /** Ends it: nothing is told any more. */
  stop() {
    this.#running = false;
    this.#stopBeats();
    this.#cancelRetry?.();
    this.#close();
  }

  #period() {
    return this.#around.httptimeout * 1000 / 3;
  }

  #open() {
    const fresh = !this.#place;
    const ears = {
      open: () => this.#opened(fresh),
      tell: (told) => this.#heard(told),
      failed: () => this.#failed(),
    };
    const seconds = Math.max(1, Math.floor(this.#around.httptimeout / 3));
    const source = this.#chances ? openStream : openWaits;
    this.#close = source({...this.#around, seconds}, this.#place, ears);
  }

  #opened(fresh) {
    if (this.#chances) this.#chances = STREAM_CHANCES;
    this.#tell({name: 'open', data: {fresh}});
  }

  #heard(told) {
    this.#place = told.id || this.#place;
    this.#tell(told);
  }

  #failed() {
    if (this.#chances) this.#chances -= 1;
    this.#lose('The stream of events broke off.');
  }

  #lose(reason) {
    this.#close();
    if (!this.#running || this.#cancelRetry) return;
    this.#tell({name: 'lost', data: {reason}});
    this.#retry();
  }

  #retry() {
    const delay = backoff(this.#attempt++, this.#around.random);
    this.#cancelRetry = this.#around.after(delay, () => this.#check());
  }

  async #check() {
    const state = await ping(this.#around.post);
    if (!this.#running) return;
    if (state === 'denied') return this.#end();
    if (state === 'alive') return this.#reopen();
    this.#away = this.#away || state === 'away';
    if (this.#chances) this.#chances = STREAM_CHANCES; // no server, no verdict on its stream
    this.#retry();
  }

  /** Keeps the session's cookie alive, and finds a link that died without a sign. */
  async #beat() {
    const slept = this.#around.now() - this.#lastBeat > 4 * this.#period();
    this.#lastBeat = this.#around.now();
    if (this.#cancelRetry) return;
    const state = await ping(this.#around.post);
    if (!this.#running || this.#cancelRetry) return;
    if (state === 'denied') return this.#end();
    if (state === 'dead') return this.#lose('The server does not answer.');
    this.#attempt = 0; // not as soon as a stream opens: one that breaks off again and again is left alone longer
    this.#tell({name: 'beat'});
    if (slept) this.#reopen(); // a machine that slept has a stream that looks open and is not
  }

  #reopen() {
    this.#cancelRetry = null;
    this.#close();
    this.#open();
    if (this.#away) this.#tell({name: 'up', data: {}});
    this.#away = false;
  }

  #end() {
    this.#tell({name: 'end', data: {reason: 'The session has ended.'}});
  }
}
