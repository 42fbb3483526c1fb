/**
 * Channels, the bridges they meet in, and who rings whom.
 *
 *                      1.4            1.6 to 11              12 and later
 *     state            State          ChannelStateDesc       ChannelStateDesc
 *     two talk         Link, Unlink   Bridge with its state  BridgeCreate, Enter, Leave, Destroy
 *     one rings        Dial           Dial, Begin and End    DialBegin, DialState, DialEnd
 *
 * A Link is kept as a bridge of two, named after both. Only a Newchannel and a list make a channel's row; other
 * events change one that is there, for some come after the Hangup (seen on 16 and 22: NewCallerid).
 *
 * @typedef {import('./picture.js').Draft} Draft
 * @typedef {import('./messages.js').Fields} Fields
 *
 * @typedef {object} Channel  texts are '' where the PBX has said nothing
 * @property {string} key
 * @property {string} channel  its name, as actions want it
 * @property {string} uniqueid
 * @property {string} linkedid  the Uniqueid of the first channel of its call; 12 and later
 * @property {string} state  Down, Ring, Ringing, Up ...
 * @property {string} callerIDNum
 * @property {string} callerIDName
 * @property {string} connectedLineNum
 * @property {string} connectedLineName
 * @property {string} accountCode
 * @property {string} context
 * @property {string} exten
 * @property {string} priority
 * @property {string} application
 * @property {string} data  the application's
 * @property {string} bridge  the key of the bridge it is in
 * @property {string} dialedBy  the key of the channel that rings it
 * @property {boolean} held
 * @property {number | null} since  when it was made
 *
 * @typedef {object} Bridge  its channels: bridgeMembers() in views.js
 * @property {string} key
 * @property {string} type  basic, holding, parking ...; link for two that were linked
 * @property {string} technology
 * @property {string} creator  ConfBridge, Parking ...
 * @property {string} name
 */

import {CHANNEL, flag, moment, pick, text} from './dialect.js';

const BLANK_CHANNEL = {
  channel: '', uniqueid: '', linkedid: '', state: '', callerIDNum: '', callerIDName: '', connectedLineNum: '',
  connectedLineName: '', accountCode: '', context: '', exten: '', priority: '', application: '', data: '',
  bridge: '', dialedBy: '', held: false, since: null,
};
const BLANK_BRIDGE = {type: '', technology: '', creator: '', name: ''};

/** @type {import('./dialect.js').Name[]} */
const BRIDGE = [
  ['type', text, 'bridgetype'],
  ['technology', text, 'bridgetechnology'],
  ['creator', text, 'bridgecreator'],
  ['name', text, 'bridgename'],
];

/**
 * The key of a channel's row: its Uniqueid. Events without one (1.4's Join, ParkedCall ...) know the name only.
 * @param {Draft} draft
 * @param {string | undefined} uniqueid
 * @param {string | undefined} name
 * @returns {string}
 */
export function channelKey(draft, uniqueid, name = '') {
  if (uniqueid) return uniqueid;
  for (const row of draft.rows('channels')) if (row.channel === name) return row.key;
  return name;
}

function putChannel(draft, event, more) {
  const key = channelKey(draft, event.uniqueid, event.channel);
  if (!key) return;
  const blank = draft.get('channels', key) ? {} : BLANK_CHANNEL;
  draft.put('channels', key, {...blank, ...pick(event, CHANNEL), ...more});
}

function changeChannel(draft, event, more) {
  draft.update('channels', channelKey(draft, event.uniqueid, event.channel), {...pick(event, CHANNEL), ...more});
}

function updateChannel(draft, event) {
  changeChannel(draft, event, {});
}

function newChannel(draft, event, now) {
  putChannel(draft, event, {since: now});
}

function hangup(draft, event) {
  draft.drop('channels', channelKey(draft, event.uniqueid, event.channel));
}

function rename(draft, event) {
  const key = channelKey(draft, event.uniqueid, event.oldname ?? event.channel);
  draft.update('channels', key, {channel: event.newname});
}

/** A channel in the answer to Status or CoreShowChannels. */
function listed(draft, event, now) {
  const bridge = event.bridgeid || linkOf(event.channel, event.link || event.bridgedchannel);
  const known = draft.get('channels', event.uniqueid)?.since;
  putChannel(draft, event, {bridge, since: known ?? moment(now, event.seconds ?? event.duration)});
  if (bridge && !draft.get('bridges', bridge)) putBridge(draft, bridge, event);
}

/** The key of the bridge that two linked channels share; '' where there is no other. */
function linkOf(channel, other) {
  return other ? [channel, other].sort().join(' & ') : '';
}

function putBridge(draft, key, event) {
  const blank = draft.get('bridges', key) ? {} : BLANK_BRIDGE;
  const type = event.bridgeuniqueid || event.bridgeid ? {} : {type: 'link'};
  draft.put('bridges', key, {...blank, ...pick(event, BRIDGE), ...type});
}

function enter(draft, event) {
  putBridge(draft, event.bridgeuniqueid, event);
  changeChannel(draft, event, {bridge: event.bridgeuniqueid, dialedBy: ''});
}

function leave(draft, event) {
  const row = draft.get('channels', event.uniqueid);
  changeChannel(draft, event, row?.bridge === event.bridgeuniqueid ? {bridge: ''} : {});
}

function destroy(draft, event) {
  const gone = event.bridgeuniqueid;
  draft.drop('bridges', gone);
  for (const row of [...draft.rows('channels')]) {
    if (row.bridge === gone) draft.update('channels', row.key, {bridge: ''});
  }
}

function link(draft, event) {
  if (/^unlink$/i.test(event.bridgestate ?? '')) return unlink(draft, event);
  const bridge = linkOf(event.channel1, event.channel2);
  putBridge(draft, bridge, event);
  for (const key of linkedKeys(draft, event)) draft.update('channels', key, {bridge, dialedBy: ''});
}

function unlink(draft, event) {
  for (const key of linkedKeys(draft, event)) {
    draft.drop('bridges', draft.get('channels', key)?.bridge ?? '');
    draft.update('channels', key, {bridge: ''});
  }
}

function linkedKeys(draft, event) {
  return [channelKey(draft, event.uniqueid1, event.channel1), channelKey(draft, event.uniqueid2, event.channel2)];
}

/** 11 and before; 1.4 has no End, there the Link or the Hangup ends it. */
function dial(draft, event) {
  const caller = channelKey(draft, event.srcuniqueid ?? event.uniqueid, event.source ?? event.channel);
  if (/^end$/i.test(event.subevent ?? '')) {
    for (const row of [...draft.rows('channels')]) {
      if (row.dialedBy === caller) draft.update('channels', row.key, {dialedBy: ''});
    }
    return;
  }
  draft.update('channels', channelKey(draft, event.destuniqueid, event.destination), {dialedBy: caller});
}

function updateDialed(draft, event, more = {}) {
  draft.update('channels', event.destuniqueid, {...pick(event, CHANNEL, 'dest'), ...more});
}

/** @type {Object<string, (draft: Draft, event: Fields, now: number) => void>} */
export const CALLS = {
  newchannel: newChannel,
  newstate: updateChannel,
  newexten: updateChannel,
  newcallerid: updateChannel,
  newconnectedline: updateChannel,
  newaccountcode: updateChannel,
  hold: (draft, event) => changeChannel(draft, event, {held: flag(event.status ?? 'on')}),
  unhold: (draft, event) => changeChannel(draft, event, {held: false}),
  rename,
  hangup,
  status: listed,
  coreshowchannel: listed,
  bridgecreate: (draft, event) => putBridge(draft, event.bridgeuniqueid, event),
  bridgelistitem: (draft, event) => putBridge(draft, event.bridgeuniqueid, event),
  bridgeenter: enter,
  bridgeleave: leave,
  bridgedestroy: destroy,
  link,
  bridge: link,
  unlink,
  dial,
  dialbegin: (draft, event) => updateDialed(draft, event, {dialedBy: event.uniqueid ?? ''}),
  dialstate: (draft, event) => updateDialed(draft, event),
  dialend: (draft, event) => updateDialed(draft, event, {dialedBy: ''}),
};
