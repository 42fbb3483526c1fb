/** www/astman/sources.js: WaitEvent where there is no stream. */

import assert from 'node:assert/strict';
import test from 'node:test';

import {createAstman} from '../../www/astman/index.js';
import {Server, settle, streams, Time} from './fakes.js';

/** A server whose WaitEvents are answered by tell(events, place), a page that has no EventSource. */
async function page({EventSource = null, fetch} = {}) {
  const time = new Time();
  const server = new Server();
  const waits = [];
  server.answers.waitevent = (form) => new Promise((resolve) => {
    const last = (since) => ({Event: 'WaitEventComplete', ...(since === undefined ? {} : {Since: since})});
    const answer = (events, since) => resolve([{Response: 'Success'}, ...events, last(since)]);
    waits.push({form: Object.fromEntries(form), answer, resolve});
    if (form.get('Timeout') === '0') answer([], form.get('since') || 'f-3');
  });
  const {after, every, now} = time;
  const astman = createAstman({
    url: 'http://pbx/a/', fetch: fetch ?? server.fetch, EventSource, BroadcastChannel: null, locks: null,
    after, every, now, random: () => 1,
  });
  const heard = [];
  astman.on('event', ({Event}, id) => heard.push(`${Event} ${id}`));
  astman.on('link', ({state}) => heard.push(state));
  await astman.resume();
  await settle();
  return {astman, time, server, waits, heard};
}

test('the first wait only asks where now is, the lists follow, then the events from there', async () => {
  const {server, waits, heard} = await page();
  assert.deepEqual(waits.map(({form}) => [form.Timeout, form.since]), [['0', ''], ['20', 'f-3']]);
  const order = server.log.map((form) => form.get('Action'));
  assert.ok(order.indexOf('Status') > order.indexOf('WaitEvent'));
  waits[1].answer([{Event: 'A'}, {Event: 'B'}], 'f-5');
  await settle();
  assert.deepEqual(heard, ['connected', 'A ', 'B f-5']);
  assert.equal(waits[2].form.since, 'f-5');
});

test('a wait that ends without events is followed by the next', async () => {
  const {waits, heard} = await page();
  waits[1].answer([], 'f-3');
  await settle();
  assert.equal(waits[2].form.since, 'f-3');
  assert.deepEqual(heard, ['connected']);
});

test('a wait that was sent home empty-handed is repeated, but not at once', async () => {
  const {waits, heard, time} = await page();
  waits[1].resolve([]);
  await settle();
  assert.equal(waits.length, 2);
  assert.deepEqual(heard, ['connected', 'reconnecting']);
  await time.advance(1000);
  assert.equal(waits[2].form.since, 'f-3');
  assert.deepEqual(heard, ['connected', 'reconnecting', 'connected']);
});

test('a PBX that is away is waited for, and read anew when it is back', async () => {
  const {server, waits, heard, time} = await page();
  server.status = 503;
  waits[1].answer([], 'f-3');
  await time.advance(1000);
  server.log.length = 0;
  server.status = 200;
  await time.advance(2000);
  assert.deepEqual(heard, ['connected', 'reconnecting', 'connected']);
  assert.equal(server.sent('status').length, 1);
});

test('Asterisk\'s own server names no place, and is waited at all the same', async () => {
  const {server, waits, heard} = await page();
  waits[1].answer([{Event: 'A'}]);
  await settle();
  waits[2].answer([{Event: 'B'}]);
  await settle();
  assert.equal(waits[3].form.since, '');
  assert.deepEqual(heard, ['connected', 'A ', 'B ']);
  assert.equal(server.sent('status').length, 1);
});

test('a stream that fails twice though the session lives gives way to waits', async () => {
  const Stream = streams();
  const {waits, time} = await page({EventSource: Stream});
  Stream.last.fail();
  await time.advance(1000);
  assert.deepEqual([Stream.opened.length, waits.length], [2, 0]);
  Stream.last.fail();
  await time.advance(2000);
  assert.deepEqual([Stream.opened.length, waits.length], [2, 2]);
});

test('a stream that fails because there is no server keeps its chances', async () => {
  const Stream = streams();
  const {server, waits, time} = await page({EventSource: Stream});
  Stream.last.fail();
  server.reachable = false;
  await time.advance(10000);
  server.reachable = true;
  await time.advance(30000);
  Stream.last.fail();
  await time.advance(30000);
  assert.equal(waits.length, 0);
  assert.equal(Stream.opened.length, 3);
});
