/**
 * MD5 (RFC 1321), for the manager's challenge login and for nothing else: browsers do not have it.
 */

const ROTATIONS = [[7, 12, 17, 22], [5, 9, 14, 20], [4, 11, 16, 23], [6, 10, 15, 21]];
const SINES = [...Array(64).keys()].map((i) => Math.floor(Math.abs(Math.sin(i + 1)) * 2 ** 32) | 0);
const START = [0x67452301, 0xefcdab89, 0x98badcfe, 0x10325476];

// A round's function of three words, and which word of the block its step i takes (RFC 1321 3.4).
const ROUNDS = [
  [(b, c, d) => (b & c) | (~b & d), (i) => i],
  [(b, c, d) => (b & d) | (c & ~d), (i) => (5 * i + 1) % 16],
  [(b, c, d) => b ^ c ^ d, (i) => (3 * i + 5) % 16],
  [(b, c, d) => c ^ (b | ~d), (i) => (7 * i) % 16],
];

/**
 * The MD5 of a text's UTF-8 bytes.
 * @param {string} text
 * @returns {string} 32 lower-case hexadecimal digits
 */
export function md5(text) {
  const blocks = padded(new TextEncoder().encode(text));
  let sums = START;
  for (let at = 0; at < blocks.byteLength; at += 64) sums = addBlock(sums, blocks, at);
  return sums.map(hex).join('');
}

/** The bytes, a one bit, zeros, and the length in bits as 64: a multiple of 64 bytes. */
function padded(bytes) {
  const view = new DataView(new ArrayBuffer(((bytes.length + 72) >> 6) << 6));
  bytes.forEach((byte, at) => view.setUint8(at, byte));
  view.setUint8(bytes.length, 0x80);
  view.setUint32(view.byteLength - 8, bytes.length << 3, true);
  view.setUint32(view.byteLength - 4, bytes.length >>> 29, true);
  return view;
}

function addBlock(sums, blocks, at) {
  let [a, b, c, d] = sums;
  for (let i = 0; i < 64; i++) {
    const [mix, pick] = ROUNDS[i >> 4];
    const word = blocks.getInt32(at + 4 * pick(i), true);
    const turned = rotate((a + mix(b, c, d) + SINES[i] + word) | 0, ROTATIONS[i >> 4][i & 3]);
    [a, b, c, d] = [d, (b + turned) | 0, b, c];
  }
  return [a, b, c, d].map((word, i) => (word + sums[i]) | 0);
}

function rotate(word, bits) {
  return (word << bits) | (word >>> (32 - bits));
}

/** The four bytes of a word, lowest first, as hexadecimal digits. */
function hex(word) {
  return [0, 8, 16, 24].map((shift) => ((word >>> shift) & 255).toString(16).padStart(2, '0')).join('');
}
