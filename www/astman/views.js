/**
 * A picture as people look at it: who is in what, and which channels are one call.
 *
 * @typedef {import('./picture.js').Picture} Picture
 * @typedef {import('./calls.js').Channel} Channel
 *
 * @typedef {object} Call
 * @property {string} key  the key of its oldest channel
 * @property {Channel[]} channels  oldest first
 */

const byPosition = (one, other) => one.position - other.position;
const byName = (one, other) => (one.name < other.name ? -1 : 1);

/** @param {Picture} picture  @param {string} bridge  @returns {Channel[]} the channels in a bridge */
export function bridgeMembers(picture, bridge) {
  return bridge ? [...picture.channels.values()].filter((row) => row.bridge === bridge) : [];
}

/** @param {Picture} picture  @param {string} queue  @returns {import('./queues.js').Member[]} by name */
export function queueMembers(picture, queue) {
  return [...picture.members.values()].filter((row) => row.queue === queue).sort(byName);
}

/** @param {Picture} picture  @param {string} queue  @returns {import('./queues.js').Caller[]} the next one first */
export function queueCallers(picture, queue) {
  return [...picture.callers.values()].filter((row) => row.queue === queue).sort(byPosition);
}

/** @param {Picture} picture  @param {string} room  @returns {import('./conferences.js').Participant[]} */
export function participantsOf(picture, room) {
  return [...picture.participants.values()].filter((row) => row.conference === room);
}

/**
 * The channels as calls: those of one Linkedid, in one bridge, of which one rings the other, and the two
 * halves of a Local channel are one call. Takes time in proportion to the channels.
 * @param {Picture} picture
 * @returns {Call[]} in the order of their oldest channels
 */
export function groupCalls(picture) {
  const groups = new Groups();
  for (const row of picture.channels.values()) {
    for (const tie of tiesOf(row)) groups.join(row.key, tie);
  }
  /** @type {Map<string, Call>} */
  const calls = new Map();
  for (const row of [...picture.channels.values()].sort(byAge)) {
    const root = groups.rootOf(row.key);
    if (calls.has(root)) calls.get(root)?.channels.push(row);
    else calls.set(root, {key: row.key, channels: [row]});
  }
  return [...calls.values()];
}

const byAge = (one, other) => (one.since ?? 0) - (other.since ?? 0);

/** What a channel shares with others of its call. */
function tiesOf(row) {
  const ties = [];
  if (row.linkedid) ties.push(`linkedid ${row.linkedid}`);
  if (row.bridge) ties.push(`bridge ${row.bridge}`);
  if (row.dialedBy) ties.push(row.dialedBy);
  if (/^Local\/.*[;,][12]$/.test(row.channel)) ties.push(row.channel.slice(0, -1));
  return ties;
}

/** Sets that are joined as they are found to share something. */
class Groups {
  #parents = new Map();

  rootOf(key) {
    let root = key;
    while (this.#parents.has(root)) root = this.#parents.get(root);
    if (root !== key) this.#parents.set(key, root);
    return root;
  }

  join(one, other) {
    const [root, joined] = [this.rootOf(one), this.rootOf(other)];
    if (root !== joined) this.#parents.set(joined, root);
  }
}
