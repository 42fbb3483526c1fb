/** www/astman.js: the plain script, and the astmanEngine that pages of 2006 know. */

import assert from 'node:assert/strict';
import {readdirSync, readFileSync} from 'node:fs';
import test from 'node:test';
import {fileURLToPath} from 'node:url';
import vm from 'node:vm';

import {answer, callEvents} from './captures.js';
import {raw, Server, settle, Time} from './fakes.js';

const SCRIPT = fileURLToPath(new URL('../../www/astman.js', import.meta.url));
const EVIL = '"><img src=x onerror=alert(1)>';

/** A window in which the script was run as a page runs it, after what `more` gives it. */
async function windowWith(more = {}) {
  const time = new Time();
  const server = new Server();
  const alerts = [];
  const window = vm.createContext({
    URLSearchParams,
    fetch: (url, options) => server.fetch(new URL(url, 'http://pbx/asterisk/static/old.html'), options),
    setTimeout: (task, milliseconds) => time.after(milliseconds, task),
    alert: (text) => alerts.push(text),
    ...more,
  });
  new vm.Script(readFileSync(SCRIPT, 'utf8'), {
    filename: SCRIPT, importModuleDynamically: vm.constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  }).runInContext(window);
  return {window, engine: window.astmanEngine, time, server, alerts};
}

/** The same, once its modules are there. */
async function ready(more) {
  const made = await windowWith(more);
  await made.window.ajam.ready;
  return made;
}

/** What a page of 2006 does: looks whether it is logged in, asks for the channels, and follows the events. */
function oldPage(engine) {
  const page = {loggedIn: false, table: '', selected: null, polls: 0};

  function show(messages) {
    for (let i = 1; i < messages.length - 1; i++) engine.channelUpdate(messages[i]);
    page.table = engine.channelTable((channel) => {
      page.selected = channel;
    });
  }

  engine.setURL('../rawman');
  engine.setEventCallback((messages) => {
    if (!page.loggedIn) return;
    page.polls += 1;
    show(messages);
    engine.pollEvents();
  });
  engine.sendRequest('action=ping', (messages) => {
    page.loggedIn = messages[0].headers['response'] == 'Pong'; // as such pages compare
    if (!page.loggedIn) return;
    engine.pollEvents();
    engine.sendRequest('action=status', show);
  });
  return page;
}

/** The page opened, as far as it comes by itself. */
async function openPage({engine, window}) {
  const page = oldPage(engine);
  await window.ajam.ready;
  await settle();
  return page;
}

/** WaitEvents that are answered by hand; the one for no time is answered at once. */
function waiting(server, {places = true} = {}) {
  const waits = [];
  const wrapped = (events, Since) => [
    {Response: 'Success'}, ...events, {Event: 'WaitEventComplete', ...(places ? {Since} : {})},
  ];
  server.answers.waitevent = (form) => {
    if (form.get('timeout') === '0') return wrapped([], 'f-0');
    return new Promise((resolve) => {
      waits.push({since: form.get('since'), resolve, give: (events, place = 'f-9') => resolve(wrapped(events, place))});
    });
  };
  return waits;
}

/** The texts of a table's cells, row by row, without the headings. */
function cells(table) {
  const rows = table.match(/<tr class='chanlist.*/g) ?? [];
  return rows.map((row) => row.match(/<td>.*?<\/td>/g).map((cell) => cell.replace(/<[^>]*>/g, '')));
}

for (const version of ['14', '16', '22']) {
  test(`a page of 2006 sees on ${version} that it is logged in, and the channels`, async () => {
    const made = await windowWith();
    const {server} = made;
    Object.assign(server.answers, {ping: answer(version, 'ping'), status: answer(version, 'status')});
    waiting(server);
    const page = await openPage(made);
    assert.equal(page.loggedIn, true);
    const [first] = cells(page.table);
    assert.match(first[0], /^Local\/[17]00@default-/);
    assert.deepEqual(first.slice(1), ['Up', 'Unknown', version === '14' ? '100@default:2' : '700@default:3', 'None']);
  });

  test(`a page of 2006 follows a call on ${version} from its first event to its last`, async () => {
    const made = await windowWith();
    const {server} = made;
    server.answers.ping = answer(version, 'ping');
    server.answers.status = [{Response: 'Success'}, {Event: 'StatusComplete'}];
    const waits = waiting(server);
    const page = await openPage(made);
    assert.match(page.table, /No active channels/);
    const events = callEvents(version);
    const answered = events.findIndex(({Event}) => Event === 'OriginateResponse');
    waits[0].give(events.slice(0, answered), 'f-1');
    await settle();
    const [one, other] = cells(page.table);
    assert.deepEqual(one.slice(1, 3), ['Up', 'Ann &lt;b&gt; &lt;101&gt;']);
    assert.equal(other[3], '100@default:1');
    waits[1].give(events.slice(answered), 'f-2');
    await settle();
    assert.match(page.table, /No active channels/);
    assert.deepEqual(waits.map(({since}) => since), ['f-0', 'f-1', 'f-2']);
  });

  test(`a page of 2006 sees on ${version} that it is not logged in`, async () => {
    const made = await windowWith();
    const {server} = made;
    server.loggedIn = false;
    const page = await openPage(made);
    assert.equal(page.loggedIn, false);
    assert.equal(server.sent('waitevent').length, 0);
  });
}

const LINKS = {
  1.4: [{Event: 'Link', Channel1: 'SIP/1-a', Channel2: 'SIP/2-b', Uniqueid1: '1.1', Uniqueid2: '1.2'}],
  1.8: [{
    Event: 'Bridge', Bridgestate: 'Link', Channel1: 'SIP/1-a', Channel2: 'SIP/2-b', Uniqueid1: '1.1', Uniqueid2: '1.2',
  }],
  22: ['SIP/1-a 1.1', 'SIP/2-b 1.2'].map((each) => each.split(' ')).map(([Channel, Uniqueid]) => (
    {Event: 'BridgeEnter', BridgeUniqueid: 'b', Channel, Uniqueid})),
};

/** An engine that has heard of channels, by Newchannel, and of what else is given. */
async function engineWith(channels, events = [], more = {}) {
  const made = await ready(more);
  const fieldsOf = (channel) => (typeof channel === 'string' ? {Channel: channel} : channel);
  const named = channels.map((channel, at) => ({Event: 'Newchannel', Uniqueid: `1.${at + 1}`, ...fieldsOf(channel)}));
  made.engine.parseResponse({responseText: raw([...named, ...events])}, (messages) => {
    messages.forEach((message) => made.engine.channelUpdate(message));
  });
  return made;
}

for (const [version, events] of Object.entries(LINKS)) {
  test(`who talks with whom on ${version} is in the column Link`, async () => {
    const {engine} = await engineWith(['SIP/1-a', 'SIP/2-b', 'SIP/3-c'], events);
    assert.deepEqual(cells(engine.channelTable()).map((row) => row[4]), ['SIP/2-b', 'SIP/1-a', 'None']);
    assert.equal(engine.channelInfo('SIP/1-a').link, 'SIP/2-b');
    assert.equal('link' in engine.channelInfo('SIP/3-c'), false);
  });
}

test('channelInfo has the names of 1.4, whatever the PBX says', async () => {
  const {engine} = await engineWith([{
    Channel: 'SIP/1-a', ChannelStateDesc: 'Ringing', CallerIDNum: '101', CallerIDName: 'Ann', Context: 'default',
    Exten: '100', Priority: '1', AccountCode: 'x', Uniqueid: '1.1',
  }]);
  assert.deepEqual({...engine.channelInfo('SIP/1-a')}, {
    channel: 'SIP/1-a', callerid: '101', calleridname: 'Ann', context: 'default', extension: '100', priority: '1',
    account: 'x', state: 'Ringing', uniqueid: '1.1',
  });
  assert.equal(engine.channelInfo('SIP/2-b'), undefined);
  engine.channelClear();
  assert.equal(engine.channelInfo('SIP/1-a'), undefined);
});

test('markup stays text wherever it comes from', async () => {
  const {engine} = await engineWith([{
    Channel: EVIL, ChannelStateDesc: EVIL, CallerIDNum: EVIL, CallerIDName: EVIL, Context: EVIL, Exten: EVIL,
    Priority: EVIL, Uniqueid: '1.1',
  }, 'SIP/2-b'], [{Event: 'Link', Channel1: EVIL, Channel2: 'SIP/2-b', Uniqueid1: '1.1', Uniqueid2: '1.2'}]);
  const table = engine.channelTable();
  const tags = new Set(table.match(/<[^>]*>/g));
  for (const tag of tags) assert.match(tag, /^<\/?(table|tr|td|i)\b[^"<>]*>$/);
  assert.ok(!table.includes('<img') && !table.includes('"'));
});

test('a channel\'s id is harmless in HTML and in a query, and means the channel', async () => {
  const name = `SIP/a&b+c%d ${EVIL}'-01`;
  const {engine} = await engineWith([name]);
  const [, id] = engine.channelTable().match(/<tr class='chanlisteven' id='([^']*)'/);
  assert.match(id, /^[^<>&"'\s]+$/);
  assert.equal(new URLSearchParams(`action=hangup&channel=${id}`).get('channel'), name);
  assert.equal(engine.channelInfo(id).channel, id);
  assert.equal(engine.channelInfo(name).channel, id);
});

test('an ordinary channel\'s id is its name', async () => {
  for (const name of ['SIP/100-0000001f', 'Local/100@default-00000000;1', 'Local/100@default-d5e7,2', 'Zap/1-1']) {
    const {engine} = await engineWith([name]);
    assert.ok(engine.channelTable().includes(`id='${name}'`), name);
  }
});

/** Enough of a document for a table's rows: elements by id, and who listens for clicks. */
function fakeDocument(ids) {
  const table = {dataset: {astman: '0'}, id: '', className: 'chantable'};
  const parent = {id: '', children: []};
  const rows = ids.map((id) => ({id, className: '', parentNode: parent, closest: () => table}));
  parent.children = [{id: 'labels'}, ...rows];
  const cell = (row) => ({id: '', parentNode: row, closest: () => row});
  const listeners = {};
  return {
    rows, cell, table,
    click: (target) => listeners.click({target}),
    document: {
      getElementById: (id) => rows.find((row) => row.id === id) ?? null,
      addEventListener: (name, listener) => {
        listeners[name] = listener;
      },
    },
  };
}

test('a click in a row selects it and tells its channel, and the row before looks like the others again', async () => {
  const {document, rows, cell, click} = fakeDocument(['SIP/1-a', 'SIP/2-b']);
  const {engine} = await engineWith(['SIP/1-a', 'SIP/2-b'], [], {document});
  const chosen = [];
  engine.channelTable((channel) => chosen.push(channel));
  click(cell(rows[1]));
  click(cell(rows[0]));
  assert.deepEqual(chosen, ['SIP/2-b', 'SIP/1-a']);
  assert.deepEqual(rows.map(({className}) => className), ['chanlistselected', 'chanlistodd']);
  assert.match(engine.channelTable(), /<tr class='chanlistselected' id='SIP\/1-a'>/);
});

test('a click elsewhere, or on the headings, is nothing', async () => {
  const {document, rows, click} = fakeDocument(['labels']);
  const {engine} = await engineWith(['SIP/1-a'], [], {document});
  engine.channelTable(() => assert.fail('nothing was selected'));
  click({closest: () => null});
  click({closest: () => rows[0]});
});

test('a selected channel that is gone is selected no more', async () => {
  const {document, rows, cell, click} = fakeDocument(['SIP/1-a']);
  const {engine} = await engineWith(['SIP/1-a'], [], {document});
  engine.channelTable(() => {});
  click(cell(rows[0]));
  engine.channelClear();
  assert.match(engine.channelTable(() => {}), /No active channels/);
  assert.equal(engine.selecttarget, null);
});

test('messages have lower-case headers, their names in order, and all of a value', async () => {
  const {engine} = await ready();
  let messages;
  const responseText = 'Response: Success\r\nVariable: a: b: c\r\nVariable: d\r\n\r\nEvent: X\r\n\r\n';
  engine.parseResponse({responseText}, (parsed) => {
    messages = parsed;
  });
  const [first, second] = messages.map(({headers}) => ({...headers}));
  assert.deepEqual(first, {response: 'Success', variable: 'a: b: c\nd'});
  assert.deepEqual(second, {event: 'X'});
  assert.deepEqual([...messages[0].names], ['response', 'variable']);
});

test('headers of later versions have the names of 1.4 beside their own', async () => {
  const {engine} = await ready();
  const parse = (responseText) => {
    let headers;
    engine.parseResponse({responseText}, ([message]) => ({headers} = message));
    return headers;
  };
  const headers = parse('Event: X\r\nChannelStateDesc: Up\r\nCallerIDNum: 101\r\nExten: 100\r\nAccountCode: x\r\n\r\n');
  assert.deepEqual([headers.state, headers.callerid, headers.extension, headers.account], ['Up', '101', '100', 'x']);
  assert.equal(parse('Event: Rename\r\nChannel: A\r\nNewname: B\r\n\r\n').oldname, 'A');
  assert.equal(parse('Event: Newstate\r\nState: Ring\r\nChannelStateDesc: Up\r\n\r\n').state, 'Ring');
  assert.equal(parse('Response: Success\r\nPing: Pong\r\n\r\n').response, 'Pong');
});

test('each answer goes to the callback that was given with its request', async () => {
  const {engine, server} = await ready();
  const give = [];
  server.answers.hangup = () => new Promise((resolve) => give.push(resolve));
  const told = [];
  engine.sendRequest('action=hangup&channel=A', ([{headers}]) => told.push(`A: ${headers.message}`));
  engine.sendRequest('action=hangup&channel=B', ([{headers}]) => told.push(`B: ${headers.message}`));
  await settle();
  give[1]([{Response: 'Success', Message: 'second'}]);
  await settle();
  give[0]([{Response: 'Success', Message: 'first'}]);
  await settle();
  assert.deepEqual(told, ['B: second', 'A: first']);
});

test('the shared callback of old lives on for pages that make requests themselves', async () => {
  const {engine} = await ready();
  const told = [];
  engine.callback = ([{headers}]) => told.push(headers.response);
  const {managerResponse, eventResponse} = engine; // as such pages hand them on, without their object
  managerResponse({responseText: 'Response: Goodbye\r\n\r\n'});
  engine.setEventCallback((messages) => told.push(messages.length));
  eventResponse({responseText: 'Response: Success\r\n\r\nEvent: X\r\n\r\n'});
  assert.deepEqual(told, ['Goodbye', 2]);
});

test('a secret stands in a body and in no URL', async () => {
  const {engine, server} = await ready({});
  const urls = [];
  const {fetch} = server;
  server.fetch = (url, options) => {
    urls.push(String(url));
    return fetch(url, options);
  };
  engine.setURL('../rawman');
  engine.sendRequest('action=login&username=ann&secret=mysecret', () => {});
  await settle();
  assert.deepEqual(urls, ['http://pbx/asterisk/rawman']);
  assert.deepEqual(server.log.map(String), ['action=login&username=ann&secret=mysecret']);
});

test('a request that fails is alerted, and its callback not called', async () => {
  const {engine, server, alerts} = await ready();
  server.status = 500;
  engine.sendRequest('action=ping', () => assert.fail('there was no answer'));
  await settle();
  server.reachable = false;
  engine.sendRequest('action=ping', () => assert.fail('there was no answer'));
  await settle();
  assert.deepEqual(alerts, ['Error: 500: Not OK', 'Error: 0: fetch failed']);
});

test('what was parsed can be looked at', async () => {
  const {engine} = await ready();
  const debug = {value: ''};
  engine.setDebug(debug);
  engine.parseResponse({responseText: 'Response: Success\r\nMessage: <b>\r\n\r\n'}, () => {});
  assert.equal(debug.value, '1 messages\n1: response: Success\n1: message: <b>\n');
});

test('a Status waits until it is known from where events will be told', async () => {
  const {engine, server} = await ready();
  let begin;
  server.answers.waitevent = () => new Promise((resolve) => {
    begin = () => resolve([{Response: 'Success'}, {Event: 'WaitEventComplete', Since: 'f-0'}]);
  });
  engine.pollEvents();
  engine.sendRequest('action=status', () => {});
  await settle();
  assert.deepEqual(server.log.map(String), ['action=waitevent&timeout=0&since=']);
  begin();
  await settle();
  assert.deepEqual(server.log.slice(1).map(String).sort(), ['action=status', 'action=waitevent&since=f-0']);
});

test('a login begins with the events of its own session', async () => {
  const made = await windowWith();
  const {engine, server} = made;
  server.answers.status = [{Response: 'Success'}, {Event: 'StatusComplete'}];
  const waits = waiting(server);
  await openPage(made);
  waits[0].give([], 'f-7');
  await settle();
  engine.sendRequest('action=logoff', () => {});
  engine.sendRequest('action=login&username=ann&secret=x', () => engine.pollEvents());
  await settle();
  assert.deepEqual(waits.map(({since}) => since), ['f-0', 'f-7', 'f-0']);
});

test('a page that polls on after its session has ended does so less and less', async () => {
  const made = await windowWith();
  const {server, time} = made;
  server.answers.status = [{Response: 'Success'}, {Event: 'StatusComplete'}];
  const waits = waiting(server);
  const page = await openPage(made);
  server.loggedIn = false;
  waits[0].give([]);
  await time.advance(60000);
  assert.ok(page.polls > 2 && page.polls < 20, `${page.polls} polls in a minute`);
});

test('a PBX that was away is polled on without an alert, and the channels are read anew', async () => {
  const made = await windowWith();
  const {server, time, alerts} = made;
  const status = (...items) => [{Response: 'Success'}, ...items, {Event: 'StatusComplete'}];
  server.answers.status = status({Event: 'Status', Channel: 'SIP/1-a', Uniqueid: '1.1'});
  const waits = waiting(server);
  const page = await openPage(made);
  assert.equal(cells(page.table).length, 1);
  server.status = 503;
  waits[0].give([]);
  await time.advance(20000);
  server.status = 200;
  server.answers.status = status();
  await time.advance(60000);
  waits.at(-1).give([]);
  await settle();
  assert.match(page.table, /No active channels/);
  assert.deepEqual(alerts, []);
});

test('Asterisk\'s own server, which names no place, is polled all the same', async () => {
  const made = await windowWith();
  const {server} = made;
  server.answers.status = [{Response: 'Success'}, {Event: 'StatusComplete'}];
  const waits = waiting(server, {places: false});
  await openPage(made);
  waits[0].give([]);
  await settle();
  assert.deepEqual(waits.map(({since}) => since), ['', '']);
});

test('$ and Ajax.Request are there where prototype.js is not, and left alone where it is', async () => {
  const {document, rows} = fakeDocument(['one', 'two']);
  const {window} = await windowWith({document});
  assert.equal(window.$('one'), rows[0]);
  assert.equal(window.$(rows[1]), rows[1]);
  assert.equal(window.$(null), null);
  assert.deepEqual([...window.$('one', 'two')], rows);
  const theirs = {$: () => {}, Ajax: {}};
  const {window: other} = await windowWith(theirs);
  assert.equal(other.$, theirs.$);
  assert.equal(other.Ajax, theirs.Ajax);
});

test('Ajax.Request sends what it is told, and says how it went', async () => {
  const requests = [];
  class XMLHttpRequest {
    open(...args) {
      this.sent = [...args];
    }

    setRequestHeader() {}

    send(body) {
      requests.push(`${this.sent.join(' ')} ${body}`);
      this.status = this.sent[1].includes('bad') ? 404 : 200;
      this.onloadend();
    }
  }
  const {window} = await windowWith({XMLHttpRequest});
  const told = [];
  const calls = {
    onSuccess: ({status}) => told.push(status),
    onFailure: ({status}) => told.push(-status),
    onComplete: () => told.push('done'),
  };
  new window.Ajax.Request('u', {method: 'get', parameters: 'a=1', ...calls});
  new window.Ajax.Request('u?x=0', {method: 'get', parameters: {a: 1}, asynchronous: false});
  new window.Ajax.Request('bad', {parameters: 'a=1', ...calls});
  assert.deepEqual(requests, ['GET u?a=1 true null', 'GET u?x=0&a=1 false null', 'POST bad true a=1']);
  assert.deepEqual(told, [200, 'done', -404, 'done']);
});

test('a plain page has the whole library in a promise', async () => {
  const {window} = await windowWith();
  const library = await window.ajam.ready;
  assert.equal(typeof library.createAstman, 'function');
  assert.equal(new window.Astman() instanceof window.Astman, true);
});

test('nothing is used that prototype.js 1.5 replaces by something else', () => {
  const folder = new URL('../../www/astman/', import.meta.url);
  const sources = [SCRIPT, ...readdirSync(folder).map((name) => new URL(name, folder))];
  assert.ok(sources.length > 15);
  const replaced = /\.reduce\(|Array\.from\(|JSON\.stringify\(/;
  for (const source of sources) assert.doesNotMatch(readFileSync(source, 'utf8'), replaced);
});
