/** www/astman/tabs.js: one stream for all tabs of a browser. */

import assert from 'node:assert/strict';
import test from 'node:test';

import {createAstman} from '../../www/astman/index.js';
import {browserOf, Server, settle, streams, Time} from './fakes.js';

const NEW = (Channel, Uniqueid) => ({Event: 'Newchannel', Channel, Uniqueid, State: 'Ring'});

/** A browser; tab() opens one more of its tabs. */
function browser({locks}) {
  const time = new Time();
  const server = new Server();
  const Stream = streams();
  const shared = browserOf({locks});
  let tabs = 0;

  function tab() {
    const number = ++tabs / 10;
    const hide = [];
    const made = {frozen: false};
    class Channel extends shared.BroadcastChannel {
      get frozen() {
        return made.frozen;
      }
    }
    const unless = (task) => () => made.frozen || task();
    const astman = createAstman({
      url: 'http://pbx/a/', fetch: server.fetch, EventSource: Stream, random: () => number,
      BroadcastChannel: Channel, locks: shared.locks,
      after: (milliseconds, task) => time.after(milliseconds, unless(task)),
      every: (milliseconds, task) => time.every(milliseconds, unless(task)),
      now: time.now,
      onHide: (task) => hide.push(task),
    });
    const events = [];
    astman.on('event', ({Channel}) => events.push(Channel));
    return Object.assign(made, {astman, events, hide: () => hide.forEach((task) => task())});
  }

  /** A tab that has resumed the session; the first one's stream opens. */
  async function resumed() {
    const made = tab();
    await made.astman.resume();
    await time.advance(1000); // long enough to see that nobody leads
    return made;
  }

  const open = () => Stream.opened.filter(({closed}) => !closed);
  return {time, server, Stream, tab, resumed, open};
}

for (const [how, locks] of [['by a lock', true], ['by talking, where there are no locks', false]]) {
  test(`${how}: three tabs have one stream, and all hear it`, async () => {
    const {resumed, open, Stream, time} = browser({locks});
    const tabs = [await resumed(), await resumed(), await resumed()];
    assert.equal(Stream.opened.length, 1);
    open()[0].open();
    open()[0].send('event', NEW('A', '1.1'), 'f-1');
    await time.advance(0);
    assert.deepEqual(tabs.map(({events}) => events), [['A'], ['A'], ['A']]);
    assert.deepEqual(tabs.map(({astman}) => astman.picture.channels.size), [1, 1, 1]);
  });

  test(`${how}: when the leading tab goes, another takes up the stream behind the last event`, async () => {
    const {resumed, open, time} = browser({locks});
    const [first, second] = [await resumed(), await resumed()];
    open()[0].open();
    open()[0].send('event', NEW('A', '1.1'), 'f-1');
    await time.advance(0);
    first.astman.close();
    await time.advance(1000);
    assert.equal(open().length, 1);
    assert.equal(open()[0].url.searchParams.get('since'), 'f-1');
    open()[0].send('event', NEW('B', '1.2'), 'f-2');
    assert.deepEqual(second.events, ['A', 'B']);
  });

  test(`${how}: a tab that came later, and heard nothing, takes up the stream at the same place`, async () => {
    const {resumed, open, time} = browser({locks});
    const first = await resumed();
    open()[0].open();
    open()[0].send('event', NEW('A', '1.1'), 'f-1');
    await resumed();
    first.astman.close();
    await time.advance(1000);
    assert.equal(open()[0].url.searchParams.get('since'), 'f-1');
  });

  test(`${how}: the link's state is the same in all tabs, also in one that comes later`, async () => {
    const {resumed, open, time} = browser({locks});
    const [first, second] = [await resumed(), await resumed()];
    open()[0].open();
    open()[0].send('down', {});
    await time.advance(0);
    const third = await resumed();
    for (const {astman} of [first, second, third]) {
      assert.deepEqual([astman.link.state, astman.link.reason], ['reconnecting', 'The PBX is away.']);
    }
  });

  test(`${how}: who logs off in one tab is logged off in all`, async () => {
    const {resumed, open, time} = browser({locks});
    const tabs = [await resumed(), await resumed()];
    open()[0].open();
    await tabs[1].astman.logoff();
    await time.advance(0);
    assert.deepEqual(tabs.map(({astman}) => astman.link.state), ['logged off', 'logged off']);
    assert.equal(open().length, 0);
  });

  test(`${how}: who logs in in one tab is logged in in all`, async () => {
    const {tab, server, open, time} = browser({locks});
    server.loggedIn = false;
    const [first, second] = [tab(), tab()];
    assert.equal(await first.astman.resume(), false);
    await second.astman.login({username: 'ann', secret: 'x'});
    await time.advance(2000);
    assert.deepEqual([first, second].map(({astman}) => astman.link.state), ['connected', 'connected']);
    assert.equal(open().length, 1);
  });

  test(`${how}: a login as somebody else begins anew in all tabs`, async () => {
    const {resumed, tab, open, Stream, time} = browser({locks});
    const first = await resumed();
    open()[0].open();
    open()[0].send('event', NEW('A', '1.1'), 'f-1');
    await tab().astman.login({username: 'bob', secret: 'x'});
    await time.advance(1000);
    assert.equal(first.astman.picture.channels.size, 0);
    assert.deepEqual(Stream.opened.map(({closed}) => closed), [true, false]);
    assert.equal(open()[0].url.search, '');
  });

  test(`${how}: a session that one tab finds dead is over in all`, async () => {
    const {resumed, server, open, time} = browser({locks});
    const tabs = [await resumed(), await resumed()];
    server.loggedIn = false;
    await tabs[1].astman.action({Action: 'Hangup', Channel: 'A'});
    await time.advance(0);
    assert.deepEqual(tabs.map(({astman}) => astman.link.state), ['logged off', 'logged off']);
    assert.equal(open().length, 0);
  });

  test(`${how}: pings are the leading tab's business`, async () => {
    const {resumed, server, open, time} = browser({locks});
    await resumed();
    await resumed();
    open()[0].open();
    await settle();
    server.log.length = 0;
    await time.advance(20000);
    assert.equal(server.sent('ping').length, 1);
  });
}

test('by talking: a tab that freezes is replaced after half a minute, and when it wakes one leads', async () => {
  const {resumed, open, Stream, time} = browser({locks: false});
  const [first, second] = [await resumed(), await resumed()];
  open()[0].send('event', NEW('A', '1.1'), 'f-1');
  await time.advance(0);
  first.frozen = true;
  await time.advance(29000);
  assert.equal(Stream.opened.length, 1);
  await time.advance(10000);
  assert.equal(Stream.opened.length, 2);
  assert.equal(Stream.last.url.searchParams.get('since'), 'f-1');
  Stream.last.send('event', NEW('B', '1.2'), 'f-2');
  assert.deepEqual(second.events, ['A', 'B']);
  first.frozen = false;
  await time.advance(30000);
  assert.equal(open().length, 1);
});

test('by talking: a page that goes says so, and is replaced at once', async () => {
  const {resumed, open, Stream, time} = browser({locks: false});
  const [first] = [await resumed(), await resumed()];
  first.hide();
  await time.advance(1000);
  assert.deepEqual([Stream.opened.length, open().length], [2, 1]);
});

test('by talking: of two leaders one steps down, and no event is heard twice', async () => {
  const {time, server, Stream, tab, open} = browser({locks: false});
  const [first, second] = [tab(), tab()];
  await Promise.all([first.astman.resume(), second.astman.resume()]);
  await time.advance(5000);
  assert.equal(open().length, 1);
  for (const stream of Stream.opened) stream.onopen();
  for (const stream of Stream.opened) stream.send('event', NEW('A', '1.1'), 'f-1');
  await time.advance(0);
  assert.deepEqual([first.events, second.events], [['A'], ['A']]);
  assert.ok(server.loggedIn);
});
