/**
 * Keeps a picture true: reads the lists, applies the events, and fits the two together.
 *
 * @typedef {import('./picture.js').Picture} Picture
 * @typedef {import('./messages.js').Message} Message
 * @typedef {import('./manager.js').Post} Post
 *
 * @typedef {object} Read  how the last attempt to read a list went
 * @property {string} refusal  why it was refused, in the manager's words; '' when it was not
 * @property {number} at  epoch milliseconds
 */

import {listRefusal, readAnswer} from './answers.js';
import {applyEvent, applyEvents, EMPTY} from './picture.js';

/** What a picture is made of. In a line the second is asked where the first is refused. */
const ACTIONS = [
  ['Status', 'CoreShowChannels'],
  ['BridgeList'],
  ['QueueStatus'],
  ['ParkedCalls'],
  ['ConfbridgeListRooms'],
  ['MeetmeList'],
  ['DeviceStateList'],
  ['ExtensionStateList'],
  ['PJSIPShowEndpoints'],
  ['PJSIPShowContacts'],
  ['PJSIPShowRegistrationsOutbound'],
  ['SIPpeers'],
  ['SIPshowregistry'],
  ['IAXpeerlist'],
  ['IAXregistry'],
];

/** A picture, empty at first, and what keeps it true. */
export class Reader {
  #around;
  #changed;
  #picture = EMPTY;
  #reads = new Map();
  #journals = new Set(); // of events that came while a list is on its way: the list does not know them
  #generation = 0; // of the session: a list that was asked for in an older one is not for this picture
  #running = null;
  #again = false;

  /**
   * @param {{post: Post, now: () => number}} surroundings
   * @param {(picture: Picture, before: Picture) => void} changed
   */
  constructor(surroundings, changed) {
    this.#around = surroundings;
    this.#changed = changed;
  }

  /** @returns {Picture} */
  get picture() {
    return this.#picture;
  }

  /** @returns {ReadonlyMap<string, Read>} by action */
  get reads() {
    return this.#reads;
  }

  /** @param {Message} event */
  apply(event) {
    for (const journal of this.#journals) journal.push(event);
    this.#become(applyEvent(this.#picture, event, this.#around.now()));
  }

  /** Forgets all, and what is still on its way. */
  reset() {
    this.#generation += 1;
    this.#reads = new Map();
    this.#become(EMPTY);
  }

  /**
   * Reads all lists. When it is asked for while it runs, it runs once more.
   * @returns {Promise<void>} rejects with AstmanError when the server does not answer
   */
  refresh() {
    this.#again = Boolean(this.#running);
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #run() {
    do {
      this.#again = false;
      await this.#readAll();
    } while (this.#again);
  }

  async #readAll() {
    for (const [first, second] of ACTIONS) {
      if (!await this.#read({Action: first}) && second) await this.#read({Action: second});
    }
    for (const room of this.#picture.rooms.values()) {
      if (room.type === 'confbridge') await this.#read({Action: 'ConfbridgeList', Conference: room.conference});
    }
  }

  /** True unless the list was refused. */
  async #read(action) {
    const generation = this.#generation;
    const journal = [];
    this.#journals.add(journal);
    try {
      const {status, messages} = await this.#around.post(action);
      return generation !== this.#generation || this.#merge(action, status, messages, journal);
    } finally {
      this.#journals.delete(journal);
    }
  }

  #merge(action, status, messages, journal) {
    const now = this.#around.now();
    const why = listRefusal(messages);
    this.#reads.set(action.Action, {refusal: why, at: now});
    if (status === 200) this.#become(applyEvents(readAnswer(this.#picture, action, messages, now), journal, now));
    return !why;
  }

  #become(picture) {
    const before = this.#picture;
    this.#picture = picture;
    if (picture !== before) this.#changed(picture, before);
  }
}
