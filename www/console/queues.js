/**
 * Queues: their members, and the callers who wait.
 */

import {queueCallers, queueMembers} from '../astman/index.js';
import {ask, confirm, offerPlaces} from './dialogs.js';
import {callerOf, counted, deviceTone, deviceWords, duration} from './words.js';

const EVERY_QUEUE = ''; // as QueuePause has it

const queuesOf = (picture) => [...picture.queues.values()].sort((one, other) => (one.queue < other.queue ? -1 : 1));

function labelOf(queue, waiting) {
  const level = queue.serviceLevel ? `${queue.serviceLevelPerf} % within ${queue.serviceLevel} s` : '';
  return [
    `${queue.queue}: ${counted(waiting, 'caller')} waiting`,
    queue.strategy,
    `hold ${duration(queue.holdtime * 1000)}`,
    `talk ${duration(queue.talkTime * 1000)}`,
    `${queue.completed} answered`,
    `${queue.abandoned} given up`,
    level,
  ].filter(Boolean).join(' · ');
}

function memberGroups({astman: {picture}}) {
  return queuesOf(picture).map((queue) => ({
    key: queue.key,
    label: labelOf(queue, queueCallers(picture, queue.queue).length),
    rows: queueMembers(picture, queue.queue),
  }));
}

function callerGroups({astman: {picture}}) {
  return [{key: '', rows: queuesOf(picture).flatMap((queue) => queueCallers(picture, queue.queue))}];
}

const pauseWords = ({paused, pausedReason}) => (paused ? ['paused', pausedReason].filter(Boolean).join(': ') : '');
const memberName = ({name, interface: device}) => (name === device ? device : `${name} (${device})`);

async function pause(member, desk) {
  const answer = await ask('pause', {
    says: {about: memberName(member)},
    offers: {queue: [[member.queue, member.queue], [EVERY_QUEUE, 'all queues']]},
  });
  if (!answer) return;
  sendPause(desk, member, {
    Paused: 'true', Queue: answer.queue || undefined, Reason: answer.reason || undefined,
  });
}

function unpause(member, desk) {
  sendPause(desk, member, {Paused: 'false', Queue: member.queue});
}

function sendPause(desk, member, parameters) {
  const what = parameters.Paused === 'true' ? 'Pause' : 'Unpause';
  const where = parameters.Queue ? `in ${parameters.Queue}` : 'in all queues';
  desk.perform(`${what} ${memberName(member)} ${where}`,
    {Action: 'QueuePause', Interface: member.interface, ...parameters});
}

async function remove(member, desk) {
  if (!await confirm('Remove from the queue?', `${memberName(member)} in ${member.queue}`, 'Remove')) return;
  desk.perform(`Remove ${memberName(member)} from ${member.queue}`,
    {Action: 'QueueRemove', Queue: member.queue, Interface: member.interface});
}

async function add(desk) {
  const {picture} = desk.astman;
  offerPlaces(picture);
  const answer = await ask('member', {offers: {queue: queuesOf(picture).map(({queue}) => [queue, queue])}});
  if (!answer) return;
  desk.perform(`Add ${answer.interface} to ${answer.queue}`, {
    Action: 'QueueAdd', Queue: answer.queue, Interface: answer.interface, MemberName: answer.name || undefined,
    Penalty: answer.penalty, Paused: answer.paused ? 'true' : 'false',
  });
}

async function hangUp(caller, desk) {
  if (!await confirm('Hang up?', `${callerOf(caller)}, waits in ${caller.queue}`, 'Hang up')) return;
  desk.perform(`Hang up ${caller.channel}`, {Action: 'Hangup', Channel: caller.channel});
}

/** @type {import('./part.js').Spec} */
export const QUEUES = {
  name: 'queues',
  title: 'Queues',
  reads: [['QueueStatus']],
  count: ({astman}) => astman.picture.callers.size,
  tools: [{label: 'Add a member', key: 'm', needs: ['QueueAdd'], run: add}],
  lists: [{
    name: 'callers',
    caption: 'Waiting callers',
    empty: 'Nobody waits.',
    groups: callerGroups,
    about: (caller) => `${callerOf(caller)} waits in ${caller.queue}`,
    columns: [
      {name: 'caller', label: 'Caller', head: true, text: callerOf},
      {name: 'queue', label: 'Queue', text: ({queue}) => queue},
      {name: 'position', label: 'Place', text: ({position}) => String(position), rank: ({position}) => position},
      {name: 'channel', label: 'Channel', text: ({channel}) => channel},
      {name: 'since', label: 'Waits', at: ({since}) => since},
    ],
    deeds: [{label: 'Hang up', key: 'h', needs: ['Hangup'], run: hangUp}],
  }, {
    name: 'members',
    caption: 'Members by queue',
    empty: 'No queue has members.',
    groups: memberGroups,
    about: (member) => `${memberName(member)} in ${member.queue}`,
    columns: [
      {name: 'member', label: 'Member', head: true, text: ({name}) => name},
      {name: 'device', label: 'Device', text: (member) => member.interface},
      {name: 'state', label: 'State', text: ({status}) => deviceWords(status), tone: ({status}) => deviceTone(status)},
      {name: 'pause', label: 'Pause', text: pauseWords, tone: ({paused}) => (paused ? 'warn' : '')},
      {name: 'penalty', label: 'Penalty', text: ({penalty}) => String(penalty), rank: ({penalty}) => penalty},
      {name: 'taken', label: 'Calls', text: ({callsTaken}) => String(callsTaken), rank: ({callsTaken}) => callsTaken},
      {name: 'since', label: 'Last call', at: ({lastCall}) => (lastCall ? lastCall * 1000 : null)},
    ],
    deeds: [
      {label: 'Pause', key: 'p', needs: ['QueuePause'], run: pause, fits: ({paused}) => !paused},
      {label: 'Unpause', key: 'u', needs: ['QueuePause'], run: unpause, fits: ({paused}) => paused},
      {label: 'Remove', key: 'x', needs: ['QueueRemove'], run: remove},
    ],
  }],
};
