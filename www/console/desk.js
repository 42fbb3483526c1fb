/**
 * What all parts of the console have in common: the manager, the user's rights, and how one tells what
 * became of an action.
 *
 * @typedef {object} Desk
 * @property {import('../astman/client.js').Astman} astman
 * @property {import('./clock.js').Clock} clock
 * @property {(action: string) => boolean} may  whether the user has the right to an action and the PBX knows it
 * @property {() => Promise<void>} readRights
 * @property {() => void} reset  forgets the rights, and what was told
 * @property {(what: string, action: import('../astman/manager.js').Action) => Promise<boolean>} perform  sends
 *     an action and tells what became of it; false when it was refused
 * @property {(text: string, tone?: 'good' | 'bad' | '') => void} tell
 * @property {() => void} changed  something is to be drawn
 * @property {(event: KeyboardEvent) => boolean} isShortcut  whether a key is meant as a shortcut
 */

import {fields, refusal} from '../astman/index.js';
import {setText} from './dom.js';
import {timeOfDay} from './words.js';

/**
 * @param {object} surroundings
 * @param {import('../astman/client.js').Astman} surroundings.astman
 * @param {import('./clock.js').Clock} surroundings.clock
 * @param {() => void} surroundings.changed
 * @param {(event: KeyboardEvent) => boolean} surroundings.isShortcut
 * @param {Element} surroundings.told  where it is told what became of an action
 * @returns {Desk}
 */
export function createDesk({astman, clock, changed, isShortcut, told}) {
  /** @type {Set<string> | null} actions by lower-case name; null: not known, so that the PBX is to judge */
  let rights = null;

  function tell(text, tone = '') {
    told.className = `told ${tone}`;
    setText(told, text && `${timeOfDay(Date.now())}  ${text}`);
  }

  async function perform(what, action) {
    tell(`${what} …`);
    try {
      const answer = await astman.action(action);
      const why = refusal(answer);
      if (why) tell(`${what}: refused. ${why}`, 'bad');
      else tell(`${what}: ${fields(answer[0] ?? {}).message || 'done'}`, 'good');
      return !why;
    } catch (error) {
      tell(`${what}: ${error.message}`, 'bad');
      return false;
    }
  }

  async function readRights() {
    const answer = await astman.action({Action: 'ListCommands'}).catch(() => []);
    if (!answer.length || refusal(answer)) return;
    rights = new Set(Object.keys(fields(answer[0])));
    changed();
  }

  return {
    astman, clock, changed, isShortcut, tell, perform, readRights,
    reset() {
      rights = null;
      tell('');
    },
    may: (action) => !rights || rights.has(action.toLowerCase()),
  };
}
