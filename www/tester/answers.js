/**
 * The answer in its four forms, side by side; where there is no room for that, one at a time.
 *
 * @typedef {import('./forms.js').Answer} Answer
 * @typedef {import('./forms.js').Form} Form
 */

import {make} from '../console/dom.js';
import {showBytes, showText} from './bytes.js';
import {FORMS} from './forms.js';
import {makeOf} from './marks.js';

/** A pane for each form, and a tab for each pane. */
export class Answers {
  #panes = new Map();

  /**
   * @param {{tabs: HTMLElement, panes: HTMLElement, tidy: HTMLInputElement, lineEnds: HTMLInputElement}} places
   * @param {(form: Form) => void} again  sends the action once more, for a form in which it was not asked
   */
  constructor({tabs, panes, tidy, lineEnds}, again) {
    const options = () => ({tidy: tidy.checked, lineEnds: lineEnds.checked});
    for (const form of FORMS) {
      const pane = new Pane(form, options, () => again(form));
      const radio = make('input', {type: 'radio', name: 'form', value: form.key});
      radio.addEventListener('change', () => this.choose(form));
      this.#panes.set(form.key, {pane, radio});
      tabs.append(make('label', {}, radio, form.title));
      panes.append(pane.root);
    }
    for (const box of [tidy, lineEnds]) box.addEventListener('change', () => this.#each((pane) => pane.draw()));
    this.choose(FORMS[0]);
  }

  /** Shows one form where there is room for one only. @param {Form} chosen */
  choose(chosen) {
    for (const [key, {pane, radio}] of this.#panes) {
      radio.checked = key === chosen.key;
      pane.root.classList.toggle('chosen', key === chosen.key);
    }
  }

  /** @param {Form} form  an answer is on its way */
  wait(form) {
    this.#panes.get(form.key).pane.wait();
  }

  /** @param {Form} form  @param {Answer} answer */
  show(form, answer) {
    this.#panes.get(form.key).pane.show(answer);
  }

  /** Empties the forms in which an action was not asked. @param {Form[]} asked */
  leaveOut(asked) {
    for (const form of FORMS) if (!asked.includes(form)) this.#panes.get(form.key).pane.leaveOut();
  }

  #each(task) {
    for (const {pane} of this.#panes.values()) task(pane);
  }
}

/** One form's answer: how it came, and what is in it. */
class Pane {
  #form;
  #options;
  #again;
  #answer = null;
  #rendered = false;
  #meta = make('span', {className: 'meta'});
  #body = make('div', {className: 'body'});

  constructor(form, options, again) {
    this.#form = form;
    this.#options = options;
    this.#again = again;
    const head = make('header', {}, make('h2', {textContent: form.title}), this.#meta);
    if (form.key === 'html') head.append(this.#toggle());
    this.root = make('article', {className: 'pane', 'aria-label': form.title}, head, this.#body);
    this.root.dataset.form = form.key;
  }

  wait() {
    this.root.setAttribute('aria-busy', 'true');
  }

  show(answer) {
    this.#answer = answer;
    this.root.setAttribute('aria-busy', 'false');
    const {status, type, bytes, milliseconds} = answer;
    const parts = [status || 'no answer', type, `${bytes.length} B`, `${Math.round(milliseconds)} ms`];
    this.#meta.textContent = parts.join(' · ');
    this.root.classList.toggle('failed', status !== 200);
    this.draw();
  }

  leaveOut() {
    this.#answer = null;
    this.root.setAttribute('aria-busy', 'false');
    this.#meta.textContent = '';
    const button = make('button', {type: 'button', textContent: `Send again for ${this.#form.title}`});
    button.addEventListener('click', this.#again);
    const why = 'Not asked: each form is a call of its own, and this action may change something.';
    this.#body.replaceChildren(make('p', {className: 'hint', textContent: why}), button);
  }

  draw() {
    if (!this.#answer) return;
    this.#body.replaceChildren(this.#rendered ? frameOf(this.#answer) : this.#source());
  }

  #source() {
    return makeOf('pre', this.#pieces(), {tabIndex: 0, 'aria-label': `${this.#form.title} answer`});
  }

  /** Line ends are shown of what came, not of what is tidied; bytes that are not UTF-8 as well. */
  #pieces() {
    const {tidy, lineEnds} = this.#options();
    const {bytes} = this.#answer;
    if (lineEnds) return showBytes(bytes);
    const text = new TextDecoder('utf-8', {ignoreBOM: true}).decode(bytes);
    const isWhole = tidy && !text.includes('\ufffd');
    return isWhole ? showText(this.#form.tidy(text), this.#form.usual) : showBytes(bytes, this.#form.usual);
  }

  #toggle() {
    const button = make('button', {type: 'button', textContent: 'Rendered', 'aria-pressed': 'false'});
    button.addEventListener('click', () => {
      this.#rendered = !this.#rendered;
      button.setAttribute('aria-pressed', String(this.#rendered));
      this.draw();
    });
    return button;
  }
}

/**
 * The page that a manager's answer is, in a frame in which nothing runs and nothing is sent: without
 * allow-scripts, allow-forms and allow-same-origin, and under the Content-Security-Policy of this page.
 */
function frameOf({bytes}) {
  const frame = make('iframe', {title: 'HTML answer, rendered'});
  frame.setAttribute('sandbox', '');
  frame.srcdoc = new TextDecoder().decode(bytes);
  return frame;
}
