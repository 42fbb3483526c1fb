/**
 * Lists the PBX gives when asked, merged into a picture: what is in the list is put in, and what was in the
 * picture and is not in the list goes out.
 *
 * A list is as old as the moment at which it was made. Events that arrive while it is on its way are lost if
 * the list is merged behind them, so apply them once more behind it (client.js does): an event that the list
 * already knows changes nothing, or what a later event puts right.
 *
 * @typedef {import('./messages.js').Message} Message
 * @typedef {import('./messages.js').Fields} Fields
 * @typedef {import('./picture.js').Picture} Picture
 */

import {fields, refusal} from './messages.js';
import {applyTo, Draft} from './picture.js';

// Errors that mean an empty list: "No active conferences.", "No Contacts found".
const EMPTY_LIST = /^No\b.*\b(active|found)\b/i;

const all = () => true;
const of = (name, value) => (row) => row[name] === value;
const asked = (name) => (row, action) => action[name] === undefined || row[name] === action[name];

/**
 * The lists, by the action that asks for them.
 *
 * tables  whether a row of a table must be in the list
 * parts   parameters with which the list has but some of the rows, so that nothing can be said to be gone
 * adds    what the list's events do not say of themselves
 * after   what else goes out when rows have gone
 */
const LISTS = new Map(Object.entries({
  status: {tables: {channels: all}, parts: ['channel'], after: dropEmptyLinks},
  coreshowchannels: {tables: {channels: all}, after: dropEmptyLinks},
  bridgelist: {tables: {bridges: (row) => row.type !== 'link'}, parts: ['bridgetype']},
  queuestatus: {tables: {queues: asked('queue'), members: asked('queue'), callers: asked('queue')}, parts: ['member']},
  parkedcalls: {tables: {parked: all}, parts: ['parkinglot']},
  confbridgelistrooms: {tables: {rooms: of('type', 'confbridge')}, after: dropRoomless},
  confbridgelist: {tables: {participants: asked('conference')}},
  meetmelistrooms: {tables: {rooms: of('type', 'meetme')}, after: dropRoomless},
  meetmelist: {tables: {participants: asked('conference')}},
  devicestatelist: {tables: {}}, // those of Local channels, of which events tell, are not in it
  extensionstatelist: {tables: {hints: all}},
  sippeers: {tables: {peers: of('technology', 'SIP')}},
  iaxpeers: {tables: {peers: of('technology', 'IAX2')}},
  iaxpeerlist: {tables: {peers: of('technology', 'IAX2')}},
  pjsipshowendpoints: {tables: {peers: of('technology', 'PJSIP')}},
  pjsipshowcontacts: {tables: {contacts: all}},
  sipshowregistry: {tables: {registrations: of('technology', 'SIP')}, adds: {ChannelType: 'SIP'}},
  iaxregistry: {tables: {registrations: of('technology', 'IAX2')}, adds: {ChannelType: 'IAX2'}},
  pjsipshowregistrationsoutbound: {
    tables: {registrations: of('technology', 'PJSIP')}, adds: {ChannelType: 'PJSIP'},
  },
}));

/**
 * The picture after the answer to an action that lists things; the same picture when the action was refused,
 * its answer is not whole, or it is none of the lists that are known here.
 * @param {Picture} picture
 * @param {Object<string, string | string[]>} action  as it was sent: {Action: 'QueueStatus', Queue: 'support'}
 * @param {Message[]} answer
 * @param {number} now  epoch milliseconds
 * @returns {Picture}
 */
export function readAnswer(picture, action, answer, now) {
  const sent = fields(action);
  const list = LISTS.get((sent.action ?? '').toLowerCase());
  if (!list || !isWhole(answer)) return picture;
  const draft = new Draft(picture);
  applyTo(draft, list.adds ? answer.map((message) => ({...message, ...list.adds})) : answer, now);
  if (!list.parts?.some((part) => sent[part])) dropMissing(draft, list, sent);
  return draft.done();
}

/**
 * Why a list was refused; '' also for the errors with which the PBX says that there is nothing to list.
 * @param {Message[]} answer
 * @returns {string}
 */
export function listRefusal(answer) {
  const why = refusal(answer);
  return EMPTY_LIST.test(why) ? '' : why;
}

function isWhole(answer) {
  if (refusal(answer)) return !listRefusal(answer);
  return /complete$/i.test(fields(answer.at(-1) ?? {}).event ?? '');
}

function dropMissing(draft, list, sent) {
  for (const [table, belongs] of Object.entries(list.tables)) {
    draft.dropWhere(table, (row) => belongs(row, sent) && !draft.touched(table, row.key));
  }
  list.after?.(draft);
}

function dropEmptyLinks(draft) {
  const used = new Set([...draft.rows('channels')].map((row) => row.bridge));
  draft.dropWhere('bridges', (row) => row.type === 'link' && !used.has(row.key));
}

function dropRoomless(draft) {
  draft.dropWhere('participants', (row) => !draft.get('rooms', row.conference));
}
