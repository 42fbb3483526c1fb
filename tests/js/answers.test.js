/** www/astman/answers.js: lists merged into a picture, and what a picture of real events comes to. */

import assert from 'node:assert/strict';
import test from 'node:test';

import {
  applyEvent, applyEvents, bridgeMembers, EMPTY, groupCalls, listRefusal, parseRaw, readAnswer,
} from '../../www/astman/index.js';
import {answer, textOf} from './captures.js';

const NOW = 1_000_000;

const read = (picture, Action, messages, more = {}) => readAnswer(picture, {Action, ...more}, messages, NOW);

const list = (...items) => [
  {Response: 'Success', EventList: 'start'}, ...items, {Event: 'SomethingComplete', EventList: 'Complete'},
];

const HALVES = ['2', '1'].map((half) => [`Local/700@default-00000002;${half}`, 'Up', '700', NOW - 7000]);
const STATUS = {
  14: [['Local/100@default-353c,2', 'Up', '100', NOW - 7000], ['Local/100@default-353c,1', 'Up', '', null]],
  16: HALVES,
  22: HALVES,
};

for (const [version, expected] of Object.entries(STATUS)) {
  test(`a Status of ${version} fills the channels, with their age`, () => {
    const picture = read(EMPTY, 'Status', answer(version, 'status'));
    const rows = [...picture.channels.values()].slice(0, 2);
    assert.deepEqual(rows.map(({channel, state, exten, since}) => [channel, state, exten, since]), expected);
  });
}

test('Status and CoreShowChannels of one moment agree', () => {
  for (const version of ['16', '22']) {
    const status = read(EMPTY, 'Status', answer(version, 'status'));
    const channels = read(EMPTY, 'CoreShowChannels', answer(version, 'coreshowchannels'));
    assert.ok(status.channels.size > 2);
    for (const [key, row] of status.channels) assert.deepEqual(channels.channels.get(key), row);
    assert.equal(channels.channels.size, status.channels.size);
  }
});

test('who is in the list is in the bridge it names', () => {
  const picture = read(EMPTY, 'Status', answer('22', 'status'));
  const [bridge] = picture.bridges.keys();
  assert.match(bridgeMembers(picture, bridge)[0].channel, /^Local\/400@default/);
  assert.equal(picture.bridges.get(bridge).type, '');
  assert.equal(read(picture, 'BridgeList', answer('22', 'bridgelist')).bridges.get(bridge).creator, 'ConfBridge');
});

test('linked channels of 1.4 and of 1.8 share a bridge', () => {
  for (const name of ['Link', 'BridgedChannel']) {
    const status = (Channel, other, Uniqueid) => ({Event: 'Status', Channel, State: 'Up', [name]: other, Uniqueid});
    const picture = read(EMPTY, 'Status', list(status('A', 'B', '1.1'), status('B', 'A', '1.2')));
    assert.equal(bridgeMembers(picture, picture.channels.get('1.1').bridge).length, 2);
    const event = {Event: 'Unlink', Channel1: 'A', Channel2: 'B', Uniqueid1: '1.1', Uniqueid2: '1.2'};
    assert.equal(applyEvent(picture, event, NOW).bridges.size, 0);
  }
});

test('a channel that is not in the list is gone, and one that is keeps what it knew', () => {
  const before = applyEvents(EMPTY, [
    {Event: 'Newchannel', Channel: 'SIP/gone', Uniqueid: '0.1'},
    {Event: 'Newchannel', Channel: 'Local/100@default-353c,1', Uniqueid: '1795391696.0', AccountCode: 'x'},
  ], 5);
  const picture = read(before, 'Status', answer('14', 'status'));
  assert.deepEqual([...picture.channels.keys()].sort(), ['1795391696.0', '1795391696.1']);
  const {accountCode, since} = picture.channels.get('1795391696.0');
  assert.deepEqual([accountCode, since], ['', 5]); // the age is its own, the account is the list's
});

test('an empty list empties the table', () => {
  const before = applyEvents(EMPTY, [{Event: 'Newchannel', Channel: 'A', Uniqueid: '0.1'}], NOW);
  assert.equal(read(before, 'Status', list()).channels.size, 0);
});

test('an error that says "there are none" is an empty list', () => {
  const full = applyEvents(EMPTY, [{Event: 'ConfbridgeJoin', Conference: '1', Channel: 'A', Uniqueid: '0.1'}], NOW);
  const none = [{Response: 'Error', Message: 'No active conferences.'}];
  assert.equal(listRefusal(none), '');
  const picture = read(full, 'ConfbridgeListRooms', none);
  assert.deepEqual([picture.rooms.size, picture.participants.size], [0, 0]);
});

test('a refusal, and an answer that was cut off, change nothing', () => {
  const before = applyEvents(EMPTY, [{Event: 'Newchannel', Channel: 'A', Uniqueid: '0.1'}], NOW);
  for (const messages of [[{Response: 'Error', Message: 'Permission denied'}], list().slice(0, 1), []]) {
    assert.equal(read(before, 'Status', messages), before);
  }
  assert.equal(read(before, 'constructor', list()), before);
});

test('a list of one queue leaves the others alone', () => {
  const full = read(EMPTY, 'QueueStatus', answer('22', 'queuestatus'));
  assert.deepEqual([...full.queues.keys()].sort(), ['sales', 'support']);
  const part = read(full, 'QueueStatus', list({Event: 'QueueParams', Queue: 'support', Max: '5'}), {Queue: 'support'});
  assert.deepEqual([...part.queues.keys()].sort(), ['sales', 'support']);
  assert.equal(part.queues.get('support').max, 5);
  assert.equal(part.members.size, 0); // both were support's
});

test('a list of one channel says nothing of the others', () => {
  const before = applyEvents(EMPTY, [{Event: 'Newchannel', Channel: 'A', Uniqueid: '0.1'}], NOW);
  const picture = read(before, 'Status', list({Event: 'Status', Channel: 'B', Uniqueid: '0.2'}), {Channel: 'B'});
  assert.equal(picture.channels.size, 2);
});

test('peers are those of the technology that was asked for', () => {
  const endpoints = read(EMPTY, 'PJSIPShowEndpoints', answer('22', 'pjsip-endpoints'));
  const both = read(endpoints, 'IAXpeerlist', answer('22', 'iaxpeerlist'));
  assert.deepEqual([...both.peers.keys()], ['PJSIP/alice', 'PJSIP/bob', 'IAX2/dyn', 'IAX2/trunk']);
  assert.equal(both.peers.get('IAX2/trunk').address, '127.0.0.1:4999');
  assert.equal(both.peers.get('IAX2/dyn').address, '');
  assert.equal(both.devices.get('PJSIP/bob').state, 'UNAVAILABLE');
  assert.deepEqual([...read(both, 'IAXpeerlist', list()).peers.keys()], ['PJSIP/alice', 'PJSIP/bob']);
});

test('devices are as the list has them', () => {
  const picture = read(EMPTY, 'DeviceStateList', answer('16', 'devicestates'));
  assert.equal(picture.devices.get('PJSIP/bob').state, 'UNAVAILABLE');
  assert.equal(picture.devices.size, 7);
});

// What both ways must agree on: applications and counters are told by lists only.
const TOLD = {
  channels: ['channel', 'linkedid', 'state', 'callerIDNum', 'callerIDName', 'connectedLineNum', 'connectedLineName',
    'context', 'exten', 'priority', 'bridge'],
  bridges: ['type', 'technology', 'creator', 'name'],
  queues: ['queue', 'calls'],
  members: ['interface', 'name', 'membership', 'penalty', 'callsTaken', 'status', 'paused', 'pausedReason'],
  callers: ['channel', 'position'],
  parked: ['space', 'lot', 'channel', 'callerIDNum', 'callerIDName', 'parker'],
  rooms: ['type'],
  participants: ['conference', 'channel', 'callerIDNum', 'admin', 'muted'],
};

function told(picture, table) {
  const rows = [...picture[table].values()].sort((one, other) => (one.key < other.key ? -1 : 1));
  return rows.map((row) => [row.key, ...TOLD[table].map((name) => row[name])]);
}

function readAll(picture, answers) {
  return Object.entries(answers).reduce((before, [action, text]) => read(before, action, parseRaw(text)), picture);
}

for (const version of ['16', '22']) {
  const events = parseRaw(textOf(`js/data/events-${version}.txt`));
  const answers = JSON.parse(textOf(`js/data/answers-${version}.json`));
  const upTo = (number) => events.slice(0, events.findIndex(({UserEvent, Number: at}) => UserEvent && at === number));
  const kept = (number) => applyEvents(readAll(EMPTY, answers[0]), upTo(number), NOW);

  for (const number of Object.keys(answers)) {
    test(`on ${version} events keep the picture that lists give, at checkpoint ${number}`, () => {
      const [mine, theirs] = [kept(number), readAll(EMPTY, answers[number])];
      for (const table of Object.keys(TOLD)) assert.deepEqual(told(mine, table), told(theirs, table), table);
      assert.equal(groupCalls(mine).length, groupCalls(theirs).length);
      assert.ok(theirs.devices.size > 5);
      for (const [device, {state}] of theirs.devices) {
        if (device === 'confbridge:room') continue; // 16 does not tell that a conference's device is idle again
        assert.equal(mine.devices.get(device)?.state, state, device);
      }
    });

    test(`on ${version} the lists of checkpoint ${number} put right a picture that missed all events`, () => {
      const late = readAll(kept('3'), answers[number]);
      const theirs = readAll(EMPTY, answers[number]);
      for (const table of Object.keys(TOLD)) assert.deepEqual(told(late, table), told(theirs, table), table);
    });
  }
}
