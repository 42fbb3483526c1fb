/**
 * What the manager says, as messages: one object for each block of its answer, in its order.
 *
 * A message holds the names as the PBX sent them; a value is a string, and for a name that came
 * more than once an array of strings. Text without a colon is under "Opaque-data", its lines
 * joined by \n. /mjson and the event stream have messages in this form, parseRaw() makes it of
 * what /rawman says, so a page need not care which of them it asked.
 *
 * @typedef {Object<string, string | string[]>} Message
 *
 * @typedef {Object<string, string>} Fields  a message by lower-case names, see fields()
 */

const OPAQUE = 'Opaque-data';

// What Command answered up to Asterisk 13: the bare text of the CLI, empty lines and colons in it.
const FOLLOWS = /^(Response: Follows\r\n(?:(?:Privilege|ActionID):[^\r\n]*\r\n)*)([^]*?)--END COMMAND--\r\n/gim;

/**
 * The messages in an answer of /rawman.
 * An old Command answer is read as new ones are written: a value of `Output` for each line.
 * @param {string} text
 * @returns {Message[]}
 */
export function parseRaw(text) {
  return text.replace(FOLLOWS, asOutput).split(/\r?\n(?:\r?\n)+/).filter(Boolean).map(parseBlock);
}

function asOutput(_, head, text) {
  const lines = text.replace(/\r?\n$/, '').split(/\r?\n/);
  return head + lines.map((line) => `Output: ${line}\r\n`).join('');
}

function parseBlock(block) {
  const lines = block.split(/\r?\n/).filter(Boolean);
  const end = lines.findIndex((line) => !line.includes(':'));
  const headers = end < 0 ? lines : lines.slice(0, end);
  const pairs = headers.map(parseLine);
  if (end >= 0) pairs.push([OPAQUE, lines.slice(end).join('\n')]);
  return gather(pairs);
}

function parseLine(line) {
  const colon = line.indexOf(':');
  return [line.slice(0, colon).trimEnd(), line.slice(colon + 1).replace(/^ /, '')];
}

/** One object of pairs: a name that repeats holds all its values. */
function gather(pairs) {
  const found = new Map();
  for (const [name, value] of pairs) {
    if (found.has(name)) found.get(name).push(value);
    else found.set(name, [value]);
  }
  // fromEntries() defines even a header called __proto__; an assignment would not.
  return Object.fromEntries([...found].map(([name, values]) => [name, values.length > 1 ? values : values[0]]));
}

/**
 * The fields of a message by lower-case name, so that versions which write UniqueID, Uniqueid or
 * uniqueid read alike; of a name that repeats the first value.
 * @param {Message} message
 * @returns {Fields} without a prototype: what the PBX did not send is undefined, whatever it is called
 */
export function fields(message) {
  const found = Object.create(null);
  for (const [name, value] of Object.entries(message)) {
    const key = name.toLowerCase();
    if (!(key in found)) found[key] = typeof value === 'string' ? value : value[0];
  }
  return found;
}

/**
 * All values of a name, in whatever case it is written; [] where the message has none.
 * @param {Message} message
 * @param {string} name
 * @returns {string[]}
 */
export function values(message, name) {
  const key = name.toLowerCase();
  return Object.entries(message).filter(([each]) => each.toLowerCase() === key).flatMap(([, value]) => value);
}

/**
 * Why an action was refused, in the manager's words; '' when it was not.
 * @param {Message[]} answer
 * @returns {string}
 */
export function refusal(answer) {
  const first = answer.length ? fields(answer[0]) : {};
  return /^error$/i.test(first.response ?? '') ? first.message?.trim() || 'The manager gives no reason.' : '';
}

/**
 * True when an answer is what a session that is not logged in gets. An action that the user has
 * no right to gets the same words from Asterisk; a Ping tells the two apart, for it needs no right.
 * @param {Message[]} answer
 * @returns {boolean}
 */
export function isDenied(answer) {
  return /^(permission denied|authentication required)/i.test(refusal(answer));
}
