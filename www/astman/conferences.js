/**
 * Conference rooms and who is in them: ConfBridge (10 and later) and MeetMe (1.4 to 20).
 *
 * @typedef {import('./picture.js').Draft} Draft
 * @typedef {import('./messages.js').Fields} Fields
 *
 * @typedef {object} Room
 * @property {string} key
 * @property {string} conference  its name
 * @property {string} type  confbridge or meetme
 * @property {boolean} locked  no event tells it: as of the last list
 *
 * @typedef {object} Participant
 * @property {string} key
 * @property {string} conference
 * @property {string} channel
 * @property {string} usernum  by which MeetMe's actions know it
 * @property {string} callerIDNum
 * @property {string} callerIDName
 * @property {boolean} admin
 * @property {boolean} muted
 * @property {boolean} talking
 * @property {number | null} since
 */

import {channelKey} from './calls.js';
import {CALLER, flag, moment, pick, text} from './dialect.js';

/** @type {import('./dialect.js').Name[]} */
const PARTICIPANT = [
  ['channel', text, 'channel'],
  ['usernum', text, 'usernum', 'usernumber'],
  ...CALLER,
  ['admin', flag, 'admin'],
  ['muted', flag, 'muted'],
];

const BLANK = {
  channel: '', usernum: '', callerIDNum: '', callerIDName: '', admin: false, muted: false, talking: false, since: null,
};

function nameOf(event) {
  return event.conference ?? event.meetme;
}

function putRoom(draft, event, type) {
  const known = draft.get('rooms', nameOf(event));
  const locked = event.locked === undefined ? known?.locked ?? false : flag(event.locked);
  draft.put('rooms', nameOf(event), {conference: nameOf(event), type, locked});
}

function participantKey(draft, event) {
  return `${nameOf(event)}\n${channelKey(draft, event.uniqueid, event.channel)}`;
}

function putParticipant(draft, event, more) {
  const key = participantKey(draft, event);
  const blank = draft.get('participants', key) ? {} : {...BLANK, conference: nameOf(event)};
  draft.put('participants', key, {...blank, ...pick(event, PARTICIPANT), ...more});
}

function update(draft, event, changes) {
  draft.update('participants', participantKey(draft, event), changes);
}

function end(draft, event) {
  draft.drop('rooms', nameOf(event));
  draft.dropWhere('participants', (row) => row.conference === nameOf(event));
}

const joined = (type) => (draft, event, now) => {
  if (!draft.get('rooms', nameOf(event))) putRoom(draft, event, type);
  putParticipant(draft, event, {since: now});
};

const listed = (type) => (draft, event, now) => {
  if (!draft.get('rooms', nameOf(event))) putRoom(draft, event, type);
  const known = draft.get('participants', participantKey(draft, event))?.since;
  putParticipant(draft, event, {since: known ?? moment(now, event.answeredtime), talking: flag(event.talking ?? '')});
};

const left = (draft, event) => draft.drop('participants', participantKey(draft, event));
const talked = (draft, event) => update(draft, event, {talking: flag(event.talkingstatus ?? event.status ?? '')});

/** @type {Object<string, (draft: Draft, event: Fields, now: number) => void>} */
export const CONFERENCES = {
  confbridgestart: (draft, event) => putRoom(draft, event, 'confbridge'),
  confbridgelistrooms: (draft, event) => putRoom(draft, event, 'confbridge'),
  confbridgeend: end,
  confbridgejoin: joined('confbridge'),
  confbridgelist: listed('confbridge'),
  confbridgeleave: left,
  confbridgemute: (draft, event) => update(draft, event, {muted: true}),
  confbridgeunmute: (draft, event) => update(draft, event, {muted: false}),
  confbridgetalking: talked,
  meetmelistrooms: (draft, event) => putRoom(draft, event, 'meetme'),
  meetmeend: end,
  meetmejoin: joined('meetme'),
  meetmelist: listed('meetme'),
  meetmeleave: left,
  meetmemute: (draft, event) => update(draft, event, {muted: flag(event.status ?? '')}),
  meetmetalking: talked,
};
