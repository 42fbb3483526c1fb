/**
 * The log of events, newest last, and of what was sent among them.
 *
 * @typedef {import('../astman/messages.js').Message} Message
 */

import {make} from '../console/dom.js';
import {showText} from './bytes.js';
import {makeOf} from './marks.js';

const LONGEST = 1000; // rows; the oldest go
const BRIEF = 240; // characters of an event in its row
const BORING = /^(event|privilege)$/i; // said by the row itself, or of no news
const TWO = (number) => String(number).padStart(2, '0');

/** A log that may be held still. */
export class Watch {
  #log;
  #count;
  #held = [];
  #paused = false;
  #drawing = false;
  #total = 0;

  /**
   * @param {{log: HTMLElement, count: HTMLElement, pause: HTMLElement, clear: HTMLElement}} places
   */
  constructor({log, count, pause, clear}) {
    this.#log = log;
    this.#count = count;
    pause.addEventListener('click', () => {
      this.#paused = !this.#paused;
      pause.setAttribute('aria-pressed', String(this.#paused));
      this.#schedule();
    });
    clear.addEventListener('click', () => this.#clear());
  }

  /** @param {Message} message  @param {string} id */
  event(message, id) {
    this.#total += 1;
    const fields = Object.entries(message);
    const name = fields.find(([each]) => /^event$/i.test(each))?.[1] ?? '';
    const brief = fields.filter(([each, value]) => !BORING.test(each) && value !== '').map(asLine).join('  ');
    this.#hold({name: String(name), brief, id, message});
  }

  /** Something of our own. @param {string} name  @param {string} text */
  note(name, text) {
    this.#hold({name, brief: text, note: true});
  }

  #hold(row) {
    this.#held.push({...row, at: new Date()});
    if (this.#held.length > LONGEST) this.#held.shift();
    this.#schedule();
  }

  /** Draws once for all that came since the last frame; a page in the background draws when it is looked at. */
  #schedule() {
    if (this.#drawing) return;
    this.#drawing = true;
    requestAnimationFrame(() => {
      this.#drawing = false;
      this.#draw();
    });
  }

  #draw() {
    if (!this.#paused && this.#held.length) this.#append(this.#held.splice(0));
    const waiting = this.#held.length ? `, ${this.#held.length} held` : '';
    this.#count.textContent = `${this.#total}${waiting}`;
  }

  #append(rows) {
    const log = this.#log;
    const atEnd = log.scrollTop + log.clientHeight >= log.scrollHeight - 8;
    log.append(...rows.map(rowNode));
    while (log.children.length > LONGEST) log.firstElementChild.remove();
    if (atEnd) log.scrollTop = log.scrollHeight;
  }

  #clear() {
    this.#held = [];
    this.#total = 0;
    this.#log.replaceChildren();
    this.#schedule();
  }
}

const asLine = ([name, value]) => [value].flat().map((each) => `${name}: ${each}`).join('  ');

function rowNode({name, brief, id, message, at, note}) {
  const time = make('time', {textContent: clock(at), dateTime: at.toISOString(), title: id || at.toISOString()});
  const texts = [makeOf('b', showText(name)), makeOf('span', showText(brief.slice(0, BRIEF)))];
  if (note) return make('p', {className: 'note'}, time, ...texts);
  const row = make('details', {}, make('summary', {}, time, ...texts));
  row.addEventListener('toggle', () => row.querySelector('pre') ?? row.append(whole(message)), {once: true});
  return row;
}

/** All of an event, a line for each field. */
function whole(message) {
  const fields = Object.entries(message).flatMap(([name, value]) => [value].flat().map((each) => [name, each]));
  return make('pre', {}, ...fields.map(([name, value]) => (
    make('div', {}, make('b', {textContent: name}), ': ', makeOf('span', showText(value)))
  )));
}

function clock(at) {
  const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map(TWO).join(':');
  return `${time}.${String(at.getMilliseconds()).padStart(3, '0')}`;
}
