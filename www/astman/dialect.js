/**
 * What the versions of Asterisk call the same thing, 1.4 to 23: tables of names, and the reader of them.
 *
 * @typedef {import('./messages.js').Fields} Fields
 *
 * A Name is [the name in our rows, the reader of the value, the names that versions use, newest first].
 * @typedef {[string, (value: string) => any, ...string[]]} Name
 */

/** Text; what Asterisk does not know is ''. */
export const text = (value) => (value === '<unknown>' || value === '(null)' ? '' : value);

/** A number; 0 for what is none. */
export const number = (value) => Number(value) || 0;

/** True for 1, yes, on and true. */
export const flag = (value) => /^(1|yes|on|true)$/i.test(value);

/**
 * The fields of an event that a table names, under our names; what the event does not have is left out,
 * so that it changes nothing in a row.
 * @param {Fields} event
 * @param {Name[]} names
 * @param {string} [prefix]  of a second channel in the event: 'dest', 'parkee'
 * @returns {Object<string, any>}
 */
export function pick(event, names, prefix = '') {
  /** @type {Object<string, any>} */
  const found = {};
  for (const [name, read, ...aliases] of names) {
    for (const alias of aliases) {
      const value = event[prefix + alias];
      if (value === undefined) continue;
      found[name] = read(value);
      break;
    }
  }
  return found;
}

/** @type {Name[]} */
export const CALLER = [
  ['callerIDNum', text, 'calleridnum', 'callerid'],
  ['callerIDName', text, 'calleridname'],
];

/** @type {Name[]} */
export const CHANNEL = [
  ['channel', text, 'channel'],
  ['uniqueid', text, 'uniqueid'],
  ['linkedid', text, 'linkedid'],
  ['state', text, 'channelstatedesc', 'state'],
  ...CALLER,
  ['connectedLineNum', text, 'connectedlinenum'],
  ['connectedLineName', text, 'connectedlinename'],
  ['accountCode', text, 'accountcode', 'account'],
  ['context', text, 'context'],
  ['exten', text, 'exten', 'extension'],
  ['priority', text, 'priority'],
  ['application', text, 'application'],
  ['data', text, 'applicationdata', 'appdata', 'data'],
];

// A device's state, by the letters of its name in whatever case and spelling: DeviceStateChange has
// NOT_INUSE, PJSIPShowEndpoints "Not in use".
const DEVICE_STATES = {
  notinuse: 'NOT_INUSE', inuse: 'INUSE', busy: 'BUSY', invalid: 'INVALID', unavailable: 'UNAVAILABLE',
  ringing: 'RINGING', ringinuse: 'RINGINUSE', onhold: 'ONHOLD',
};

/** A device's state as DeviceStateChange writes it; UNKNOWN for any other word. */
export const deviceState = (value) => DEVICE_STATES[value.toLowerCase().replace(/[^a-z]/g, '')] ?? 'UNKNOWN';

const MEMBER_STATES = [
  'UNKNOWN', 'NOT_INUSE', 'INUSE', 'BUSY', 'INVALID', 'UNAVAILABLE', 'RINGING', 'RINGINUSE', 'ONHOLD',
];

/** The device state of a queue member, which comes as a number. */
export const memberState = (value) => MEMBER_STATES[value] ?? 'UNKNOWN';

const HINT_STATES = {
  0: 'NOT_INUSE', 1: 'INUSE', 2: 'BUSY', 4: 'UNAVAILABLE', 8: 'RINGING', 9: 'RINGINUSE', 16: 'ONHOLD', 17: 'ONHOLD',
};

/** The device state of a hint, which comes as a sum of bits. */
export const hintState = (value) => HINT_STATES[value] ?? 'UNKNOWN';

/**
 * Epoch milliseconds of what is so many seconds old, or of what has so many seconds left; null where the
 * PBX does not say.
 * @param {number} now  epoch milliseconds
 * @param {string | undefined} seconds  a number, or HH:MM:SS
 * @param {1 | -1} [direction]  -1 past, 1 future
 * @returns {number | null}
 */
export function moment(now, seconds, direction = -1) {
  if (!seconds) return null;
  let total = 0;
  for (const part of seconds.split(':')) total = total * 60 + number(part);
  return now + direction * total * 1000;
}
