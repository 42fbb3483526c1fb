/** www/astman/messages.js: the manager's text as messages. */

import assert from 'node:assert/strict';
import test from 'node:test';

import {fields, isDenied, parseRaw, refusal, values} from '../../www/astman/messages.js';
import {answer, rawAnswer} from './captures.js';

test('each block is a message, in order', () => {
  const messages = parseRaw('Response: Success\r\nPing: Pong\r\n\r\nEvent: A\r\n\r\nEvent: B\r\n\r\n');
  assert.deepEqual(messages, [{Response: 'Success', Ping: 'Pong'}, {Event: 'A'}, {Event: 'B'}]);
});

test('an empty body is no message', () => {
  assert.deepEqual(parseRaw(''), []);
  assert.deepEqual(parseRaw('\r\n\r\n'), []);
});

test('more than one empty line between blocks is one', () => {
  assert.equal(parseRaw('Response: Success\r\n\r\n\r\n\r\nEvent: A\r\n\r\n').length, 2);
});

test('a value keeps its colons', () => {
  const [message] = parseRaw('Event: Newexten\r\nAppData: SIP/100,30,L(1: 2)\r\n\r\n');
  assert.equal(message.AppData, 'SIP/100,30,L(1: 2)');
});

test('a name that repeats keeps all its values', () => {
  const [message] = parseRaw('Variable: a=1\r\nVariable: b=2\r\nVariable: c=3\r\n\r\n');
  assert.deepEqual(message, {Variable: ['a=1', 'b=2', 'c=3']});
});

test('text without a colon is opaque, and all behind it', () => {
  const [message] = parseRaw('Response: Success\r\none\r\ntwo: 2\r\n\r\n');
  assert.deepEqual(message, {Response: 'Success', 'Opaque-data': 'one\ntwo: 2'});
});

test('a header may have any name that means something to JavaScript', () => {
  const [message] = parseRaw('__proto__: a\r\nconstructor: b\r\nconstructor: c\r\n\r\n');
  assert.deepEqual(values(message, '__proto__'), ['a']);
  assert.deepEqual(values(message, 'constructor'), ['b', 'c']);
  assert.equal(fields(message).tostring, undefined);
});

test('UTF-8 stays', () => {
  const event = parseRaw('Event: UserEvent\r\nText: café <x>\r\n\r\n')[0];
  assert.equal(event.Text, 'café <x>');
});

test('a Command of 1.4 reads like one of 22', () => {
  const old = answer('14', 'command-version')[0];
  assert.equal(old.Response, 'Follows');
  assert.match(values(old, 'output')[0], /^Asterisk .* on 2026-11-22 23:48:24 UTC$/);
  assert.match(values(answer('22', 'command-version')[0], 'output')[0], /^Asterisk 22\.10\.1/);
});

test('the text of an old Command keeps empty lines, colons and columns', () => {
  const head = 'Response: Follows\r\nPrivilege: Command\r\nActionID: 7\r\n';
  const messages = parseRaw(`${head}  100: x\n\nResponse: no\n--END COMMAND--\r\n\r\nEvent: A\r\n\r\n`);
  assert.deepEqual(messages[0].Output, ['  100: x', '', 'Response: no']);
  assert.equal(messages[0].ActionID, '7');
  assert.deepEqual(messages[1], {Event: 'A'});
});

test('the console page of a dialplan comes back line for line on every version', () => {
  for (const version of ['14', '16', '22']) {
    const lines = answer(version, 'command-dialplan').flatMap((message) => values(message, 'Output'));
    assert.ok(lines.some((line) => /^ {2}'100' => +1\. Answer\(\)/.test(line)), version);
  }
});

test('every golden answer has its response first', () => {
  for (const version of ['14', '16', '22']) {
    for (const name of ['ping', 'status', 'queuestatus', 'listcommands', 'getconfig', 'hangup-missing']) {
      assert.ok('Response' in answer(version, name)[0], `${version} ${name}: ${rawAnswer(version, name)}`);
    }
  }
});

test('fields are found whatever case the PBX writes them in, the first of several', () => {
  const found = fields({UniqueID: '1.2', Variable: ['a', 'b']});
  assert.equal(found.uniqueid, '1.2');
  assert.equal(found.variable, 'a');
});

test('a refusal is told in the manager\'s words', () => {
  assert.equal(refusal(answer('22', 'hangup-missing')), 'No such channel');
  assert.equal(refusal([{Response: 'Error'}]), 'The manager gives no reason.');
  assert.equal(refusal(answer('22', 'ping')), '');
  assert.equal(refusal([]), '');
});

test('a dead session is denied, by the words of any version', () => {
  assert.ok(isDenied([{Response: 'Error', Message: 'Permission denied'}]));
  assert.ok(isDenied([{Response: 'Error', Message: 'Authentication Required'}]));
  assert.ok(!isDenied([{Response: 'Error', Message: 'No such channel'}]));
});
