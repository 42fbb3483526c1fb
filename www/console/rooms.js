/**
 * Conference rooms: ConfBridge, and MeetMe where a PBX has it.
 */

import {participantsOf} from '../astman/index.js';
import {confirm} from './dialogs.js';
import {callerOf, counted} from './words.js';

/** The actions of the two kinds of room. MeetMe has none to kick with: there the channel is hung up. */
const ACTIONS = {
  confbridge: {
    mute: ({conference, channel}) => ({Action: 'ConfbridgeMute', Conference: conference, Channel: channel}),
    unmute: ({conference, channel}) => ({Action: 'ConfbridgeUnmute', Conference: conference, Channel: channel}),
    kick: ({conference, channel}) => ({Action: 'ConfbridgeKick', Conference: conference, Channel: channel}),
  },
  meetme: {
    mute: ({conference, usernum}) => ({Action: 'MeetmeMute', Meetme: conference, Usernum: usernum}),
    unmute: ({conference, usernum}) => ({Action: 'MeetmeUnmute', Meetme: conference, Usernum: usernum}),
    kick: ({channel}) => ({Action: 'Hangup', Channel: channel}),
  },
};

const aboutRow = (row) => `${callerOf(row)} in ${row.conference}`;

const doing = (verb, words) => (row, desk) => {
  const {type} = desk.astman.picture.rooms.get(row.conference) ?? {type: 'confbridge'};
  desk.perform(`${words} ${aboutRow(row)}`, ACTIONS[type][verb](row));
};

const kickOut = doing('kick', 'Kick');

async function kick(row, desk) {
  if (await confirm('Kick out of the conference?', aboutRow(row), 'Kick')) kickOut(row, desk);
}

function groupsOf({astman: {picture}}) {
  return [...picture.rooms.values()].map((room) => {
    const rows = participantsOf(picture, room.conference);
    const words = [counted(rows.length, 'person', 'people'), room.locked && 'locked'].filter(Boolean).join(', ');
    return {key: room.key, label: `${room.conference}: ${words}`, rows};
  });
}

const VOICE_TONES = {muted: 'warn', talking: 'good', '': ''};

const voiceOf = ({muted, talking}) => (muted ? 'muted' : talking ? 'talking' : '');

/** @type {import('./part.js').Spec} */
export const ROOMS = {
  name: 'rooms',
  title: 'Conferences',
  reads: [['ConfbridgeListRooms', 'MeetmeList']],
  count: ({astman}) => astman.picture.participants.size,
  tools: [],
  lists: [{
    name: 'people',
    caption: 'People by conference room',
    empty: 'No conference.',
    groups: groupsOf,
    about: aboutRow,
    columns: [
      {name: 'caller', label: 'Caller', head: true, text: callerOf},
      {name: 'channel', label: 'Channel', text: ({channel}) => channel},
      {name: 'voice', label: 'Voice', text: voiceOf, tone: (row) => VOICE_TONES[voiceOf(row)]},
      {name: 'role', label: 'Role', text: ({admin}) => (admin ? 'admin' : '')},
      {name: 'since', label: 'Time', at: ({since}) => since},
    ],
    deeds: [
      {label: 'Mute', key: 'u', needs: ['ConfbridgeMute', 'MeetmeMute'],
        run: doing('mute', 'Mute'), fits: ({muted}) => !muted},
      {label: 'Unmute', key: 'u', needs: ['ConfbridgeUnmute', 'MeetmeUnmute'],
        run: doing('unmute', 'Unmute'), fits: ({muted}) => muted},
      {label: 'Kick', key: 'k', needs: ['ConfbridgeKick', 'Hangup'], run: kick},
    ],
  }],
};
