/**
 * createAstman(): the manager in a page. Joins what the other modules do.
 *
 *     const astman = createAstman({url: '../'});
 *     astman.on('picture', (picture) => draw(picture.channels));
 *     astman.on('link', ({state, reason}) => banner(state, reason));
 *     if (!await astman.resume()) {
 *       const why = refusal(await astman.login({username, secret}));
 *     }
 *     const answer = await astman.action({Action: 'Hangup', Channel: 'SIP/100-0000002a'});
 *
 * @typedef {import('./messages.js').Message} Message
 * @typedef {import('./manager.js').Action} Action
 * @typedef {import('./picture.js').Picture} Picture
 * @typedef {import('./reader.js').Read} Read
 * @typedef {import('./sources.js').Told} Told
 *
 * @typedef {object} LinkState
 * @property {'connected' | 'reconnecting' | 'logged off'} state
 * @property {string} reason  why it is not connected, for people; '' when it is
 * @property {number} at  since when, epoch milliseconds
 *
 * @typedef {object} Options
 * @property {string} [url]  where mjson, rawman and events are, with a slash at its end; '../'
 * @property {number} [httptimeout]  of manager.conf, seconds; 60. Scripts cannot read it off the cookie
 * @property {[string, string][]} [filters]  of the events, as pairs: [['event', 'Hangup'], ['Queue', 'support']].
 *     A picture needs all events of its tables
 * @property {boolean} [reading]  the picture's lists are read by themselves; true. Not needed to act and to listen
 */

import {Emitter} from './emitter.js';
import {Link} from './link.js';
import {logIn} from './login.js';
import {AstmanError, createPost, ping} from './manager.js';
import {fields, isDenied, refusal, values} from './messages.js';
import {Reader} from './reader.js';
import {browser} from './surroundings.js';
import {Tabs} from './tabs.js';

const DEFAULTS = {url: '../', httptimeout: 60, filters: [], reading: true};

/** The link's next state, by its state and what has happened; what is not here changes nothing. */
const NEXT = {
  'logged off': {accepted: 'connected'},
  connected: {lost: 'reconnecting', down: 'reconnecting', end: 'logged off'},
  reconnecting: {open: 'connected', up: 'connected', end: 'logged off'},
};

const ENDED = 'The session has ended.';

/**
 * A client of the manager. It sends nothing before login() or resume().
 * @param {Options & Partial<import('./surroundings.js').Surroundings>} [options]
 * @returns {Astman}
 */
export function createAstman(options = {}) {
  const surroundings = {...browser(), ...DEFAULTS, ...options};
  return new Astman({...surroundings, url: new URL(surroundings.url, surroundings.base || undefined).href});
}

/** What createAstman() makes. Its methods may be handed on without it: `button.onclick = astman.logoff`. */
export class Astman {
  /** What is to be done about each thing that is told. */
  static #HEARING = {
    open(astman, {data}) {
      astman.#go('open');
      if (data.fresh) astman.#readAnew();
    },
    event: (astman, {id, data}) => astman.#event(data, id),
    place(astman, {id}) {
      astman.#place = id || astman.#place;
    },
    gap(astman, {data}) {
      astman.#emitter.emit('gap', data.dropped);
      astman.#readAnew();
    },
    lost: (astman, {data}) => astman.#go('lost', data.reason),
    down: (astman) => astman.#go('down', 'The PBX is away.'),
    up(astman) {
      astman.#go('up');
      astman.#readAnew();
    },
    end: (astman, {data}) => astman.#leave(data.reason || ENDED),
  };

  #around;
  #post;
  #emitter = new Emitter();
  #reader;
  #tabs;
  /** @type {LinkState} */
  #link;
  #place = ''; // the last event's number
  #heard = 0;
  #leading = null; // the Link, when this tab has it
  #greeting = false; // a leader is asked how things stand

  constructor(surroundings) {
    const {url, filters, now} = surroundings;
    this.#around = surroundings;
    this.#post = createPost(surroundings);
    this.#link = {state: 'logged off', reason: '', at: now()};
    this.#reader = new Reader({post: this.#post, now}, (...pictures) => this.#emitter.emit('picture', ...pictures));
    this.#tabs = new Tabs(surroundings, `astman ${url} ${new URLSearchParams(filters)}`, {
      lead: () => this.#lead(), follow: () => this.#follow(), hear: (told) => this.#hearTab(told),
    });
  }

  /** How the link to the server is. @returns {LinkState} */
  get link() {
    return this.#link;
  }

  /** What is on the PBX. @returns {Picture} */
  get picture() {
    return this.#reader.picture;
  }

  /** Which lists could be read, and why others could not, by action. @returns {ReadonlyMap<string, Read>} */
  get reads() {
    return this.#reader.reads;
  }

  /** When the server last gave a sign of life, epoch milliseconds; 0 never. @returns {number} */
  get heard() {
    return this.#heard;
  }

  /**
   * Listens to
   *   link     (link, before)     its state or its reason has changed
   *   picture  (picture, before)  something in it has
   *   event    (message, id)      the PBX sent an event; id may be '' where events come by WaitEvent
   *   gap      (dropped)          so many events were lost; the picture is read anew
   * @param {'link' | 'picture' | 'event' | 'gap'} type
   * @param {(...things: any[]) => void} listener
   * @returns {() => void} stops listening
   */
  on = (type, listener) => {
    return this.#emitter.on(type, listener);
  };

  /**
   * Logs in, and begins to listen to events and to read the picture.
   * @param {object} credentials
   * @param {string} credentials.username
   * @param {string} credentials.secret  is not kept
   * @param {boolean} [credentials.challenge]  prove the secret instead of sending it; by default where the
   *     connection is not encrypted. With the secret itself ajam can log in again after a restart of the PBX
   *     even where it cannot read manager.conf
   * @returns {Promise<Message[]>} the manager's answer: see refusal()
   * @throws {AstmanError} when there is none
   */
  login = async ({username, secret, challenge = !this.#around.url.startsWith('https:')}) => {
    const answer = await logIn(this.#post, {username, secret, challenge});
    if (refusal(answer) || !answer.length) return answer;
    if (this.#link.state !== 'logged off') this.#leave('Another user logs in.');
    this.#tabs.tell({name: 'login'});
    this.#enter();
    return answer;
  };

  /**
   * Goes on with the session that the browser has, as after a reload of the page.
   * @returns {Promise<boolean>} false when there is none: log in
   * @throws {AstmanError} when the server cannot be reached
   */
  resume = async () => {
    if (this.#link.state !== 'logged off') return true;
    const state = await ping(this.#post);
    if (state === 'dead') throw new AstmanError('The server cannot be reached.');
    if (state === 'denied') return false;
    if (this.#link.state === 'logged off') this.#enter();
    return true;
  };

  /** Ends the session, for all tabs of the browser: they share it. @returns {Promise<void>} */
  logoff = async () => {
    await this.#post({Action: 'Logoff'}).catch(() => {}); // whatever comes of it, here it is over
    this.#tellAll({name: 'end', data: {reason: 'Logged off.'}});
  };

  /**
   * Sends an action.
   * @param {Action} action  {Action: 'Hangup', Channel: '...'}
   * @param {{timeout?: number}} [options]  milliseconds; 90,000
   * @returns {Promise<Message[]>} what the manager says, refusals too: see refusal()
   * @throws {AstmanError} when it says nothing
   */
  action = async (action, {timeout} = {}) => {
    return this.#send(action, {timeout});
  };

  /**
   * Runs a command of Asterisk's CLI.
   * @param {string} line  'core show version'
   * @returns {Promise<string[]>} the lines it prints
   * @throws {AstmanError} with the manager's words when it is refused
   */
  command = async (line) => {
    const answer = await this.#send({Action: 'Command', Command: line}, {form: 'rawman'}); // keeps the columns
    const output = answer.flatMap((message) => values(message, 'Output'));
    if (!output.length && refusal(answer)) throw new AstmanError(refusal(answer), 200);
    return output;
  };

  /**
   * Reads the whole picture anew. That happens by itself after login, restarts of the PBX, and gaps; it is
   * needed after an action of which no event tells (ConfbridgeLock).
   * @returns {Promise<void>}
   * @throws {AstmanError} when the server does not answer
   */
  refresh = () => {
    return this.#reader.refresh();
  };

  /** Ends it without logging off: the session lives on in other tabs, or until it expires. */
  close = () => {
    this.#emitter.clear();
    this.#leave('');
    this.#tabs.close();
  };

  async #send(action, how) {
    const {messages} = await this.#post(action, how);
    this.#heard = this.#around.now();
    if (isDenied(messages) && this.#link.state !== 'logged off' && await ping(this.#post) === 'denied') {
      this.#tellAll({name: 'end', data: {reason: ENDED}});
    }
    return messages;
  }

  #enter() {
    this.#place = '';
    this.#reader.reset();
    this.#heard = this.#around.now();
    this.#go('accepted');
    this.#tabs.join();
    this.#greeting = !this.#leading;
    this.#tabs.tell({name: 'hello'});
  }

  #leave(reason) {
    this.#go('end', reason);
    this.#tabs.leave();
    this.#follow();
    this.#reader.reset();
  }

  #lead() {
    this.#greeting = false;
    this.#leading?.stop();
    this.#leading = new Link({...this.#around, post: this.#post}, this.#place, (told) => this.#tellAll(told));
  }

  #follow() {
    this.#leading?.stop();
    this.#leading = null;
  }

  #tellAll(told) {
    this.#tabs.tell(told);
    this.#hear(told);
  }

  /** What other tabs say: what they hear of the server, and how they stand to each other. */
  #hearTab(told) {
    if (told.name === 'login') this.#rejoin();
    else if (told.name === 'hello') this.#greet();
    else if (told.name === 'standing') this.#adopt(told);
    else this.#hear(told);
  }

  /** Another tab has logged in, maybe as somebody else: the session's cookie is the browser's, not the tab's. */
  #rejoin() {
    if (this.#link.state === 'logged off') return this.resume().catch(() => {});
    this.#place = '';
    this.#reader.reset();
    if (this.#leading) this.#lead();
  }

  #greet() {
    if (this.#leading) this.#tabs.tell({name: 'standing', link: this.#link, place: this.#place});
  }

  #adopt(standing) {
    if (!this.#greeting || standing.link.state === 'logged off') return;
    this.#greeting = false;
    this.#place = this.#place || standing.place;
    this.#become(standing.link);
    this.#readAnew();
  }

  /** Something was told, to this tab or to the one that leads. @param {Told} told */
  #hear(told) {
    if (this.#link.state === 'logged off') return;
    if (told.name !== 'lost') this.#heard = this.#around.now();
    Astman.#HEARING[told.name]?.(this, told);
  }

  #event(message, id = '') {
    if (isOld(id, this.#place)) return; // two tabs led for a moment
    this.#place = id || this.#place;
    this.#reader.apply(message);
    this.#emitter.emit('event', message, id);
    if (/^fullybooted$/i.test(fields(message).event ?? '')) this.#readAnew();
  }

  /** A read that fails is no news: the link notices itself that it is broken, and says so. */
  #readAnew() {
    if (this.#around.reading) this.#reader.refresh().catch(() => {});
  }

  #go(happened, reason = '') {
    const state = NEXT[this.#link.state][happened];
    if (state) this.#become({state, reason: state === 'connected' ? '' : reason, at: this.#around.now()});
  }

  #become(link) {
    const before = this.#link;
    this.#link = link;
    if (link.state !== before.state || link.reason !== before.reason) this.#emitter.emit('link', link, before);
  }
}

/** True when an event's number, `<feed's instance>-<n>`, is not behind the last one of the same feed. */
function isOld(id, last) {
  const [feed, number] = numberOf(id);
  const [lastFeed, lastNumber] = numberOf(last);
  return feed === lastFeed && number <= lastNumber;
}

function numberOf(id) {
  const dash = id.lastIndexOf('-');
  return [id.slice(0, dash + 1), dash < 0 ? NaN : Number(id.slice(dash + 1))];
}
