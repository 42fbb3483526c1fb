/**
 * The library against a server that runs: node live.js http://host:port/asterisk/ [stream|waits] channel
 *
 * Logs in by challenge as demo, reads the picture, sees a call come and go by events, logs off.
 * Ends with 0 and says how the events came, or with an error. test_javascript.py runs it.
 */

import assert from 'node:assert/strict';

import {createAstman, groupCalls, refusal} from '../../www/astman/index.js';

const PATIENCE = 15000; // ms for anything to happen

let cookie = '';
let streamed = false;

/** fetch() with the one cookie that a browser would keep. */
async function fetchWithCookie(url, options = {}) {
  const response = await fetch(url, {...options, headers: {...options.headers, Cookie: cookie}});
  const [set] = response.headers.getSetCookie();
  if (set) cookie = set.split(';')[0];
  return response;
}

/** As much of EventSource as the library uses. */
class EventSource {
  #aborter = new AbortController();
  #listeners = new Map();
  #lastEventId = '';

  constructor(url) {
    this.#read(url).catch(() => {}).finally(() => this.#aborter.signal.aborted || this.onerror());
  }

  addEventListener(name, listener) {
    this.#listeners.set(name, listener);
  }

  close() {
    this.#aborter.abort();
  }

  async #read(url) {
    const response = await fetchWithCookie(url, {signal: this.#aborter.signal});
    if (response.status !== 200) return;
    assert.match(response.headers.get('content-type'), /^text\/event-stream/);
    streamed = true;
    this.onopen();
    let text = '';
    for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
      const messages = (text + piece).split('\n\n');
      text = messages.pop();
      messages.forEach((message) => this.#dispatch(message.split('\n')));
    }
  }

  #dispatch(lines) {
    const value = (name) => lines.find((line) => line.startsWith(`${name}:`))?.slice(name.length + 1).trim();
    this.#lastEventId = value('id') ?? this.#lastEventId;
    const message = {data: value('data'), lastEventId: this.#lastEventId};
    if (message.data === undefined) return;
    if (value('event')) this.#listeners.get(value('event'))?.(message);
    else this.onmessage(message);
  }
}

/** Waits until a picture shows what is wanted. */
function until(astman, wanted) {
  if (wanted(astman.picture)) return astman.picture;
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`not seen: ${wanted}`)), PATIENCE);
    const stop = astman.on('picture', (picture) => {
      if (!wanted(picture)) return;
      clearTimeout(timer);
      stop();
      resolve(picture);
    });
  });
}

const [url, way, channel] = process.argv.slice(2);
const astman = createAstman({
  url, fetch: fetchWithCookie, EventSource: way === 'stream' ? EventSource : null, BroadcastChannel: null,
});

assert.equal(await astman.resume(), false, 'nobody is logged in');
assert.match(refusal(await astman.login({username: 'demo', secret: 'wrong'})), /Authentication failed/);
assert.equal(refusal(await astman.login({username: 'demo', secret: 'demo'})), '');
assert.equal(astman.link.state, 'connected');

await until(astman, () => astman.reads.has('BridgeList'));
const before = new Set(astman.picture.channels.keys());
const numbers = [];
astman.on('event', (message, id) => id && numbers.push(id));
const originated = await astman.action({
  Action: 'Originate', Channel: channel, Context: 'default', Exten: '100', Priority: '1', CallerID: '"A <b>" <7001>',
  Timeout: '5000', Async: 'true',
});
assert.equal(refusal(originated), '');

const mine = (picture) => [...picture.channels.values()].filter(({key}) => !before.has(key));
const up = await until(astman, (picture) => mine(picture).length && mine(picture).every(({state}) => state === 'Up'));
assert.ok(groupCalls(up).some((call) => call.channels.some(({callerIDName}) => callerIDName === 'A <b>')));
for (const {channel: name} of mine(up)) await astman.action({Action: 'Hangup', Channel: name});
await until(astman, (picture) => !mine(picture).length);

const kept = [...astman.picture.channels.keys()].sort();
await astman.refresh();
assert.deepEqual([...astman.picture.channels.keys()].sort(), kept, 'events and lists agree');
assert.ok((await astman.command('core show version')).join().includes('Asterisk'));

await astman.logoff();
assert.equal(astman.link.state, 'logged off');
assert.equal(await astman.resume(), false, 'and the server knows it');
astman.close();
process.stdout.write(`${streamed ? 'stream' : 'waits'}, ${numbers.length ? 'numbered' : 'not numbered'}\n`);
