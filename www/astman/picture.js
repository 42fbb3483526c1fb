/**
 * The picture of a PBX: what is on it, kept true by its events.
 *
 *     let picture = EMPTY;
 *     picture = readAnswer(picture, {Action: 'Status'}, answer, Date.now());   // what there is (answers.js)
 *     picture = applyEvent(picture, event, Date.now());                        // what has changed
 *
 * A picture is never changed: a new one shares with the old one every table, and every row, in which
 * nothing happened, so `before.channels !== after.channels` and `before.get(key) !== after.get(key)` say
 * what a page must draw again. That costs a copy of a table for each event in it. Measured on one core of
 * 2020: 0.06 ms for 1,000 channels, 0.3 % of the core at 50 events a second. A list of events is applied
 * with one copy of each table, however many they are, so an answer of 1,000 channels is one copy, too.
 *
 * A row has a `key`, its key in the table. Times are epoch milliseconds, null where the PBX did not say.
 *
 * @typedef {import('./messages.js').Message} Message
 * @typedef {import('./messages.js').Fields} Fields
 * @typedef {import('./calls.js').Channel} Channel
 * @typedef {import('./calls.js').Bridge} Bridge
 * @typedef {import('./queues.js').Queue} Queue
 * @typedef {import('./queues.js').Member} Member
 * @typedef {import('./queues.js').Caller} Caller
 * @typedef {import('./parking.js').Parked} Parked
 * @typedef {import('./conferences.js').Room} Room
 * @typedef {import('./conferences.js').Participant} Participant
 * @typedef {import('./devices.js').Device} Device
 * @typedef {import('./devices.js').Peer} Peer
 * @typedef {import('./devices.js').Contact} Contact
 * @typedef {import('./devices.js').Registration} Registration
 * @typedef {import('./devices.js').Hint} Hint
 *
 * @typedef {object} Picture
 * @property {ReadonlyMap<string, Channel>} channels  by Uniqueid
 * @property {ReadonlyMap<string, Bridge>} bridges  by BridgeUniqueid; of Link and Unlink "A & B"
 * @property {ReadonlyMap<string, Queue>} queues  by name
 * @property {ReadonlyMap<string, Member>} members  of queues, by "queue\ninterface"
 * @property {ReadonlyMap<string, Caller>} callers  who wait in queues, by "queue\nchannel's key"
 * @property {ReadonlyMap<string, Parked>} parked  by "space@lot"
 * @property {ReadonlyMap<string, Room>} rooms  conferences, by name
 * @property {ReadonlyMap<string, Participant>} participants  by "room\nchannel's key"
 * @property {ReadonlyMap<string, Device>} devices  by name
 * @property {ReadonlyMap<string, Peer>} peers  by "SIP/name"
 * @property {ReadonlyMap<string, Contact>} contacts  of PJSIP, by "endpoint\nURI"
 * @property {ReadonlyMap<string, Registration>} registrations  of ours elsewhere, by "user@domain"
 * @property {ReadonlyMap<string, Hint>} hints  by "extension@context"
 */

import {fields} from './messages.js';
import {CALLS} from './calls.js';
import {QUEUES} from './queues.js';
import {PARKING} from './parking.js';
import {CONFERENCES} from './conferences.js';
import {DEVICES} from './devices.js';

const TABLES = [
  'channels', 'bridges', 'queues', 'members', 'callers', 'parked', 'rooms', 'participants',
  'devices', 'peers', 'contacts', 'registrations', 'hints',
];

/** What an event does to a draft, by the event's lower-case name. Events that are not here change nothing. */
const HANDLERS = new Map(Object.entries({...CALLS, ...QUEUES, ...PARKING, ...CONFERENCES, ...DEVICES}));

/**
 * A picture of nothing.
 * @type {Picture}
 */
export const EMPTY = /** @type {any} */ (Object.freeze(Object.fromEntries(TABLES.map((name) => [name, new Map()]))));

/**
 * The picture after one event; the same object when the event changes nothing in it.
 * @param {Picture} picture
 * @param {Message} event
 * @param {number} now  epoch milliseconds
 * @returns {Picture}
 */
export function applyEvent(picture, event, now) {
  return applyEvents(picture, [event], now);
}

/**
 * The picture after events, in their order.
 * @param {Picture} picture
 * @param {Message[]} events
 * @param {number} now  epoch milliseconds
 * @returns {Picture}
 */
export function applyEvents(picture, events, now) {
  const draft = new Draft(picture);
  applyTo(draft, events, now);
  return draft.done();
}

/**
 * Applies events to a draft.
 * @param {Draft} draft
 * @param {Message[]} events
 * @param {number} now  epoch milliseconds
 */
export function applyTo(draft, events, now) {
  for (const message of events) {
    const event = fields(message);
    HANDLERS.get((event.event ?? '').toLowerCase())?.(draft, event, now);
  }
}

/** A picture in the making: copies a table when it is first changed, and leaves the picture alone. */
export class Draft {
  #before;
  #tables;
  #touched = new Set();

  /** @param {Picture} picture */
  constructor(picture) {
    this.#before = /** @type {any} */ (picture);
    this.#tables = /** @type {any} */ ({...picture});
  }

  /** @param {string} table  @param {string} key  @returns {any} a row; undefined when there is none */
  get(table, key) {
    return this.#tables[table].get(key);
  }

  /** @param {string} table  @returns {Iterable<any>} */
  rows(table) {
    return this.#tables[table].values();
  }

  /** Changes a row, and makes it if need be. @param {string} table  @param {string} key  @param {object} changes */
  put(table, key, changes) {
    this.#touched.add(`${table} ${key}`);
    if (this.get(table, key)) this.update(table, key, changes);
    else this.#own(table).set(key, {...changes, key});
  }

  /** Changes a row if there is one. @param {string} table  @param {string} key  @param {object} changes */
  update(table, key, changes) {
    const row = this.get(table, key);
    if (row && differs(row, changes)) this.#own(table).set(key, {...row, ...changes});
  }

  /** @param {string} table  @param {string} key */
  drop(table, key) {
    if (this.get(table, key)) this.#own(table).delete(key);
  }

  /** @param {string} table  @param {(row: any) => boolean} gone */
  dropWhere(table, gone) {
    for (const row of [...this.rows(table)]) if (gone(row)) this.drop(table, row.key);
  }

  /** True for a row that put() was called for. @param {string} table  @param {string} key */
  touched(table, key) {
    return this.#touched.has(`${table} ${key}`);
  }

  /** @returns {Picture} the one it was made of when nothing has changed */
  done() {
    const same = TABLES.every((table) => this.#tables[table] === this.#before[table]);
    return same ? this.#before : Object.freeze(this.#tables);
  }

  #own(table) {
    if (this.#tables[table] === this.#before[table]) this.#tables[table] = new Map(this.#before[table]);
    return this.#tables[table];
  }
}

function differs(row, changes) {
  for (const name in changes) if (row[name] !== changes[name]) return true;
  return false;
}
