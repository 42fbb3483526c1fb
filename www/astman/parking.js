/**
 * Parked calls. What 12 and later say of the parkee with a prefix (ParkeeChannel, ParkingSpace), the
 * versions before say without (Channel, Exten).
 *
 * @typedef {import('./picture.js').Draft} Draft
 * @typedef {import('./messages.js').Fields} Fields
 *
 * @typedef {object} Parked
 * @property {string} key
 * @property {string} space  the extension to dial for it
 * @property {string} lot
 * @property {string} channel
 * @property {string} callerIDNum
 * @property {string} callerIDName
 * @property {string} parker  who parked it: a channel or a dial string
 * @property {number | null} since
 * @property {number | null} until  when it is sent back
 */

import {moment, pick, text} from './dialect.js';

const DEFAULT_LOT = 'default'; // versions with a single lot do not name it

/** @type {import('./dialect.js').Name[]} */
const PARKED = [
  ['space', text, 'parkingspace', 'exten'],
  ['lot', text, 'parkinglot'],
  ['channel', text, 'parkeechannel', 'channel'],
  ['callerIDNum', text, 'parkeecalleridnum', 'calleridnum', 'callerid'],
  ['callerIDName', text, 'parkeecalleridname', 'calleridname'],
  ['parker', text, 'parkerdialstring', 'from'],
];

function place({space = '', lot}) {
  return `${space}@${lot}`;
}

function park(draft, event, now) {
  const blank = {lot: DEFAULT_LOT, callerIDNum: '', callerIDName: '', parker: ''};
  const parked = /** @type {Parked} */ ({...blank, ...pick(event, PARKED)});
  const known = draft.get('parked', place(parked));
  draft.put('parked', place(parked), {
    ...parked,
    since: known?.channel === parked.channel ? known.since : moment(now, event.parkingduration || '0'),
    until: moment(now, event.parkingtimeout ?? event.timeout, 1),
  });
}

function unpark(draft, event) {
  const {space, lot} = pick(event, PARKED);
  // Some versions name the lot when they park and not when they fetch.
  draft.dropWhere('parked', (row) => row.space === space && (!lot || row.lot === lot));
}

/** @type {Object<string, (draft: Draft, event: Fields, now: number) => void>} */
export const PARKING = {
  parkedcall: park,
  parkedcallswap: park,
  unparkedcall: unpark,
  parkedcalltimeout: unpark,
  parkedcallgiveup: unpark,
};
