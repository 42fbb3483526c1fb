/**
 * The log of events: the newest first, searched in all of their text, and held still by Pause.
 *
 * @typedef {object} Entry
 * @property {string} key
 * @property {number} at  epoch milliseconds
 * @property {string} event
 * @property {string} about  what it is about, in few words
 * @property {[string, string][]} pairs  all that it says
 */

import {fields} from '../astman/index.js';
import {timeOfDay} from './words.js';

const KEPT = 2000; // events in memory: 40 s of a busy PBX, hours of a small one
const SHOWN = 250; // rows

/** What an event is about, by the fields that say so; the first few that it has. */
const SALIENT = [
  'queue', 'conference', 'membername', 'interface', 'channel', 'destchannel', 'parkeechannel', 'parkingspace',
  'device', 'peer', 'endpointname', 'username', 'accountid', 'userevent', 'channelstatedesc', 'state', 'status',
  'peerstatus', 'application', 'appdata', 'calleridnum', 'cause-txt', 'variable', 'value', 'exten',
  'bridgeuniqueid', 'bridgetype',
];
const SALIENT_WORDS = 4;

/** @param {import('../astman/messages.js').Message} message  @param {number} number  @returns {Entry} */
function entryOf(message, number) {
  const found = fields(message);
  return {
    key: String(number),
    at: Date.now(),
    event: found.event ?? '',
    about: SALIENT.map((name) => found[name]).filter(Boolean).slice(0, SALIENT_WORDS).join('  '),
    pairs: Object.entries(message).flatMap(([name, value]) => [value].flat().map((each) => [name, each])),
  };
}

/**
 * The log as a part of the page.
 * @param {import('../astman/client.js').Astman} astman
 * @param {() => void} changed
 * @returns {import('./part.js').Spec}
 */
export function createLog(astman, changed) {
  /** @type {Entry[]} oldest first */
  let entries = [];
  /** @type {Entry[] | null} what is shown while it is held still */
  let held = null;
  let number = 0;
  const texts = new WeakMap();

  function add(message) {
    entries.push(entryOf(message, number++));
    if (entries.length >= 2 * KEPT) entries = entries.slice(-KEPT);
    changed();
  }

  function gap(dropped) {
    add({Event: '(gap)', Message: `${dropped} events were lost; all lists are read anew`});
  }

  /** Made when one first searches: most events are never looked at. */
  function searchText(entry) {
    if (!texts.has(entry)) texts.set(entry, entry.pairs.map((pair) => pair.join(': ')).join('\n').toLowerCase());
    return texts.get(entry);
  }

  function togglePause() {
    held = held ? null : [...entries];
    changed();
  }

  function clear() {
    entries = [];
    held = held && [];
    changed();
  }

  astman.on('event', add);
  astman.on('gap', gap);

  return {
    name: 'log',
    title: 'Events',
    always: true,
    reads: [],
    count: () => (held ? number - (Number(held.at(-1)?.key ?? -1) + 1) : 0),
    reset() {
      held = null;
      clear();
    },
    tools: [
      {label: 'Pause', key: 'p', needs: [], run: togglePause, pressed: () => Boolean(held)},
      {label: 'Clear', key: 'c', needs: [], run: clear},
    ],
    lists: [{
      name: 'events',
      caption: 'Events, the newest first',
      empty: 'No events yet.',
      limit: SHOWN,
      search: searchText,
      groups: () => [{key: '', rows: [...(held ?? entries)].reverse().slice(0, KEPT)}],
      about: (entry) => `${timeOfDay(entry.at)} ${entry.event}`,
      detail: (entry) => entry.pairs,
      columns: [
        {name: 'clock', label: 'Time', text: ({at}) => timeOfDay(at), rank: ({key}) => Number(key)},
        {name: 'event', label: 'Event', head: true, text: ({event}) => event},
        {name: 'about', label: 'About', text: ({about}) => about},
      ],
    }],
  };
}
