/** www/astman/client.js and what it joins: login, actions, events, reconnecting. */

import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import test from 'node:test';

import {AstmanError, createAstman, refusal} from '../../www/astman/index.js';
import {backoff} from '../../www/astman/link.js';
import {answer} from './captures.js';
import {Server, settle, streams, Time} from './fakes.js';

const NEW = (Channel, Uniqueid) => ({Event: 'Newchannel', Channel, Uniqueid, State: 'Ring'});
const LIST = (...items) => [{Response: 'Success'}, ...items, {Event: 'ListComplete'}];

/** A page: its astman, and all that surrounds it. `heard` is what it told its listeners. */
function page(options = {}) {
  const time = new Time();
  const server = new Server();
  const Stream = streams();
  const {after, every, now} = time;
  const astman = createAstman({
    url: 'http://pbx/asterisk/', fetch: server.fetch, EventSource: Stream, BroadcastChannel: null, locks: null,
    after, every, now, random: () => 1, ...options,
  });
  const heard = [];
  astman.on('link', ({state, reason}) => heard.push(`${state}: ${reason}`));
  astman.on('event', ({Event}, id) => heard.push(`${Event} ${id}`));
  astman.on('gap', (dropped) => heard.push(`gap ${dropped}`));
  return {astman, time, server, Stream, heard};
}

/** A page that is logged in, its stream open, its lists read. */
async function connected(options) {
  const made = page(options);
  await made.astman.login({username: 'ann', secret: 'mysecret'});
  made.Stream.last?.open();
  await settle();
  made.server.log.length = 0;
  made.heard.length = 0;
  return made;
}

test('over plain HTTP the secret never travels', async () => {
  const {astman, server} = page();
  assert.equal(refusal(await astman.login({username: 'ann', secret: 'mysecret'})), '');
  const key = createHash('md5').update('754868201mysecret').digest('hex');
  assert.deepEqual(server.sent('login'), [{Action: 'Login', AuthType: 'MD5', Username: 'ann', Key: key}]);
  assert.ok(!server.log.join().includes('mysecret'));
});

test('over TLS the secret is sent, in a body', async () => {
  const {astman, server} = page({url: 'https://pbx/asterisk/'});
  await astman.login({username: 'ann', secret: 'mysecret'});
  assert.deepEqual(server.sent('login'), [{Action: 'Login', Username: 'ann', Secret: 'mysecret'}]);
});

test('a refused challenge does not make the secret travel after all', async () => {
  const {astman, server} = page();
  server.answers.challenge = [{Response: 'Error', Message: 'Must specify AuthType'}];
  assert.equal(refusal(await astman.login({username: 'ann', secret: 'mysecret'})), 'Must specify AuthType');
  server.answers.challenge = [{Response: 'Success'}];
  assert.match(refusal(await astman.login({username: 'ann', secret: 'mysecret'})), /no challenge/);
  assert.deepEqual(server.sent('login'), []);
  assert.equal(astman.link.state, 'logged off');
});

test('a refused login says why, and nothing begins', async () => {
  const {astman, server, Stream} = page();
  server.answers.login = [{Response: 'Error', Message: 'Authentication failed'}];
  assert.equal(refusal(await astman.login({username: 'ann', secret: 'x'})), 'Authentication failed');
  assert.equal(astman.link.state, 'logged off');
  assert.equal(Stream.last, undefined);
});

test('a login in a session that is somebody else\'s ends that one first', async () => {
  const {astman, server} = page();
  let as = 'ann';
  server.answers.logoff = () => {
    as = '';
    return [{Response: 'Goodbye'}];
  };
  server.answers.login = (form) => {
    if (as) return [{Response: 'Success', Message: 'Already authenticated'}];
    as = form.get('Username');
    return [{Response: 'Success', Message: 'Authentication accepted'}];
  };
  assert.equal(refusal(await astman.login({username: 'bob', secret: 'x'})), '');
  assert.equal(as, 'bob');
});

test('a session that the browser still has goes on without a login', async () => {
  const {astman, server, Stream} = page();
  assert.equal(await astman.resume(), true);
  assert.equal(astman.link.state, 'connected');
  assert.equal(Stream.opened.length, 1);
  server.loggedIn = false;
  assert.equal(await page({fetch: server.fetch}).astman.resume(), false);
  server.reachable = false;
  await assert.rejects(page({fetch: server.fetch}).astman.resume(), AstmanError);
});

test('the lists are read when the stream is open, and not before: nothing may fall between', async () => {
  const {astman, server, Stream} = page();
  server.answers.status = answer('22', 'status');
  await astman.login({username: 'ann', secret: 'x'});
  await settle();
  assert.deepEqual(server.sent('status'), []);
  Stream.last.open();
  await settle();
  assert.equal(astman.picture.channels.size, 4);
  assert.deepEqual(astman.reads.get('Status'), {refusal: '', at: 1_000_000_000_000});
  assert.match(astman.reads.get('QueueStatus').refusal, /unknown command/);
});

test('where Status is refused CoreShowChannels is asked', async () => {
  const {astman, server, Stream} = page();
  server.answers.coreshowchannels = answer('22', 'coreshowchannels');
  await astman.resume();
  Stream.last.open();
  await settle();
  assert.equal(astman.picture.channels.size, 4);
});

test('who is in each conference is asked', async () => {
  const {astman, server, Stream} = page();
  server.answers.confbridgelistrooms = answer('22', 'confbridge-rooms');
  server.answers.confbridgelist = LIST({Event: 'ConfbridgeList', Conference: 'room', Channel: 'A', Uniqueid: '1.1'});
  await astman.resume();
  Stream.last.open();
  await settle();
  assert.deepEqual(server.sent('confbridgelist'), [{Action: 'ConfbridgeList', Conference: 'room'}]);
  assert.equal(astman.picture.participants.size, 1);
});

test('events change the picture and are told, with their number', async () => {
  const {astman, Stream, heard} = await connected();
  const pictures = [];
  astman.on('picture', (picture, before) => pictures.push([before.channels.size, picture.channels.size]));
  Stream.last.send('event', NEW('A', '1.1'), 'f-1');
  Stream.last.send('event', {Event: 'VarSet'}, 'f-2');
  assert.deepEqual(heard, ['Newchannel f-1', 'VarSet f-2']);
  assert.deepEqual(pictures, [[0, 1]]);
});

test('an event that comes while a list is on its way is not undone by it', async () => {
  const {astman, server, Stream} = await connected();
  let give;
  server.answers.status = () => new Promise((resolve) => {
    give = () => resolve(LIST({Event: 'Status', Channel: 'A', Uniqueid: '1.1', State: 'Up'}));
  });
  Stream.last.send('event', NEW('A', '1.1'), 'f-1');
  const refreshed = astman.refresh();
  await settle(); // the list is made here: A is there, B is not
  Stream.last.send('event', NEW('B', '1.2'), 'f-2');
  Stream.last.send('event', {Event: 'Hangup', Channel: 'A', Uniqueid: '1.1'}, 'f-3');
  give();
  await refreshed;
  assert.deepEqual([...astman.picture.channels.values()].map(({channel}) => channel), ['B']);
});

test('a list that was asked for in a session that is over is not for the next one', async () => {
  const {astman, server, Stream} = await connected();
  let give;
  server.answers.status = () => new Promise((resolve) => {
    give = () => resolve(LIST({Event: 'Status', Channel: 'A', Uniqueid: '1.1', State: 'Up'}));
  });
  const refreshed = astman.refresh();
  await settle();
  await astman.logoff();
  astman.on('picture', () => assert.fail('there is nothing to be seen'));
  server.answers.status = LIST();
  await astman.login({username: 'bob', secret: 'x'});
  Stream.last.open();
  give();
  await refreshed;
  assert.equal(astman.picture.channels.size, 0);
});

test('an event that comes once more, as from two tabs, is heard once; another feed counts anew', async () => {
  const {Stream, heard} = await connected();
  for (const id of ['f-9', 'f-10', 'f-10', 'f-9', 'f-11', 'g-1', 'g-2']) Stream.last.send('event', {Event: 'X'}, id);
  assert.deepEqual(heard, ['X f-9', 'X f-10', 'X f-11', 'X g-1', 'X g-2']);
});

test('an action is answered with what the manager says, refusals too', async () => {
  const {astman, server} = await connected();
  server.answers.originate = [{Response: 'Error', Message: 'Extension does not exist.'}];
  const action = {Action: 'Originate', Channel: 'SIP/1', Variable: ['a=1', 'b=2'], Account: undefined};
  const said = await astman.action(action);
  assert.equal(refusal(said), 'Extension does not exist.');
  assert.equal(String(server.log[0]), 'Action=Originate&Channel=SIP%2F1&Variable=a%3D1&Variable=b%3D2');
});

test('an action without an answer is an AstmanError', async () => {
  const {astman, server, time} = await connected();
  server.reachable = false;
  await assert.rejects(astman.action({Action: 'Ping'}), {name: 'AstmanError', status: 0, message: /cannot be reached/});
  server.reachable = true;
  server.status = 400;
  await assert.rejects(astman.action({Action: 'Ping'}), {name: 'AstmanError', status: 400});
  server.status = 200;
  server.answers.originate = (form, signal) => new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(new DOMException('aborted', 'AbortError')));
  });
  const late = assert.rejects(astman.action({Action: 'Originate'}, {timeout: 5000}), /not answered within 5 seconds/);
  await time.advance(5000);
  await late;
});

test('an action that the PBX is away for is answered with that', async () => {
  const {astman, server} = await connected();
  server.status = 503;
  assert.equal(refusal(await astman.action({Action: 'Hangup', Channel: 'A'})), 'The PBX is away');
});

test('a command gives its lines, on 1.4 and on 22', async () => {
  const {astman, server} = await connected();
  for (const version of ['14', '22']) {
    server.answers.command = answer(version, 'command-version');
    const lines = await astman.command('core show version');
    assert.equal(lines.length, 1);
    assert.match(lines[0], /^Asterisk /);
  }
  server.answers.command = [{Response: 'Error', Message: 'Permission denied'}];
  await assert.rejects(astman.command('x'), /Permission denied/);
});

test('a right that is missing is not the end of the session', async () => {
  const {astman, server} = await connected();
  server.answers.command = [{Response: 'Error', Message: 'Permission denied'}];
  await astman.action({Action: 'Command'});
  assert.equal(astman.link.state, 'connected');
});

test('a session that has ended is, as soon as an action shows it', async () => {
  const {astman, server, Stream, heard} = await connected();
  Stream.last.send('event', NEW('A', '1.1'), 'f-1');
  server.loggedIn = false;
  await astman.action({Action: 'Hangup', Channel: 'A'});
  assert.deepEqual(heard.slice(1), ['logged off: The session has ended.']);
  assert.equal(Stream.last.closed, true);
  assert.equal(astman.picture.channels.size, 0);
});

test('logging off ends it all, and says nothing of an error', async () => {
  const {astman, server, Stream, heard, time} = await connected();
  await astman.logoff();
  assert.deepEqual(heard, ['logged off: Logged off.']);
  assert.equal(Stream.last.closed, true);
  server.log.length = 0;
  await time.advance(600000);
  assert.equal(server.log.length, 0);
});

test('its methods may be handed on without it', async () => {
  const {astman: {logoff, action}, heard} = await connected();
  assert.equal(refusal(await action({Action: 'Ping'})), '');
  await logoff();
  assert.deepEqual(heard, ['logged off: Logged off.']);
});

test('the session is pinged every third of httptimeout', async () => {
  const {server, time, astman} = await connected({httptimeout: 90});
  await time.advance(29999);
  assert.equal(server.sent('ping').length, 0);
  await time.advance(1);
  assert.equal(server.sent('ping').length, 1);
  await time.advance(60000);
  assert.equal(server.sent('ping').length, 3);
  assert.equal(astman.heard, time.now());
});

test('a stream that breaks off is taken up behind the last event, and no list is read for it', async () => {
  const {server, time, Stream, heard} = await connected();
  Stream.last.send('event', NEW('A', '1.1'), 'f-7');
  Stream.last.fail();
  assert.equal(Stream.last.closed, true);
  await time.advance(1000);
  assert.equal(Stream.opened.length, 2);
  assert.equal(Stream.last.url.searchParams.get('since'), 'f-7');
  Stream.last.open();
  await settle();
  assert.deepEqual(heard, ['Newchannel f-7', 'reconnecting: The stream of events broke off.', 'connected: ']);
  assert.equal(server.sent('status').length, 0);
});

test('a stream that breaks off before its first event is begun anew, and so are the lists', async () => {
  const {server, time, Stream} = await connected();
  Stream.last.fail();
  await time.advance(1000);
  assert.equal(Stream.last.url.search, '');
  Stream.last.open();
  await settle();
  assert.equal(server.sent('status').length, 1);
});

test('a server that is away is asked at 1, 2, 4, 8, 16 and then every 30 seconds', async () => {
  const {server, time, Stream, astman} = await connected();
  server.reachable = false;
  Stream.last.fail();
  const asked = [];
  for (let second = 1; second <= 125; second++) {
    server.log.length = 0;
    await time.advance(1000);
    if (server.log.length) asked.push(second);
  }
  assert.deepEqual(asked, [1, 3, 7, 15, 31, 61, 91, 121]);
  assert.equal(astman.link.state, 'reconnecting');
  server.reachable = true;
  await time.advance(30000);
  assert.equal(Stream.opened.length, 2);
});

test('browsers do not come back all at once', () => {
  assert.equal(backoff(3, () => 0), 4000);
  assert.equal(backoff(3, () => 1), 8000);
  assert.equal(backoff(60, () => 1), 30000);
});

test('a stream that opens and breaks off again and again is asked for less and less', async () => {
  const {time, Stream} = await connected();
  const waits = [];
  for (const expected of [1000, 2000, 4000, 8000]) {
    const {length} = Stream.opened;
    Stream.last.fail();
    await time.advance(expected - 1);
    assert.equal(Stream.opened.length, length);
    await time.advance(1);
    waits.push(Stream.opened.length - length);
    Stream.last.open();
  }
  assert.deepEqual(waits, [1, 1, 1, 1]);
});

test('a stream that held until the next ping is asked for at once again', async () => {
  const {time, Stream} = await connected();
  for (const expected of [2, 3, 4]) {
    Stream.last.fail();
    await time.advance(1000);
    assert.equal(Stream.opened.length, expected);
    Stream.last.open();
    await time.advance(20000);
  }
});

test('a session that ended while the server was away is over when it is back', async () => {
  const {server, time, Stream, heard} = await connected();
  server.loggedIn = false;
  Stream.last.fail();
  await time.advance(1000);
  assert.deepEqual(heard.at(-1), 'logged off: The session has ended.');
  assert.equal(Stream.opened.length, 1);
});

test('a link that dies without a sign is found by the ping', async () => {
  const {server, time, Stream, heard} = await connected();
  server.reachable = false;
  await time.advance(20000);
  assert.deepEqual(heard, ['reconnecting: The server does not answer.']);
  assert.equal(Stream.last.closed, true);
});

test('a machine that slept takes its stream up anew: it looks open and is not', async () => {
  const {time, Stream} = await connected();
  Stream.last.send('event', NEW('A', '1.1'), 'f-1');
  time.sleep(3600000);
  await time.advance(20000);
  assert.deepEqual(Stream.opened.map(({closed}) => closed), [true, false]);
  assert.equal(Stream.last.url.searchParams.get('since'), 'f-1');
});

test('while the PBX is away the link says so, and when it is back all is read anew', async () => {
  const {astman, server, Stream, heard} = await connected();
  Stream.last.send('event', NEW('A', '1.1'), 'f-1');
  Stream.last.send('down', {});
  assert.deepEqual(heard.slice(1), ['reconnecting: The PBX is away.']);
  server.answers.status = LIST();
  Stream.last.send('up', {});
  await settle();
  assert.deepEqual(heard.slice(2), ['connected: ']);
  assert.equal(astman.picture.channels.size, 0);
});

test('a gap is told and closed by reading anew', async () => {
  const {server, Stream, heard} = await connected();
  Stream.last.send('gap', {dropped: 12}, 'f-20');
  await settle();
  assert.deepEqual(heard, ['gap 12']);
  assert.equal(server.sent('status').length, 1);
});

test('a PBX that has booted is read anew', async () => {
  const {server, Stream} = await connected();
  Stream.last.send('event', {Event: 'FullyBooted'}, 'f-1');
  await settle();
  assert.equal(server.sent('status').length, 1);
});

test('what is asked for while the lists are read is one more reading, however often', async () => {
  const {astman, server} = await connected();
  await Promise.all([astman.refresh(), astman.refresh(), astman.refresh()]);
  assert.equal(server.sent('status').length, 2);
});

test('an end of the session that the server tells is the end', async () => {
  const {Stream, heard} = await connected();
  Stream.last.send('end', {reason: 'Logged off elsewhere.'});
  assert.deepEqual(heard, ['logged off: Logged off elsewhere.']);
  assert.equal(Stream.last.closed, true);
});

test('filters go with the stream', async () => {
  const {Stream} = await connected({filters: [['event', 'Hangup'], ['event', 'Newchannel'], ['Queue', 'a b']]});
  assert.equal(Stream.last.url.search, '?event=Hangup&event=Newchannel&Queue=a+b');
});

test('a listener that throws does not keep the others from hearing', async (context) => {
  const {astman, Stream} = await connected();
  const thrown = [];
  const handler = (error) => thrown.push(error.message);
  process.setUncaughtExceptionCaptureCallback(handler);
  context.after(() => process.setUncaughtExceptionCaptureCallback(null));
  const heard = [];
  astman.on('event', () => {
    throw new Error('mine');
  });
  const stop = astman.on('event', ({Event}) => heard.push(Event));
  Stream.last.send('event', {Event: 'One'}, 'f-1');
  await settle();
  stop();
  Stream.last.send('event', {Event: 'Two'}, 'f-2');
  await settle();
  assert.deepEqual(heard, ['One']);
  assert.deepEqual(thrown, ['mine', 'mine']);
});

test('a page that is closed leaves the session to the others', async () => {
  const {astman, server, Stream, heard} = await connected();
  astman.close();
  assert.equal(Stream.last.closed, true);
  assert.deepEqual(server.sent('logoff'), []);
  assert.deepEqual(heard, []);
});

test('Asterisk\'s own server, which has no mjson, is asked for rawman', async () => {
  const {astman, server, Stream} = page();
  server.forms = ['rawman'];
  server.answers.status = answer('22', 'status');
  await astman.login({username: 'ann', secret: 'x'});
  Stream.last.open();
  await settle();
  assert.equal(astman.picture.channels.size, 4);
});
