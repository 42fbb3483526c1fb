/** What real Asterisks wrote: tests/data/golden, and data beside this file (each has a README). */

import {readFileSync} from 'node:fs';

import {parseRaw} from '../../www/astman/messages.js';

/** The bytes of a file under tests/, as UTF-8. */
export function textOf(path) {
  return readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');
}

/** What /rawman of an Asterisk (14, 16, 22) answered to one of the golden actions. */
export function rawAnswer(version, name) {
  const {raw} = JSON.parse(textOf(`data/golden/${version}/${name}.json`));
  return Buffer.from(raw, 'latin1').toString(); // in the file a character is a byte
}

/** The same as messages. */
export function answer(version, name) {
  return parseRaw(rawAnswer(version, name));
}

/** The events of a golden call. */
export function callEvents(version) {
  return parseRaw(textOf(`data/golden/events-${version}.txt`));
}
