/** www/astman/queues.js, parking.js, conferences.js and devices.js: what their events mean, old and new. */

import assert from 'node:assert/strict';
import test from 'node:test';

import {applyEvents, EMPTY, parseRaw, participantsOf, queueCallers, queueMembers} from '../../www/astman/index.js';

const NOW = 1_000_000;

const after = (...texts) => applyEvents(EMPTY, parseRaw(texts.join('\n\n').replaceAll(/^ +/gm, '')), NOW);

const NEW_CHANNEL = 'Event: Newchannel\nChannel: SIP/1-a\nState: Ring\nUniqueid: 1.1';
const PLACES = {
  1.4: {
    join: (channel, position) => `Event: Join\nChannel: ${channel}\nCallerID: 101\nCallerIDName: Ann\nQueue: support
      Position: ${position}\nCount: 2`,
    leave: (channel) => `Event: Leave\nChannel: ${channel}\nQueue: support\nCount: 1`,
  },
  22: {
    join: (channel, position) => `Event: QueueCallerJoin\nChannel: ${channel}\nCallerIDNum: 101\nCallerIDName: Ann
      Uniqueid: u-${channel}\nQueue: support\nPosition: ${position}\nCount: 2`,
    leave: (channel) => `Event: QueueCallerLeave\nChannel: ${channel}\nUniqueid: u-${channel}\nQueue: support
      Position: 1\nCount: 1`,
  },
};

for (const [version, {join, leave}] of Object.entries(PLACES)) {
  const line = (picture) => queueCallers(picture, 'support').map(({channel, position}) => `${position} ${channel}`);

  test(`callers on ${version} stand in line, and move up when one leaves`, () => {
    const full = after(join('A', 1), join('B', 2), join('C', 3));
    assert.deepEqual(line(full), ['1 A', '2 B', '3 C']);
    assert.equal(full.queues.get('support').calls, 2);
    const {callerIDNum, callerIDName, since} = queueCallers(full, 'support')[0];
    assert.deepEqual([callerIDNum, callerIDName, since], ['101', 'Ann', NOW]);
    assert.deepEqual(line(after(join('A', 1), join('B', 2), join('C', 3), leave('A'))), ['1 B', '2 C']);
  });

  test(`a caller on ${version} who is let in before others moves them back`, () => {
    assert.deepEqual(line(after(join('A', 1), join('B', 1))), ['1 B', '2 A']);
  });

  test(`a Join on ${version} that is told twice is one caller`, () => {
    assert.deepEqual(line(after(join('A', 1), join('B', 2), join('A', 1))), ['1 A', '2 B']);
  });
}

test('a caller of 1.4, who comes without a Uniqueid, is known by that of the channel', () => {
  const [caller] = queueCallers(after(NEW_CHANNEL, PLACES['1.4'].join('SIP/1-a', 1)), 'support');
  assert.equal(caller.key, 'support\n1.1');
});

const MEMBERS = {
  1.4: {
    added: `Event: QueueMemberAdded\nQueue: support\nLocation: SIP/100\nMemberName: Ann\nMembership: dynamic
      Penalty: 2\nCallsTaken: 0\nLastCall: 0\nStatus: 1\nPaused: 0`,
    paused: 'Event: QueueMemberPaused\nQueue: support\nLocation: SIP/100\nMemberName: Ann\nPaused: 1\nReason: tea',
    unpaused: 'Event: QueueMemberPaused\nQueue: support\nLocation: SIP/100\nMemberName: Ann\nPaused: 0',
    removed: 'Event: QueueMemberRemoved\nQueue: support\nLocation: SIP/100\nMemberName: Ann',
  },
  22: {
    added: `Event: QueueMemberAdded\nQueue: support\nMemberName: Ann\nInterface: SIP/100\nStateInterface: SIP/100
      Membership: dynamic\nPenalty: 2\nCallsTaken: 0\nLastCall: 0\nInCall: 0\nStatus: 1\nPaused: 0\nPausedReason: `,
    paused: `Event: QueueMemberPause\nQueue: support\nMemberName: Ann\nInterface: SIP/100\nStatus: 1\nPaused: 1
      PausedReason: tea`,
    unpaused: `Event: QueueMemberPause\nQueue: support\nMemberName: Ann\nInterface: SIP/100\nStatus: 1\nPaused: 0
      PausedReason: `,
    removed: 'Event: QueueMemberRemoved\nQueue: support\nMemberName: Ann\nInterface: SIP/100\nStatus: 1\nPaused: 0',
  },
};

for (const [version, {added, paused, unpaused, removed}] of Object.entries(MEMBERS)) {
  test(`a member on ${version} is added, paused, back, and removed`, () => {
    const [member] = queueMembers(after(added), 'support');
    assert.deepEqual([member.interface, member.name, member.penalty], ['SIP/100', 'Ann', 2]);
    assert.deepEqual([member.status, member.paused], ['NOT_INUSE', false]);
    const [resting] = queueMembers(after(added, paused), 'support');
    assert.deepEqual([resting.paused, resting.pausedReason, resting.penalty], [true, 'tea', 2]);
    const [back] = queueMembers(after(added, paused, unpaused), 'support');
    assert.deepEqual([back.paused, back.pausedReason], [false, '']);
    assert.deepEqual(queueMembers(after(added, removed), 'support'), []);
  });
}

test('a member\'s state is told in words', () => {
  const states = [0, 1, 2, 3, 4, 5, 6, 7, 8, 99].map((status) => queueMembers(after(
    `Event: QueueMemberStatus\nQueue: q\nInterface: SIP/1\nStatus: ${status}`), 'q')[0].status);
  assert.deepEqual(states, ['UNKNOWN', 'NOT_INUSE', 'INUSE', 'BUSY', 'INVALID', 'UNAVAILABLE', 'RINGING', 'RINGINUSE',
    'ONHOLD', 'UNKNOWN']);
});

const PARKED = {
  1.4: ['Event: ParkedCall\nExten: 701\nChannel: SIP/1-a\nFrom: SIP/2-b\nTimeout: 45\nCallerID: 101\nCallerIDName: Ann',
    'Event: UnParkedCall\nExten: 701\nChannel: SIP/1-a\nFrom: SIP/3-c\nCallerID: 101\nCallerIDName: Ann'],
  1.8: [`Event: ParkedCall\nExten: 701\nChannel: SIP/1-a\nParkinglot: default\nFrom: SIP/2-b\nTimeout: 45
      CallerIDNum: 101\nCallerIDName: Ann\nUniqueid: 1.1`,
    'Event: UnParkedCall\nExten: 701\nChannel: SIP/1-a\nFrom: SIP/3-c\nCallerIDNum: 101\nUniqueid: 1.1'],
  22: [`Event: ParkedCall\nParkeeChannel: SIP/1-a\nParkeeCallerIDNum: 101\nParkeeCallerIDName: Ann\nParkeeUniqueid: 1.1
      ParkerDialString: SIP/2-b\nParkinglot: default\nParkingSpace: 701\nParkingTimeout: 45\nParkingDuration: 0`,
    'Event: ParkedCallGiveUp\nParkeeChannel: SIP/1-a\nParkinglot: default\nParkingSpace: 701\nParkingDuration: 1'],
};

for (const [version, [parked, fetched]] of Object.entries(PARKED)) {
  test(`a parked call on ${version} is in its space until it is fetched`, () => {
    assert.deepEqual([...after(parked).parked.values()], [{
      key: '701@default', space: '701', lot: 'default', channel: 'SIP/1-a', callerIDNum: '101', callerIDName: 'Ann',
      parker: 'SIP/2-b', since: NOW, until: NOW + 45000,
    }]);
    assert.equal(after(parked, fetched).parked.size, 0);
  });
}

test('a call in the same space of another lot stays', () => {
  const other = PARKED[22][0].replace('Parkinglot: default', 'Parkinglot: upstairs');
  const left = after(PARKED[22][0], other, PARKED[22][1]);
  assert.deepEqual([...left.parked.keys()], ['701@upstairs']);
});

test('a call that is parked in another\'s place takes its space', () => {
  const swap = PARKED[22][0].replace('ParkedCall', 'ParkedCallSwap').replace('SIP/1-a', 'SIP/9-z');
  assert.deepEqual([...after(PARKED[22][0], swap).parked.values()].map(({channel}) => channel), ['SIP/9-z']);
});

const ROOMS = {
  ConfBridge: {
    join: `Event: ConfbridgeJoin\nConference: 1\nChannel: SIP/1-a\nUniqueid: 1.1\nCallerIDNum: 101
      Admin: Yes\nMuted: No`,
    mute: 'Event: ConfbridgeMute\nConference: 1\nChannel: SIP/1-a\nUniqueid: 1.1',
    unmute: 'Event: ConfbridgeUnmute\nConference: 1\nChannel: SIP/1-a\nUniqueid: 1.1',
    talk: 'Event: ConfbridgeTalking\nConference: 1\nChannel: SIP/1-a\nUniqueid: 1.1\nTalkingStatus: on',
    leave: 'Event: ConfbridgeLeave\nConference: 1\nChannel: SIP/1-a\nUniqueid: 1.1',
    end: 'Event: ConfbridgeEnd\nConference: 1',
  },
  MeetMe: {
    join: 'Event: MeetmeJoin\nMeetme: 1\nChannel: SIP/1-a\nUniqueid: 1.1\nUsernum: 3\nCallerIDNum: 101\nAdmin: Yes',
    mute: 'Event: MeetmeMute\nMeetme: 1\nChannel: SIP/1-a\nUniqueid: 1.1\nUsernum: 3\nStatus: on',
    unmute: 'Event: MeetmeMute\nMeetme: 1\nChannel: SIP/1-a\nUniqueid: 1.1\nUsernum: 3\nStatus: off',
    talk: 'Event: MeetmeTalking\nMeetme: 1\nChannel: SIP/1-a\nUniqueid: 1.1\nUsernum: 3\nStatus: on',
    leave: 'Event: MeetmeLeave\nMeetme: 1\nChannel: SIP/1-a\nUniqueid: 1.1\nUsernum: 3',
    end: 'Event: MeetmeEnd\nMeetme: 1',
  },
};

for (const [application, {join, mute, unmute, talk, leave, end}] of Object.entries(ROOMS)) {
  test(`${application}: who is in a room, who is muted and who talks`, () => {
    const [one] = participantsOf(after(join), '1');
    assert.deepEqual([one.channel, one.callerIDNum, one.since], ['SIP/1-a', '101', NOW]);
    assert.deepEqual([one.admin, one.muted, one.talking], [true, false, false]);
    assert.equal(after(join).rooms.get('1').type, application.toLowerCase());
    assert.equal(participantsOf(after(join, mute), '1')[0].muted, true);
    assert.equal(participantsOf(after(join, mute, unmute), '1')[0].muted, false);
    assert.equal(participantsOf(after(join, talk), '1')[0].talking, true);
    assert.deepEqual(participantsOf(after(join, leave), '1'), []);
  });

  test(`${application}: a room that ends takes with it who did not leave`, () => {
    const empty = after(join, end);
    assert.deepEqual([empty.rooms.size, empty.participants.size], [0, 0]);
  });
}

test('a device has the state that was last told of it', () => {
  const picture = after('Event: DeviceStateChange\nDevice: PJSIP/1\nState: INUSE',
    'Event: DeviceStateChange\nDevice: PJSIP/1\nState: NOT_INUSE');
  assert.equal(picture.devices.get('PJSIP/1').state, 'NOT_INUSE');
});

test('a peer is registered and unreachable, by the words of 1.4 and of 22', () => {
  const told = (status) => `Event: PeerStatus\nPeer: SIP/100\nPeerStatus: ${status}`;
  const old = after(told('Registered'), told('Unreachable'));
  assert.deepEqual(old.peers.get('SIP/100'), {
    key: 'SIP/100', peer: 'SIP/100', technology: 'SIP', status: 'Unreachable', address: '',
  });
  const now = after(`Event: PeerStatus\nChannelType: PJSIP\nPeer: PJSIP/100\nPeerStatus: Reachable
    Address: 10.0.0.1:5060`, 'Event: PeerStatus\nChannelType: PJSIP\nPeer: PJSIP/100\nPeerStatus: Unreachable');
  const {technology, status, address} = now.peers.get('PJSIP/100');
  assert.deepEqual([technology, status, address], ['PJSIP', 'Unreachable', '10.0.0.1:5060']);
});

test('a contact comes, answers, and goes', () => {
  const told = (status) => `Event: ContactStatus\nURI: sip:a@10.0.0.1\nContactStatus: ${status}\nAOR: a\nEndpointName: a
    RoundtripUsec: 1200`;
  const [contact] = after(told('Created'), told('Reachable')).contacts.values();
  assert.deepEqual([contact.endpoint, contact.uri], ['a', 'sip:a@10.0.0.1']);
  assert.deepEqual([contact.status, contact.roundtrip], ['Reachable', 1200]);
  assert.equal(after(told('Created'), told('Removed')).contacts.size, 0);
});

test('a registration of 1.4, whose event has no user, is the one of the list', () => {
  const list = 'Event: RegistryEntry\nHost: sip.example\nPort: 5060\nUsername: ann\nRefresh: 105\nState: Registered';
  const event = 'Event: Registry\nChannel: SIP\nDomain: sip.example\nStatus: Rejected\nCause: 403';
  const rows = [...after(list, event).registrations.values()];
  assert.deepEqual(rows, [{
    key: 'ann@sip.example', technology: 'SIP', username: 'ann', domain: 'sip.example', status: 'Rejected', cause: '403',
  }]);
});

test('a registration of PJSIP is told by its addresses', () => {
  const event = 'Event: Registry\nChannelType: pjsip\nUsername: sip:ann@x\nDomain: sip:x\nStatus: Registered';
  const [{technology, username, domain, status}] = after(event).registrations.values();
  assert.deepEqual([technology, username, domain, status], ['PJSIP', 'sip:ann@x', 'sip:x', 'Registered']);
});

test('a hint has the state of a device, and goes when it is removed', () => {
  const told = (status) => `Event: ExtensionStatus\nExten: 100\nContext: default\nHint: SIP/100\nStatus: ${status}`;
  assert.equal(after(told(9)).hints.get('100@default').state, 'RINGINUSE');
  assert.equal(after(told(9), told(-1)).hints.size, 0);
});
