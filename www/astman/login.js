/**
 * Logging in with the secret, or with the proof that one knows it.
 *
 * @typedef {import('./manager.js').Post} Post
 * @typedef {import('./messages.js').Message} Message
 *
 * @typedef {object} Credentials
 * @property {string} username
 * @property {string} secret
 * @property {boolean} challenge  prove it instead of sending it
 */

import {fields, refusal} from './messages.js';
import {md5} from './md5.js';

// Login in a session that is logged in is a success that proves nothing, whoever it was asked for.
const ALREADY = /^already (authenticated|logged in)/i;

const NO_CHALLENGE = [{Response: 'Error', Message: 'The manager gives no challenge.'}];

/**
 * The manager's answer to a login. A session that is logged in already, maybe as somebody else, is ended first.
 * @param {Post} post
 * @param {Credentials} credentials
 * @returns {Promise<Message[]>}
 */
export async function logIn(post, credentials) {
  const attempt = credentials.challenge ? byChallenge : bySecret;
  const answer = await attempt(post, credentials);
  if (!ALREADY.test(fields(answer[0] ?? {}).message ?? '')) return answer;
  await post({Action: 'Logoff'});
  return attempt(post, credentials);
}

async function bySecret(post, {username, secret}) {
  return (await post({Action: 'Login', Username: username, Secret: secret})).messages;
}

/**
 * The secret stays here. A refused challenge is the answer; the secret is not sent after all, for whoever
 * could make the challenge fail would be given it.
 */
async function byChallenge(post, {username, secret}) {
  const {messages} = await post({Action: 'Challenge', AuthType: 'MD5'});
  if (refusal(messages)) return messages;
  const {challenge} = fields(messages[0] ?? {});
  if (!challenge) return NO_CHALLENGE;
  const key = md5(challenge + secret);
  return (await post({Action: 'Login', AuthType: 'MD5', Username: username, Key: key})).messages;
}
