/**
 * Devices, peers, contacts, hints, and our own registrations elsewhere.
 *
 * @typedef {import('./picture.js').Draft} Draft
 * @typedef {import('./messages.js').Fields} Fields
 *
 * @typedef {object} Device  12 and later
 * @property {string} key
 * @property {string} device  PJSIP/100, Queue:support_avail ...
 * @property {string} state  NOT_INUSE, INUSE, BUSY, INVALID, UNAVAILABLE, RINGING, RINGINUSE, ONHOLD, UNKNOWN
 *
 * @typedef {object} Peer  of SIP and IAX, and endpoints of PJSIP
 * @property {string} key
 * @property {string} peer  SIP/100
 * @property {string} technology  SIP, IAX2, PJSIP
 * @property {string} status  Registered, Reachable, Unreachable ...; what a list says in other words stays as it is
 * @property {string} address  host:port, '' where it has none
 *
 * @typedef {object} Contact
 * @property {string} key
 * @property {string} endpoint
 * @property {string} uri
 * @property {string} status  Reachable, Unreachable, NonQualified ...
 * @property {number} roundtrip  microseconds; 0 not known
 *
 * @typedef {object} Registration
 * @property {string} key
 * @property {string} technology  '' where the PBX does not say
 * @property {string} username
 * @property {string} domain
 * @property {string} status  Registered, Rejected ...
 * @property {string} cause
 *
 * @typedef {object} Hint
 * @property {string} key
 * @property {string} exten
 * @property {string} context
 * @property {string} hint  the devices
 * @property {string} state  as of a device
 */

import {deviceState, hintState, number, pick, text} from './dialect.js';

const TECHNOLOGIES = {IAX: 'IAX2', PJSIP: 'PJSIP', SIP: 'SIP', IAX2: 'IAX2'}; // lists and events differ
/** @type {[RegExp, string][]} */
const PEER_STATUS = [[/^OK\b/i, 'Reachable'], [/^UNREACHABLE/i, 'Unreachable'], [/^LAGGED/i, 'Lagged']];
const NO_ADDRESS = /^(\(null\)|-none-|Unspecified|0\.0\.0\.0)?$/i;

const technology = (value) => TECHNOLOGIES[value.toUpperCase()] ?? value;
const peerStatus = (value) => PEER_STATUS.find(([pattern]) => pattern.test(value))?.[1] ?? value;

/** @type {import('./dialect.js').Name[]} */
const REGISTRATION = [
  ['technology', technology, 'channeltype', 'channel'],
  ['username', text, 'clienturi', 'username'],
  ['domain', text, 'serveruri', 'domain', 'host'],
  ['status', text, 'status', 'state'],
  ['cause', text, 'cause'],
];

/** @type {import('./dialect.js').Name[]} */
const CONTACT = [
  ['endpoint', text, 'endpointname', 'endpoint'],
  ['uri', text, 'uri'],
  ['status', text, 'contactstatus', 'status'],
  ['roundtrip', number, 'roundtripusec'],
];

function putDevice(draft, device, state) {
  draft.put('devices', device, {device, state: deviceState(state)});
}

function peerEvent(draft, event) {
  const known = draft.get('peers', event.peer);
  const address = event.address ? [event.address, event.port].filter(Boolean).join(':') : known?.address ?? '';
  putPeer(draft, event.peer, peerStatus(event.peerstatus ?? ''), address);
}

/** A peer in the answer to SIPpeers, IAXpeers or IAXpeerlist. */
function peerEntry(draft, event) {
  const port = event.ipport ?? event.port;
  const address = NO_ADDRESS.test(event.ipaddress ?? '') ? '' : `${event.ipaddress}:${port}`;
  putPeer(draft, `${technology(event.channeltype)}/${event.objectname}`, peerStatus(event.status ?? ''), address);
}

function putPeer(draft, peer, status, address) {
  draft.put('peers', peer, {peer, technology: technology(peer.split('/')[0]), status, address});
}

function endpoint(draft, event) {
  const peer = `PJSIP/${event.objectname}`;
  putDevice(draft, peer, event.devicestate ?? '');
  putPeer(draft, peer, draft.get('peers', peer)?.status ?? '', '');
}

function contact(draft, event) {
  const row = /** @type {Contact} */ ({roundtrip: 0, ...pick(event, CONTACT)});
  const key = `${row.endpoint}\n${row.uri}`;
  if (/^removed$/i.test(row.status)) draft.drop('contacts', key);
  else draft.put('contacts', key, row);
}

function registration(draft, event) {
  const found = pick(event, REGISTRATION);
  const {username = '', domain = ''} = found;
  // 1.4's event has no Username; its list has.
  const same = (row) => row.domain === domain && (row.username === username || !username);
  const key = [...draft.rows('registrations')].find(same)?.key ?? `${username}@${domain}`;
  const blank = draft.get('registrations', key) ? {} : {technology: '', username, domain, status: ''};
  draft.put('registrations', key, {...blank, cause: '', ...found});
}

function hint(draft, event) {
  const key = `${event.exten}@${event.context}`;
  if (Number(event.status) < 0) return draft.drop('hints', key); // the hint is gone
  const known = draft.get('hints', key);
  draft.put('hints', key, {
    exten: event.exten, context: event.context, hint: event.hint ?? known?.hint ?? '', state: hintState(event.status),
  });
}

/** @type {Object<string, (draft: Draft, event: Fields, now: number) => void>} */
export const DEVICES = {
  devicestatechange: (draft, event) => putDevice(draft, event.device, event.state ?? ''),
  endpointlist: endpoint,
  peerstatus: peerEvent,
  peerentry: peerEntry,
  contactstatus: contact,
  contactlist: contact,
  registry: registration,
  registryentry: registration,
  outboundregistrationdetail: registration,
  extensionstatus: hint,
};
