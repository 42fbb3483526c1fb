/**
 * Parked calls, and picking one up.
 */

import {call} from './calls.js';
import {ask, confirm, offerPlaces, ownPhone, rememberPhone} from './dialogs.js';
import {callerOf} from './words.js';

const aboutRow = (row) => `${callerOf(row)}, parked on ${row.space}`;

/** What ParkedCall wants: from 12 on, when bridges came, the lot first. */
const placeOf = ({space, lot}, desk) => (desk.may('BridgeList') ? `${lot},${space}` : `${space},${lot}`);

/** The user's phone rings, and has the call when he answers. */
async function pickUp(row, desk) {
  offerPlaces(desk.astman.picture);
  const answer = await ask('pickup', {says: {about: aboutRow(row)}, values: {phone: ownPhone()}});
  if (!answer) return;
  rememberPhone(answer.phone);
  call(desk, `Pick up ${row.space} with ${answer.phone}`,
    {Channel: answer.phone, Application: 'ParkedCall', Data: placeOf(row, desk), CallerID: row.space});
}

async function hangUp(row, desk) {
  if (!await confirm('Hang up?', aboutRow(row), 'Hang up')) return;
  desk.perform(`Hang up ${row.channel}`, {Action: 'Hangup', Channel: row.channel});
}

const byPlace = (one, other) => one.lot.localeCompare(other.lot) || Number(one.space) - Number(other.space);

/** @type {import('./part.js').Spec} */
export const PARKED = {
  name: 'parked',
  title: 'Parked',
  reads: [['ParkedCalls']],
  count: ({astman}) => astman.picture.parked.size,
  tools: [],
  lists: [{
    name: 'spaces',
    caption: 'Parked calls',
    empty: 'No call is parked.',
    groups: ({astman}) => [{key: '', rows: [...astman.picture.parked.values()].sort(byPlace)}],
    about: aboutRow,
    columns: [
      {name: 'space', label: 'Space', head: true, text: ({space}) => space, rank: ({space}) => Number(space)},
      {name: 'lot', label: 'Lot', text: ({lot}) => lot},
      {name: 'caller', label: 'Caller', text: callerOf},
      {name: 'channel', label: 'Channel', text: ({channel}) => channel},
      {name: 'parker', label: 'Parked by', text: ({parker}) => parker},
      {name: 'since', label: 'Time', at: ({since}) => since},
      {name: 'until', label: 'Goes back in', at: ({until}) => until},
    ],
    deeds: [
      {label: 'Pick up', key: 'u', needs: ['Originate'], run: pickUp},
      {label: 'Hang up', key: 'h', needs: ['Hangup'], run: hangUp},
    ],
  }],
};
