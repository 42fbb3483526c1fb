/**
 * The banner: how the link is, and how old the picture is.
 */

import {setText} from './dom.js';
import {duration} from './words.js';

const STATES = {
  connected: () => 'Connected',
  reconnecting: ({reason}) => `Reconnecting. ${reason}`,
  'logged off': ({reason}) => reason || 'Not logged in',
};

/**
 * The element is read aloud when the link's state changes; the age, which does so each second, is beside it.
 * @param {{banner: HTMLElement, state: Element, age: Element}} elements
 * @param {import('../astman/client.js').Astman} astman
 * @returns {() => void} draws it
 */
export function createBanner({banner, state, age}, astman) {
  return () => {
    const {link, heard} = astman;
    banner.dataset.state = link.state;
    setText(state, STATES[link.state](link));
    setText(age, link.state === 'logged off' || !heard ? '' : ageWords(link.state, Date.now() - heard));
  };
}

/** A PBX at rest is silent: up to a ping's period nothing is wrong with that. */
function ageWords(state, milliseconds) {
  const age = milliseconds < 60000 ? `${Math.max(0, Math.floor(milliseconds / 1000))} s` : duration(milliseconds);
  return state === 'connected' ? `heard ${age} ago` : `what is shown is ${age} old`;
}
