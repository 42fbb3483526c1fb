/**
 * Devices with their states, addresses and extensions, and our registrations elsewhere.
 */

import {gather} from './order.js';
import {deviceTone, deviceWords} from './words.js';

const BAD = /unreach|reject|fail|unregist|no auth|timeout|lagged|unavail|stopped|auth sent|not reg/i;
const GOOD = /^(ok|reachable|registered|avail|created|updated|nonqual)/i;

const toneOf = (status) => (BAD.test(status) ? 'bad' : GOOD.test(status) ? 'good' : '');

/** A row for each name that any of the tables knows. */
function deviceGroups({astman: {picture}}) {
  const contacts = gather(picture.contacts.values(), ({endpoint}) => `PJSIP/${endpoint}`);
  const hints = hintsByDevice(picture);
  // Phones first, and behind them what else has a state: queues, parking spaces, conferences.
  const names = new Set([...[...picture.peers.keys(), ...hints.keys()].sort(), ...[...picture.devices.keys()].sort()]);
  const rows = [...names].map((name) => rowOf(name, {
    state: picture.devices.get(name)?.state ?? '',
    peer: picture.peers.get(name),
    contacts: contacts.get(name) ?? [],
    extensions: hints.get(name) ?? [],
  }));
  return [{key: '', rows}];
}

function rowOf(name, {state, peer, contacts, extensions}) {
  const reached = contacts.map((contact) => contact.status).concat(peer?.status || []);
  return {
    key: name,
    name,
    state,
    extensions: extensions.join(' '),
    reached: [...new Set(reached)].join(', '),
    address: contacts.map(contactWords).concat(peer?.address || []).join(', '),
  };
}

const contactWords = ({uri, roundtrip}) => (roundtrip ? `${uri} (${(roundtrip / 1000).toFixed(1)} ms)` : uri);

/** A hint may name several devices: PJSIP/101&PJSIP/102. */
function hintsByDevice(picture) {
  const found = new Map();
  for (const {exten, hint} of picture.hints.values()) {
    for (const device of hint.split(/[&,]/)) found.set(device, [...found.get(device) ?? [], exten]);
  }
  return found;
}

/** @type {import('./part.js').Spec} */
export const DEVICES = {
  name: 'devices',
  title: 'Devices',
  reads: [
    ['DeviceStateList'], ['ExtensionStateList'], ['PJSIPShowEndpoints'], ['PJSIPShowContacts'],
    ['PJSIPShowRegistrationsOutbound'], ['SIPpeers'], ['SIPshowregistry'], ['IAXpeerlist'], ['IAXregistry'],
  ],
  count: () => 0,
  tools: [],
  lists: [{
    name: 'registrations',
    caption: 'Our registrations elsewhere',
    empty: 'None.',
    groups: ({astman}) => [{key: '', rows: [...astman.picture.registrations.values()]}],
    about: ({username, domain, status}) => `${username} at ${domain}: ${status}`,
    columns: [
      {name: 'user', label: 'User', head: true, text: ({username}) => username},
      {name: 'domain', label: 'At', text: ({domain}) => domain},
      {name: 'technology', label: 'By', text: ({technology}) => technology},
      {name: 'state', label: 'State', text: ({status}) => status, tone: ({status}) => toneOf(status)},
      {name: 'cause', label: 'Cause', text: ({cause = ''}) => cause},
    ],
  }, {
    name: 'phones',
    caption: 'Devices',
    empty: 'The PBX tells of no device.',
    groups: deviceGroups,
    about: ({name, state, address}) => [name, deviceWords(state), address].filter(Boolean).join(', '),
    columns: [
      {name: 'device', label: 'Device', head: true, text: ({name}) => name},
      {name: 'state', label: 'State', text: ({state}) => deviceWords(state), tone: ({state}) => deviceTone(state)},
      {name: 'extension', label: 'Extension', text: ({extensions}) => extensions},
      {name: 'reached', label: 'Registration', text: ({reached}) => reached, tone: ({reached}) => toneOf(reached)},
      {name: 'address', label: 'Address', text: ({address}) => address},
    ],
  }],
};
