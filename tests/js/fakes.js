/** Surroundings for tests: a clock that is moved by hand, a server, a stream, and browsers with tabs. */

/** Lets everything that has been promised happen. */
export async function settle() {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

/** A clock and its timers. */
export class Time {
  #now = 1_000_000_000_000;
  #timers = new Set();

  now = () => this.#now;

  after = (milliseconds, task) => this.#add({at: this.#now + milliseconds, task});

  every = (milliseconds, task) => this.#add({at: this.#now + milliseconds, task, again: milliseconds});

  #add(timer) {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves on, runs what is due in its order, and lets what follows from it happen. */
  async advance(milliseconds) {
    await settle();
    const end = this.#now + milliseconds;
    for (;;) {
      const [next] = [...this.#timers].filter(({at}) => at <= end).sort((one, other) => one.at - other.at);
      if (!next) break;
      this.#now = next.at;
      if (next.again) next.at += next.again;
      else this.#timers.delete(next);
      next.task();
      await settle();
    }
    this.#now = end;
  }

  /** Time passes without timers, as when a machine sleeps. */
  sleep(milliseconds) {
    this.#now += milliseconds;
    for (const timer of this.#timers) timer.at += milliseconds;
  }
}

const DENIED = [{Response: 'Error', Message: 'Permission denied'}];
const AWAY = [{Response: 'Error', Message: 'The PBX is away'}];

/** A server with one session; `answers` are its answers by lower-case action: messages, or a function of the form. */
export class Server {
  loggedIn = true;
  reachable = true;
  status = 200;
  forms = ['mjson', 'rawman'];
  log = [];
  answers = {
    ping: [{Response: 'Success', Ping: 'Pong'}],
    login: () => {
      this.loggedIn = true;
      return [{Response: 'Success', Message: 'Authentication accepted'}];
    },
    logoff: () => {
      this.loggedIn = false;
      return [{Response: 'Goodbye', Message: 'Thanks for all the fish.'}];
    },
    challenge: [{Response: 'Success', Challenge: '754868201'}],
  };

  /** The requests for an action, as objects. */
  sent(action) {
    const forms = this.log.filter((form) => (form.get('Action') ?? form.get('action')).toLowerCase() === action);
    return forms.map((form) => Object.fromEntries(form));
  }

  fetch = async (url, {body, method, signal}) => {
    const form = new URLSearchParams(String(body));
    this.log.push(form);
    if (!this.reachable) throw new TypeError('fetch failed');
    if (method !== 'POST') return reply(501, '');
    const uri = new URL(url).pathname.split('/').at(-1);
    if (!this.forms.includes(uri)) return reply(404, '<title>404 Not Found</title>');
    const messages = this.status === 503 ? AWAY : await this.#answer(form, signal);
    return reply(this.status, uri === 'mjson' ? JSON.stringify(messages) : raw(messages));
  };

  async #answer(form, signal) {
    const action = [...form].find(([name]) => name.toLowerCase() === 'action')[1].toLowerCase();
    if (!this.loggedIn && !['login', 'challenge'].includes(action)) return DENIED;
    const answer = this.answers[action] ?? [{Response: 'Error', Message: 'Invalid/unknown command'}];
    return typeof answer === 'function' ? answer(form, signal) : answer;
  }
}

function reply(status, text) {
  return {status, statusText: status === 200 ? 'OK' : 'Not OK', text: async () => text};
}

/** Messages as /rawman writes them. */
export function raw(messages) {
  const lines = ([name, value]) => [value].flat().map((each) => `${name}: ${each}\r\n`).join('');
  return messages.map((message) => `${Object.entries(message).map(lines).join('')}\r\n`).join('');
}

/** A class of event streams, and those that were made of it. */
export function streams() {
  return class Stream {
    static opened = [];

    static get last() {
      return Stream.opened.at(-1);
    }

    closed = false;
    listeners = {};

    constructor(url) {
      this.url = new URL(url);
      Stream.opened.push(this);
    }

    addEventListener(name, listener) {
      this.listeners[name] = listener;
    }

    /** The server has answered. */
    open() {
      this.onopen();
    }

    /** The server sends a message: of a name, or an event. */
    send(name, data, lastEventId = '') {
      const message = {data: JSON.stringify(data), lastEventId};
      if (name === 'event') this.onmessage(message);
      else this.listeners[name](message);
    }

    fail() {
      this.onerror();
    }

    close() {
      this.closed = true;
    }
  };
}

/** A browser: tabs made of its surroundings hear each other, and share locks. */
export function browserOf({locks = true} = {}) {
  const channels = new Set();
  const queues = new Map();

  class Channel {
    constructor(name) {
      this.name = name;
      channels.add(this);
    }

    postMessage(data) {
      const copy = structuredClone(data);
      const others = [...channels].filter((other) => other !== this && other.name === this.name && !other.frozen);
      for (const other of others) queueMicrotask(() => other.onmessage({data: copy}));
    }

    close() {
      channels.delete(this);
    }
  }

  function request(name, {signal}, hold) {
    const turn = (queues.get(name) ?? Promise.resolve()).then(() => (signal.aborted ? undefined : hold()));
    queues.set(name, turn);
    return turn.then(() => {
      if (signal.aborted) throw new DOMException('aborted', 'AbortError');
    });
  }

  return {BroadcastChannel: Channel, locks: locks ? {request} : null};
}
