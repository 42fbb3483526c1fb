/**
 * Queues, their members, and the callers who wait in them.
 *
 *                      1.4 to 11                    12 and later
 *     a caller         Join, Leave                  QueueCallerJoin, QueueCallerLeave
 *     a member's name  Location, MemberName         Interface, MemberName
 *     a pause          QueueMemberPaused            QueueMemberPause
 *
 * The PBX tells the place of who comes or goes, and not that the others move up or back: that is done here.
 *
 * @typedef {import('./picture.js').Draft} Draft
 * @typedef {import('./messages.js').Fields} Fields
 *
 * @typedef {object} Queue
 * @property {string} key
 * @property {string} queue  its name
 * @property {string} strategy
 * @property {number} calls  how many wait
 * @property {number} max  how many may wait; 0 any number
 * @property {number} holdtime  seconds, average
 * @property {number} talkTime  seconds, average
 * @property {number} completed
 * @property {number} abandoned
 * @property {number} serviceLevel  seconds
 * @property {number} serviceLevelPerf  percent answered within them
 * @property {number} weight
 *
 * @typedef {object} Member
 * @property {string} key
 * @property {string} queue
 * @property {string} interface  as QueuePause and QueueRemove want it
 * @property {string} name
 * @property {string} membership  static, dynamic, realtime
 * @property {number} penalty
 * @property {number} callsTaken
 * @property {number} lastCall  epoch seconds; 0 never
 * @property {string} status  a device state: NOT_INUSE, RINGING, UNAVAILABLE ...
 * @property {boolean} paused
 * @property {string} pausedReason
 * @property {boolean} inCall
 *
 * @typedef {object} Caller
 * @property {string} key
 * @property {string} queue
 * @property {string} channel
 * @property {string} callerIDNum
 * @property {string} callerIDName
 * @property {number} position  1 is next
 * @property {number | null} since
 */

import {channelKey} from './calls.js';
import {CALLER, flag, memberState, moment, number, pick, text} from './dialect.js';

/** @type {import('./dialect.js').Name[]} */
const QUEUE = [
  ['strategy', text, 'strategy'],
  ['calls', number, 'calls', 'count'],
  ['max', number, 'max'],
  ['holdtime', number, 'holdtime'],
  ['talkTime', number, 'talktime'],
  ['completed', number, 'completed'],
  ['abandoned', number, 'abandoned'],
  ['serviceLevel', number, 'servicelevel'],
  ['serviceLevelPerf', number, 'servicelevelperf'],
  ['weight', number, 'weight'],
];

const BLANK_QUEUE = {
  strategy: '', calls: 0, max: 0, holdtime: 0, talkTime: 0, completed: 0, abandoned: 0,
  serviceLevel: 0, serviceLevelPerf: 0, weight: 0,
};

/** @type {import('./dialect.js').Name[]} */
const MEMBER = [
  ['queue', text, 'queue'],
  ['interface', text, 'interface', 'location'],
  ['name', text, 'membername', 'name'],
  ['membership', text, 'membership'],
  ['penalty', number, 'penalty'],
  ['callsTaken', number, 'callstaken'],
  ['lastCall', number, 'lastcall'],
  ['status', memberState, 'status'],
  ['paused', flag, 'paused'],
  ['pausedReason', text, 'pausedreason', 'reason'],
  ['inCall', flag, 'incall'],
];

const BLANK_MEMBER = {
  name: '', membership: '', penalty: 0, callsTaken: 0, lastCall: 0, status: 'UNKNOWN', paused: false,
  pausedReason: '', inCall: false,
};

function putQueue(draft, name, changes) {
  const blank = draft.get('queues', name) ? {} : {queue: name, ...BLANK_QUEUE};
  draft.put('queues', name, {...blank, ...changes});
}

function memberKey(event) {
  return `${event.queue}\n${event.interface ?? event.location}`;
}

function putMember(draft, event) {
  const member = pick(event, MEMBER);
  if (member.paused === false) member.pausedReason = '';
  const key = memberKey(event);
  const blank = draft.get('members', key) ? {} : {...BLANK_MEMBER, name: member.interface};
  if (!draft.get('queues', event.queue)) putQueue(draft, event.queue, {});
  draft.put('members', key, {...blank, ...member});
}

function callerKey(draft, event) {
  return `${event.queue}\n${channelKey(draft, event.uniqueid, event.channel)}`;
}

function putCaller(draft, event, since) {
  const key = callerKey(draft, event);
  draft.put('callers', key, {
    queue: event.queue, channel: event.channel, position: number(event.position), callerIDNum: '', callerIDName: '',
    ...pick(event, CALLER), since: draft.get('callers', key)?.since ?? since,
  });
}

/** Moves all who stand at a position, or behind it, by one. */
function move(draft, queue, position, step) {
  for (const row of [...draft.rows('callers')]) {
    if (row.queue === queue && row.position >= position) {
      draft.update('callers', row.key, {position: row.position + step});
    }
  }
}

function join(draft, event, now) {
  putQueue(draft, event.queue, pick(event, QUEUE));
  if (draft.get('callers', callerKey(draft, event))) return;
  move(draft, event.queue, number(event.position), 1);
  putCaller(draft, event, now);
}

function leave(draft, event) {
  putQueue(draft, event.queue, pick(event, QUEUE));
  const key = callerKey(draft, event);
  const caller = draft.get('callers', key);
  if (!caller) return;
  draft.drop('callers', key);
  move(draft, event.queue, caller.position, -1);
}

/** @type {Object<string, (draft: Draft, event: Fields, now: number) => void>} */
export const QUEUES = {
  queueparams: (draft, event) => putQueue(draft, event.queue, pick(event, QUEUE)),
  queuemember: putMember,
  queuememberadded: putMember,
  queuememberstatus: putMember,
  queuememberpause: putMember,
  queuememberpaused: putMember,
  queuememberpenalty: putMember,
  queuememberringinuse: putMember,
  queuememberremoved: (draft, event) => draft.drop('members', memberKey(event)),
  queueentry: (draft, event, now) => putCaller(draft, event, moment(now, event.wait)),
  queuecallerjoin: join,
  join,
  queuecallerleave: leave,
  leave,
};
