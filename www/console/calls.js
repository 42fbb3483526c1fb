/**
 * Live channels, grouped by call: who with whom, where, since when, and what can be done with them.
 *
 * @typedef {import('../astman/calls.js').Channel} Channel
 * @typedef {import('../astman/picture.js').Picture} Picture
 *
 * @typedef {object} Row
 * @property {string} key
 * @property {Channel} channel
 * @property {string} peer  who it is with, in words
 */

import {bridgeMembers, fields, groupCalls} from '../astman/index.js';
import {ask, confirm, likelyContext, offerPlaces, ownPhone, rememberPhone} from './dialogs.js';
import {gather} from './order.js';
import {applicationOf, callerOf, counted, originateReason, party, placeOf} from './words.js';

const STATE_TONES = {Up: 'good', Ringing: 'warn', Ring: 'warn', Dialing: 'warn', Busy: 'bad', Congestion: 'bad'};
const RING_SECONDS = 30;

/**
 * All calls, each a group of its channels, oldest first.
 * @param {Picture} picture
 * @returns {{key: string, rows: Row[]}[]}
 */
export function callGroups(picture) {
  const peerOf = createPeers(picture);
  return groupCalls(picture).map(({key, channels}) => ({
    key,
    rows: channels.map((channel) => ({key: channel.key, channel, peer: peerOf(channel)})),
  }));
}

/** A function that says whom a channel is with. Looks everything up once, for there may be a thousand. */
function createPeers(picture) {
  const channels = [...picture.channels.values()];
  const inBridge = gather(channels, (row) => row.bridge);
  const rungBy = gather(channels, (row) => row.dialedBy);
  const parked = new Map([...picture.parked.values()].map((row) => [row.channel, row]));
  const waiting = new Map([...picture.callers.values()].map((row) => [row.channel, row]));
  const seated = new Map([...picture.participants.values()].map((row) => [row.channel, row]));

  /** The first of these that knows something has the word. */
  const ways = [
    ({channel}) => parked.has(channel) && `parked on ${parked.get(channel).space}`,
    ({channel}) => seated.has(channel) && `in conference ${seated.get(channel).conference}`,
    ({key, bridge}) => bridge && others(inBridge.get(bridge), key),
    ({channel}) => waiting.has(channel) && `waits in ${waiting.get(channel).queue}`,
    ({key}) => rungBy.has(key) && `rings ${others(rungBy.get(key), key)}`,
    ({dialedBy}) => picture.channels.has(dialedBy) && `rung by ${callerOf(picture.channels.get(dialedBy))}`,
    ({connectedLineName, connectedLineNum}) => party(connectedLineName, connectedLineNum),
  ];

  return (channel) => {
    for (const way of ways) {
      const words = way(channel);
      if (words) return words;
    }
    return '';
  };
}

function others(channels = [], key) {
  const rest = channels.filter((row) => row.key !== key);
  return rest.length > 2 ? counted(rest.length, 'other') : rest.map(callerOf).join(', ');
}

/** The other one of two that talk; undefined where there are none or more. */
function partnerOf(picture, channel) {
  const rest = bridgeMembers(picture, channel.bridge).filter((row) => row.key !== channel.key);
  return rest.length === 1 ? rest[0] : undefined;
}

const aboutRow = ({channel, peer}) => `${channel.channel}, ${callerOf(channel)}${peer && `: ${peer}`}`;

async function hangUp(row, desk) {
  const {channel} = row.channel;
  if (!await confirm('Hang up?', aboutRow(row), 'Hang up')) return;
  desk.perform(`Hang up ${channel}`, {Action: 'Hangup', Channel: channel});
}

const transfer = (how) => async ({channel}, desk) => {
  const {picture} = desk.astman;
  const sides = [channel, partnerOf(picture, channel)].filter(Boolean);
  offerPlaces(picture);
  const answer = await ask('transfer', {
    offers: {mover: sides.map((side) => [side.channel, `${callerOf(side)} (${side.channel})`])},
    values: {how, context: channel.context || likelyContext(picture)},
  });
  if (answer) sendTransfer(answer, desk);
};

const TRANSFERS = {
  blind: ({mover, exten, context}, desk) => desk.perform(`Transfer ${mover} to ${exten}`,
    {Action: 'Redirect', Channel: mover, Context: context, Exten: exten, Priority: 1}),

  /** It is the other one who asks for it, as if he pressed the key for it on his phone. */
  attended({mover, exten, context}, desk) {
    const {picture} = desk.astman;
    const channel = [...picture.channels.values()].find((row) => row.channel === mover);
    const partner = channel && partnerOf(picture, channel);
    if (!partner) return desk.tell(`Transfer ${mover}: nobody talks to it who could hand it over.`, 'bad');
    desk.perform(`Attended transfer of ${mover} to ${exten}`,
      {Action: 'Atxfer', Channel: partner.channel, Context: context, Exten: exten});
  },
};

function sendTransfer(answer, desk) {
  TRANSFERS[answer.how](answer, desk);
}

/** Up to Asterisk 11 the second channel is asked for, from 12 on it is where the call goes back to. */
function park({channel}, desk) {
  const partner = partnerOf(desk.astman.picture, channel)?.channel;
  desk.perform(`Park ${channel.channel}`,
    {Action: 'Park', Channel: channel.channel, Channel2: partner, TimeoutChannel: partner});
}

/**
 * Asks for a new call and makes it. The PBX says at once that it will, and later what became of it.
 * @param {import('./desk.js').Desk} desk
 */
export async function originate(desk) {
  offerPlaces(desk.astman.picture);
  const answer = await ask('originate', {values: {phone: ownPhone(), context: likelyContext(desk.astman.picture)}});
  if (!answer) return;
  rememberPhone(answer.phone);
  call(desk, `Call from ${answer.phone} to ${answer.exten}`, {
    Channel: answer.phone, Exten: answer.exten, Context: answer.context, Priority: 1,
    CallerID: answer.callerid || undefined,
  });
}

/**
 * Originates, and tells what becomes of it when the phone has been answered, or not.
 * @param {import('./desk.js').Desk} desk
 * @param {string} what
 * @param {Object<string, any>} parameters
 */
export async function call(desk, what, parameters) {
  const id = `console-${crypto.getRandomValues(new Uint32Array(1))[0]}`;
  const outcome = responseTo(desk.astman, id);
  const sent = {Action: 'Originate', ActionID: id, Async: 'true', Timeout: RING_SECONDS * 1000, ...parameters};
  if (!await desk.perform(what, sent)) return;
  const event = await outcome; // which may have come even before the answer
  if (event?.response === 'Failure') desk.tell(`${what}: ${originateReason(event.reason)}.`, 'bad');
}

/** The OriginateResponse to an action; null if it does not come. */
function responseTo(astman, id) {
  return new Promise((resolve) => {
    const stop = astman.on('event', (message) => {
      const event = fields(message);
      if (event.event === 'OriginateResponse' && event.actionid === id) end(event);
    });
    const end = (event) => {
      stop();
      resolve(event);
    };
    setTimeout(end, 2 * RING_SECONDS * 1000, null);
  });
}

/** @type {import('./part.js').Spec} */
export const CALLS = {
  name: 'calls',
  title: 'Calls',
  always: true,
  reads: [['Status', 'CoreShowChannels']],
  count: ({astman}) => astman.picture.channels.size,
  tools: [{label: 'New call', key: 'n', needs: ['Originate'], run: originate}],
  lists: [{
    name: 'channels',
    caption: 'Live channels by call',
    empty: 'No live channels.',
    whole: true,
    groups: ({astman}) => callGroups(astman.picture),
    about: aboutRow,
    columns: [
      {name: 'channel', label: 'Channel', head: true, text: ({channel}) => channel.channel},
      {name: 'state', label: 'State', text: ({channel}) => (channel.held ? `${channel.state}, held` : channel.state),
        tone: ({channel}) => (channel.held ? 'busy' : STATE_TONES[channel.state] ?? '')},
      {name: 'caller', label: 'Caller', text: ({channel}) => party(channel.callerIDName, channel.callerIDNum)},
      {name: 'peer', label: 'With', text: ({peer}) => peer},
      {name: 'place', label: 'Dialplan', text: ({channel}) => placeOf(channel)},
      {name: 'application', label: 'Application', text: ({channel}) => applicationOf(channel)},
      {name: 'since', label: 'Time', at: ({channel}) => channel.since},
    ],
    deeds: [
      {label: 'Hang up', key: 'h', needs: ['Hangup'], run: hangUp},
      {label: 'Transfer', key: 't', needs: ['Redirect'], run: transfer('blind')},
      {label: 'Attended transfer', key: 'a', needs: ['Atxfer'], run: transfer('attended'),
        fits: ({channel}, {astman}) => Boolean(partnerOf(astman.picture, channel))},
      {label: 'Park', key: 'p', needs: ['Park'], run: park},
    ],
  }],
};
