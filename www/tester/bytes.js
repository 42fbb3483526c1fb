/**
 * Bytes as text in which nothing hides: what is not to be seen as such is a mark.
 *
 * @typedef {object} Piece
 * @property {string} text
 * @property {string} mark  '' for what is there as it stands; else what the text stands for: U+001B, byte FF
 */

// Control characters, what changes the direction of writing, and what has no width.
const HIDDEN = /\r\n|[\x00-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g;

/**
 * The text of bytes, and where they are not UTF-8 the bytes themselves as \xHH.
 * @param {Uint8Array} bytes
 * @param {RegExp} [usual]  what needs no mark: see showText()
 * @returns {Piece[]}
 */
export function showBytes(bytes, usual) {
  const whole = decode(bytes);
  if (whole !== null) return showText(whole, usual);
  return lines(bytes).flatMap((line) => {
    const text = decode(line);
    return text === null ? showLatin(line, usual) : showText(text, usual);
  });
}

/**
 * A text in which hidden characters are marked.
 * @param {string} text
 * @param {RegExp} [usual]  what is no news where it comes from: /^\r\n$/ for the manager's line ends
 * @returns {Piece[]}
 */
export function showText(text, usual) {
  const pieces = [];
  let from = 0;
  for (const {0: hidden, index} of text.matchAll(HIDDEN)) {
    if (usual?.test(hidden)) continue;
    if (index > from) pieces.push({text: text.slice(from, index), mark: ''});
    pieces.push(...markOf(hidden));
    from = index + hidden.length;
  }
  if (from < text.length) pieces.push({text: text.slice(from), mark: ''});
  return pieces;
}

/** A mark, and behind that of a line's end the end of the line. */
function markOf(hidden) {
  const marks = [...hidden].map((each) => {
    const code = each.codePointAt(0) ?? 0;
    return {text: escaped(each, code), mark: `U+${hex(code, 4)}`};
  });
  return hidden.endsWith('\n') ? [...marks, {text: '\n', mark: ''}] : marks;
}

const ESCAPES = {'\r': '\\r', '\n': '\\n', '\t': '\\t'};

/** As in C; Unicode has pictures of control characters, too, but few fonts have them. */
function escaped(character, code) {
  return ESCAPES[character] ?? (code < 0x80 ? `\\x${hex(code, 2)}` : `\\u${hex(code, 4)}`);
}

const hex = (code, digits) => code.toString(16).toUpperCase().padStart(digits, '0');

function decode(bytes) {
  try {
    return new TextDecoder('utf-8', {fatal: true, ignoreBOM: true}).decode(bytes);
  } catch {
    return null;
  }
}

/** Bytes cut behind each LF. */
function lines(bytes) {
  const found = [];
  for (let from = 0; from < bytes.length;) {
    const end = bytes.indexOf(10, from);
    const next = end < 0 ? bytes.length : end + 1;
    found.push(bytes.subarray(from, next));
    from = next;
  }
  return found;
}

function showLatin(line, usual) {
  const pieces = [];
  let from = 0;
  const keep = (end) => pieces.push(...showText(new TextDecoder().decode(line.subarray(from, end)), usual));
  line.forEach((byte, at) => {
    if (byte < 0x80) return;
    keep(at);
    pieces.push({text: `\\x${hex(byte, 2)}`, mark: `byte ${hex(byte, 2)}, not UTF-8`});
    from = at + 1;
  });
  keep(line.length);
  return pieces;
}
