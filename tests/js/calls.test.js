/** www/astman/calls.js: channels, bridges and dialling, from the events of 1.4 to 23. */

import assert from 'node:assert/strict';
import test from 'node:test';

import {applyEvent, applyEvents, bridgeMembers, EMPTY, groupCalls, parseRaw} from '../../www/astman/index.js';
import {callEvents} from './captures.js';

const NOW = 1_000_000;

/** A picture of channels A, B ... whose Uniqueids are 1.1, 1.2 ... */
function channels(...names) {
  const events = names.map((Channel, at) => ({Event: 'Newchannel', Channel, State: 'Ring', Uniqueid: `1.${at + 1}`}));
  return applyEvents(EMPTY, events, NOW);
}

/** Events as text with LF, for tests to be read. */
const events = (text) => parseRaw(text.trim().replaceAll(/^ +/gm, ''));

for (const version of ['14', '16', '22']) {
  const upTo = (name, from = 0) => callEvents(version).findIndex((event, at) => at >= from && event.Event === name);

  test(`a call on ${version} appears with its two halves, and their caller`, () => {
    const picture = applyEvents(EMPTY, callEvents(version).slice(0, upTo('OriginateResponse')), NOW);
    const rows = [...picture.channels.values()];
    assert.equal(rows.length, 2);
    assert.deepEqual(rows.map(({state}) => state), ['Up', 'Up']);
    assert.deepEqual(rows.map(({since}) => since), [NOW, NOW]);
    assert.equal(rows[0].callerIDNum, '101');
    assert.equal(rows[0].callerIDName, 'Ann <b>');
    assert.equal(rows[1].exten, '100');
  });

  test(`a call on ${version} is one call of two channels`, () => {
    const picture = applyEvents(EMPTY, callEvents(version).slice(0, upTo('OriginateResponse')), NOW);
    assert.deepEqual(groupCalls(picture).map((call) => call.channels.length), [2]);
  });

  test(`a redirected channel on ${version} is where it was sent`, () => {
    const picture = applyEvents(EMPTY, callEvents(version).slice(0, upTo('UserEvent')), NOW);
    const places = [...picture.channels.values()].map((row) => `${row.exten}@${row.context} ${row.application}`);
    assert.ok(places.includes('200@default Wait'), places.join());
  });

  test(`nothing is left of a call on ${version} when it is over`, () => {
    const picture = applyEvents(EMPTY, callEvents(version), NOW);
    assert.equal(picture.channels.size, 0);
    assert.equal(picture.bridges.size, 0);
  });
}

test('what the PBX does not know is empty, whatever it writes', () => {
  const [event] = events('Event: Newchannel\nChannel: A\nUniqueid: 1.1\nCallerIDNum: <unknown>\nCallerIDName: (null)');
  const row = applyEvent(EMPTY, event, NOW).channels.get('1.1');
  assert.deepEqual([row.callerIDNum, row.callerIDName, row.context, row.bridge], ['', '', '', '']);
});

test('a channel that is gone does not come back by an event behind its Hangup', () => {
  const picture = applyEvents(channels('A'), events(`
    Event: Hangup\nChannel: A\nUniqueid: 1.1

    Event: NewCallerid\nChannel: A\nUniqueid: 1.1\nCallerIDNum: 100

    Event: BridgeLeave\nBridgeUniqueid: b1\nChannel: A\nUniqueid: 1.1`), NOW);
  assert.equal(picture.channels.size, 0);
});

test('1.4 links two and unlinks them', () => {
  const linked = applyEvents(channels('A', 'B', 'C'), events(`
    Event: Link\nChannel1: B\nChannel2: A\nUniqueid1: 1.2\nUniqueid2: 1.1\nCallerID1: 100\nCallerID2: 200`), NOW);
  const {bridge} = linked.channels.get('1.1');
  assert.deepEqual(bridgeMembers(linked, bridge).map(({channel}) => channel), ['A', 'B']);
  assert.equal(linked.bridges.get(bridge).type, 'link');
  const unlinked = applyEvents(linked, events(`
    Event: Unlink\nChannel1: A\nChannel2: B\nUniqueid1: 1.1\nUniqueid2: 1.2`), NOW);
  assert.deepEqual([...unlinked.channels.values()].map((row) => row.bridge), ['', '', '']);
  assert.equal(unlinked.bridges.size, 0);
});

test('an Unlink ends a Link whose channels were renamed in between', () => {
  const picture = applyEvents(channels('A', 'B'), events(`
    Event: Link\nChannel1: A\nChannel2: B\nUniqueid1: 1.1\nUniqueid2: 1.2

    Event: Rename\nOldname: A\nNewname: A<ZOMBIE>\nUniqueid: 1.1

    Event: Unlink\nChannel1: A<ZOMBIE>\nChannel2: B\nUniqueid1: 1.1\nUniqueid2: 1.2`), NOW);
  assert.equal(picture.bridges.size, 0);
  assert.equal(picture.channels.get('1.2').bridge, '');
});

test('1.6 to 11 say Link and Unlink with Bridge, and say it twice', () => {
  const told = (state) => `Event: Bridge\nBridgestate: ${state}\nBridgetype: core\nChannel1: A\nChannel2: B
    Uniqueid1: 1.1\nUniqueid2: 1.2\nCallerID1: 100\nCallerID2: 200\n\n`;
  const linked = applyEvents(channels('A', 'B'), events(told('Link') + told('Link')), NOW);
  assert.equal(linked.bridges.size, 1);
  assert.equal(bridgeMembers(linked, linked.channels.get('1.1').bridge).length, 2);
  assert.equal(applyEvents(linked, events(told('Unlink')), NOW).bridges.size, 0);
});

test('12 and later bridge any number', () => {
  const enter = (channel, id) => `Event: BridgeEnter\nBridgeUniqueid: b1\nBridgeType: base\nBridgeTechnology: softmix
    BridgeCreator: ConfBridge\nBridgeName: room\nBridgeNumChannels: 1\nChannel: ${channel}\nUniqueid: ${id}\n\n`;
  const create = 'Event: BridgeCreate\nBridgeUniqueid: b1\nBridgeType: base\nBridgeTechnology: softmix\n\n';
  const text = create + enter('A', '1.1') + enter('B', '1.2') + enter('C', '1.3');
  const full = applyEvents(channels('A', 'B', 'C'), events(text), NOW);
  assert.deepEqual(bridgeMembers(full, 'b1').length, 3);
  assert.deepEqual(full.bridges.get('b1'), {
    key: 'b1', type: 'base', technology: 'softmix', creator: 'ConfBridge', name: 'room',
  });
  const left = applyEvents(full, events('Event: BridgeLeave\nBridgeUniqueid: b1\nChannel: A\nUniqueid: 1.1'), NOW);
  assert.deepEqual(bridgeMembers(left, 'b1').map(({channel}) => channel), ['B', 'C']);
  const gone = applyEvents(left, events('Event: BridgeDestroy\nBridgeUniqueid: b1'), NOW);
  assert.deepEqual([gone.bridges.size, gone.channels.get('1.2').bridge], [0, '']);
});

test('who leaves a bridge behind stays in the next one', () => {
  const picture = applyEvents(channels('A'), events(`
    Event: BridgeEnter\nBridgeUniqueid: b1\nChannel: A\nUniqueid: 1.1

    Event: BridgeEnter\nBridgeUniqueid: b2\nChannel: A\nUniqueid: 1.1

    Event: BridgeLeave\nBridgeUniqueid: b1\nChannel: A\nUniqueid: 1.1`), NOW);
  assert.equal(picture.channels.get('1.1').bridge, 'b2');
});

test('a Rename keeps the row, by the words of 1.4 and of 22', () => {
  for (const old of ['Oldname: A', 'Channel: A']) {
    const picture = applyEvents(channels('A'), events(`Event: Rename\n${old}\nNewname: Z\nUniqueid: 1.1`), NOW);
    assert.equal(picture.channels.get('1.1').channel, 'Z');
    assert.equal(picture.channels.size, 1);
  }
});

const DIALS = {
  1.4: ['Event: Dial\nSource: A\nDestination: B\nSrcUniqueID: 1.1\nDestUniqueID: 1.2',
    'Event: Link\nChannel1: A\nChannel2: B\nUniqueid1: 1.1\nUniqueid2: 1.2'],
  1.8: ['Event: Dial\nSubEvent: Begin\nChannel: A\nDestination: B\nUniqueID: 1.1\nDestUniqueID: 1.2\nDialstring: 100',
    'Event: Dial\nSubEvent: End\nChannel: A\nUniqueID: 1.1\nDialStatus: BUSY'],
  22: ['Event: DialBegin\nChannel: A\nUniqueid: 1.1\nDestChannel: B\nDestChannelStateDesc: Down\nDestUniqueid: 1.2',
    'Event: DialEnd\nChannel: A\nUniqueid: 1.1\nDestChannel: B\nDestUniqueid: 1.2\nDialStatus: BUSY'],
};

for (const [version, [begin, end]] of Object.entries(DIALS)) {
  test(`on ${version} it is seen who rings whom, until it is over`, () => {
    const ringing = applyEvents(channels('A', 'B'), events(begin), NOW);
    assert.equal(ringing.channels.get('1.2').dialedBy, '1.1');
    assert.equal(groupCalls(ringing).length, 1);
    assert.equal(applyEvents(ringing, events(end), NOW).channels.get('1.2').dialedBy, '');
  });
}

test('a dialled channel takes the state that the dialling tells of it', () => {
  const text = 'Event: DialState\nDestChannel: B\nDestUniqueid: 1.2\nDestChannelStateDesc: Ringing';
  assert.equal(applyEvents(channels('A', 'B'), events(text), NOW).channels.get('1.2').state, 'Ringing');
});

test('a call on hold is held until it is not, by the words of 1.4 and of 22', () => {
  for (const [hold, unhold] of [['Hold\nStatus: On', 'Hold\nStatus: Off'], ['Hold', 'Unhold']]) {
    const held = applyEvents(channels('A'), events(`Event: ${hold}\nChannel: A\nUniqueid: 1.1`), NOW);
    assert.equal(held.channels.get('1.1').held, true);
    const back = applyEvents(held, events(`Event: ${unhold}\nChannel: A\nUniqueid: 1.1`), NOW);
    assert.equal(back.channels.get('1.1').held, false);
  }
});

test('a picture is never changed, and shares what nothing happened to', () => {
  const before = channels('A', 'B');
  const [b] = [before.channels.get('1.2')];
  const after = applyEvents(before, events('Event: Newstate\nChannel: A\nUniqueid: 1.1\nState: Up'), NOW);
  assert.equal(before.channels.get('1.1').state, 'Ring');
  assert.equal(after.channels.get('1.1').state, 'Up');
  assert.equal(after.channels.get('1.2'), b);
  assert.equal(after.queues, before.queues);
});

test('an event that changes nothing gives the same picture', () => {
  const before = channels('A');
  const told = 'Event: Newstate\nChannel: A\nUniqueid: 1.1\nState: Ring';
  for (const text of [told, 'Event: Nonsense', 'Event: constructor', 'Ping: Pong']) {
    assert.equal(applyEvents(before, events(text), NOW), before, text);
  }
});

test('channels without anything in common are calls of their own, oldest first', () => {
  const later = applyEvent(channels('A'), {Event: 'Newchannel', Channel: 'B', Uniqueid: '1.2'}, NOW + 1);
  const earlier = applyEvent(later, {Event: 'Newchannel', Channel: 'C', Uniqueid: '1.3'}, NOW - 1);
  assert.deepEqual(groupCalls(earlier).map((call) => call.channels[0].channel), ['C', 'A', 'B']);
});

test('Linkedids, bridges, dialling and Local halves all tie a call together', () => {
  const apart = channels('Local/1@a-0001;1', 'Local/1@a-0001;2', 'SIP/2', 'SIP/3', 'SIP/4', 'SIP/5');
  assert.equal(groupCalls(apart).length, 5);
  const picture = applyEvents(apart, events(`
    Event: Link\nChannel1: Local/1@a-0001;2\nChannel2: SIP/2\nUniqueid1: 1.2\nUniqueid2: 1.3

    Event: Dial\nSource: SIP/2\nDestination: SIP/3\nSrcUniqueID: 1.3\nDestUniqueID: 1.4

    Event: Newstate\nChannel: SIP/3\nUniqueid: 1.4\nLinkedid: 1.9

    Event: Newstate\nChannel: SIP/4\nUniqueid: 1.5\nLinkedid: 1.9`), NOW);
  assert.deepEqual(groupCalls(picture).map((call) => call.channels.length), [5, 1]);
});
