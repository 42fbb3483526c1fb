/** www/astman/md5.js: MD5. */

import assert from 'node:assert/strict';
import {createHash} from 'node:crypto';
import test from 'node:test';

import {md5} from '../../www/astman/md5.js';

const RFC_1321 = { // its appendix A.5
  '': 'd41d8cd98f00b204e9800998ecf8427e',
  a: '0cc175b9c0f1b6a831c399e269772661',
  abc: '900150983cd24fb0d6963f7d28e17f72',
  'message digest': 'f96b697d7cb7938d525a2f31aaf161d0',
  abcdefghijklmnopqrstuvwxyz: 'c3fcd3d76192e4007dfb496cca67e13b',
};

for (const [text, sum] of Object.entries(RFC_1321)) {
  test(`the RFC's sum of ${JSON.stringify(text)}`, () => assert.equal(md5(text), sum));
}

test('every length around the ends of blocks agrees with Node', () => {
  for (let length = 0; length < 200; length++) {
    const text = 'x'.repeat(length);
    assert.equal(md5(text), createHash('md5').update(text).digest('hex'), `length ${length}`);
  }
});

test('letters beyond ASCII count as UTF-8', () => {
  assert.equal(md5('754868201pässwörd€🔑'), createHash('md5').update('754868201pässwörd€🔑').digest('hex'));
});
