/** How fast a picture is kept: 1,000 channels and 50 events a second must leave a page nearly all of its time. */

import assert from 'node:assert/strict';
import test from 'node:test';

import {applyEvent, applyEvents, EMPTY, groupCalls, readAnswer} from '../../www/astman/index.js';

const CHANNELS = 1000;
const EVENTS = 5000;
const LEAST = 500; // events a second, ten times what is wanted; 8,000 to 12,000 were measured on an idle core

const channel = (at) => ({
  Channel: `PJSIP/${at}-${at.toString(16).padStart(8, '0')}`, ChannelState: '6', ChannelStateDesc: 'Up',
  CallerIDNum: `${at}`, CallerIDName: 'Ann', ConnectedLineNum: '<unknown>', ConnectedLineName: '<unknown>',
  Language: 'en', AccountCode: '', Context: 'default', Exten: '100', Priority: '1', Uniqueid: `1795396594.${at}`,
  Linkedid: `1795396594.${at - at % 2}`,
});

const full = applyEvents(EMPTY, [...Array(CHANNELS).keys()].map((at) => ({Event: 'Newchannel', ...channel(at)})), 0);

/** How many times a second a task is done. */
function rate(times, task) {
  const start = performance.now();
  for (let at = 0; at < times; at++) task(at);
  return times / (performance.now() - start) * 1000;
}

test(`with ${CHANNELS} channels ${LEAST} events a second are no effort, each one a picture of its own`, (context) => {
  let picture = full;
  const events = rate(EVENTS, (at) => {
    const changes = {ChannelStateDesc: at % 2 ? 'Up' : 'Ringing', Priority: `${at}`};
    picture = applyEvent(picture, {Event: 'Newstate', ...channel(at % CHANNELS), ...changes}, at);
  });
  context.diagnostic(`${Math.round(events)} events a second`);
  assert.equal(picture.channels.size, CHANNELS);
  assert.equal(picture.channels.get('1795396594.999').priority, '4999');
  assert.ok(events > LEAST, `${events} events a second`);
});

test('a Status of as many channels, and their calls, take less than half a second', (context) => {
  const items = [...Array(CHANNELS).keys()].map((at) => ({Event: 'Status', ...channel(at), Seconds: '7'}));
  const answer = [{Response: 'Success'}, ...items, {Event: 'StatusComplete'}];
  const reads = rate(20, () => readAnswer(full, {Action: 'Status'}, answer, 0));
  const groups = rate(20, () => assert.equal(groupCalls(full).length, CHANNELS / 2));
  context.diagnostic(`${Math.round(reads)} answers a second, ${Math.round(groups)} groupings a second`);
  assert.ok(1 / reads + 1 / groups < 0.5);
});
