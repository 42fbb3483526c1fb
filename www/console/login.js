/**
 * The form to log in with.
 */

import {refusal} from '../astman/index.js';
import {setText} from './dom.js';

const USER = 'ajam user'; // whom the browser's tab knows to be logged in

/**
 * @param {HTMLFormElement} form
 * @param {import('../astman/client.js').Astman} astman
 */
export function createLogin(form, astman) {
  const why = /** @type {Element} */ (form.querySelector('.why'));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector('button'));
  const {username, secret} = /** @type {any} */ (form.elements);

  async function submit(event) {
    event.preventDefault();
    if (button.disabled) return;
    button.disabled = true;
    setText(why, '');
    const said = await attempt();
    button.disabled = false;
    secret.value = '';
    if (!said) return;
    setText(why, said);
    secret.focus();
  }

  /** @returns {Promise<string>} why it failed; '' when it did not */
  async function attempt() {
    try {
      sessionStorage.setItem(USER, username.value);
      const answer = await astman.login({username: username.value, secret: secret.value});
      return answer.length ? refusal(answer) : 'The server gives no answer.';
    } catch (error) {
      return error.message;
    }
  }

  form.addEventListener('submit', submit);

  return {
    /** Shows the form, and why it is shown. @param {string} reason */
    show(reason) {
      form.hidden = false;
      setText(why, reason);
      (username.value ? secret : username).focus();
    },
    hide() {
      form.hidden = true;
      setText(why, '');
    },
    /** @returns {string} who has logged in with this tab; '' not known, as after a login in another */
    user: () => sessionStorage.getItem(USER) ?? '',
  };
}
