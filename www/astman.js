/**
 * astman as a plain script: <script src="astman.js"></script>
 *
 *   ajam.ready     a promise of the library, which is astman/index.js: everything it exports
 *                      ajam.ready.then(({createAstman, refusal}) => { ... });
 *                  As a module: import {createAstman} from './astman/index.js';
 *   astmanEngine   the object that pages know from Asterisk's own astman.js of 2006, and its class Astman.
 *                  Such pages work with it as they are, on Asterisk 1.4 to 23
 *   $, Ajax.Request  what these pages take from prototype.js, where that is not there
 *
 * What is different from the old one, besides that it understands what came after 1.4:
 *   - Requests go by POST, so that no secret stands in a URL.
 *   - Answers go to the callback that was given with their request; the old one had room for one callback.
 *   - channelTable() escapes everything. The ids of its rows, and the names that channelInfo() has, are
 *     channel names with %XX for what would be markup or would break a query: old pages write them into both.
 *   - When the server or the PBX has been away, pollEvents() goes on by itself and reads the channels anew.
 */
(function () {
  'use strict';

  const FORM = {'Content-Type': 'application/x-www-form-urlencoded'};
  const FIRST_DELAY = 1000; // ms before the next poll when one was refused; doubled each time
  const LONGEST_DELAY = 30000; // ms

  // What 1.4 calls what later versions call otherwise.
  const OLD_NAMES = [
    ['state', 'channelstatedesc'],
    ['callerid', 'calleridnum'],
    ['extension', 'exten'],
    ['account', 'accountcode'],
  ];

  const ENTITIES = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;'};

  /** The modules once they are here; no answer is read before. */
  let parts = null;
  const ready = import('./astman/index.js').then((module) => {
    parts = module;
    return module;
  });
  ready.catch(() => {}); // each request tells it

  /** The engines that have drawn a table, by the number in it. */
  const engines = [];

  class Astman {
    #number = engines.push(this) - 1;
    #picture = null;
    #begun = null; // a promise that it is known from where events are wanted
    #place = '';
    #refused = 0; // polls in a row
    #missed = false; // events, because a poll got no answer

    url = '../rawman';

    /** Where requests go: '../rawman'. */
    setURL = (url) => {
      this.url = url;
    };

    /** Sets the function that gets the events: callback(messages); the first and the last are no events. */
    setEventCallback = (callback) => {
      this.eventcallback = callback;
    };

    /** Sets the element whose `value` shows what was parsed. */
    setDebug = (debug) => {
      this.debug = debug;
    };

    /** Sends a query, 'action=status', and calls callback(messages); alerts when there is no answer. */
    sendRequest = async (request, callback) => {
      this.callback = callback; // for managerResponse()
      if (/\baction=login\b/i.test(request)) this.#beginAnew();
      await this.#begun;
      const reply = await this.#send(request);
      if (reply.status === 200) this.parseResponse(reply, callback);
      else globalThis.alert(`Error: ${reply.status}: ${reply.statusText}`);
    };

    /** Waits for events and gives them to the event callback, once: the callback asks for the next ones. */
    pollEvents = () => {
      this.#begun ??= this.#begin();
      if (this.#refused) setTimeout(() => this.#poll(), delay(this.#refused - 1));
      else this.#poll();
    };

    /** Calls callback(messages) with an answer: messages[i].headers by lower-case name, messages[i].names. */
    parseResponse = (reply, callback) => {
      const messages = parts.parseRaw(reply.responseText).map(oldMessage);
      if (this.debug) this.debug.value = trace(messages);
      callback?.(messages);
    };

    managerResponse = (reply) => this.parseResponse(reply, this.callback);

    eventResponse = (reply) => this.parseResponse(reply, this.doEvents);

    doEvents = (messages) => this.eventcallback?.(messages);

    /** Takes a message of Status, or an event, into the table of channels. */
    channelUpdate = (message, name) => {
      const event = {...message.headers, event: message.headers.event ?? 'Status'};
      if (name) event.channel = name;
      this.#picture = parts.applyEvent(this.#picture ?? parts.EMPTY, event, Date.now());
    };

    channelClear = () => {
      this.#picture = null;
    };

    /** The channel of that name, or of that id in the table; undefined when there is none. */
    channelInfo = (name) => {
      const row = this.#rows().find((each) => each.channel === name || safeName(each.channel) === name);
      return row && oldChannel(row, parts.bridgeMembers(this.#picture, row.bridge));
    };

    /** The channels as the HTML of a table; callback(id) is called when a row is clicked. */
    channelTable = (callback) => {
      this.chancallback = callback;
      const bridges = membersByBridge(this.#rows());
      const channels = this.#rows().map((row) => oldChannel(row, bridges.get(row.bridge)));
      if (!channels.some(({channel}) => channel === this.selecttarget)) this.selecttarget = null;
      const rows = channels.map((channel, at) => tableRow(channel, this.#rowClass(channel.channel, at)));
      return `<table class='chantable' align='center' data-astman='${this.#number}'>\n${HEADINGS}\n`
        + (rows.join('') || `<tr><td colspan='5'><i class='light'>No active channels</i></td></tr>\n`) + '</table>\n';
    };

    /** A click somewhere in a row of the table. */
    clickChannel = (event) => {
      let target = event.target;
      while (target && !target.id) target = target.parentNode;
      if (!target) return;
      if (this.selecttarget) this.restoreTarget(this.selecttarget);
      this.selecttarget = target.id;
      target.className = 'chanlistselected';
      this.chancallback?.(target.id);
    };

    /** Makes a selected row look like the others. */
    restoreTarget = (id) => {
      const row = document.getElementById(id);
      if (!row) return;
      const at = [...row.parentNode.children].filter((each) => each.id !== 'labels').indexOf(row);
      row.className = this.#rowClass('', at);
    };

    #rowClass(channel, at) {
      if (channel && channel === this.selecttarget) return 'chanlistselected';
      return at % 2 ? 'chanlistodd' : 'chanlisteven';
    }

    #rows() {
      return this.#picture ? [...this.#picture.channels.values()] : [];
    }

    /** What a request got: never rejects, its status is 0 when there was no answer. */
    async #send(request) {
      try {
        await ready;
        const body = typeof request === 'string' ? request : new URLSearchParams(request).toString();
        const reply = await fetch(this.url, {method: 'POST', headers: FORM, body, credentials: 'same-origin'});
        return {status: reply.status, statusText: reply.statusText, responseText: await reply.text()};
      } catch (error) {
        return {status: 0, statusText: error.message, responseText: ''};
      }
    }

    /** Another session has other events. */
    #beginAnew() {
      this.#begun = null;
      this.#place = '';
      this.#refused = 0;
      this.#missed = false;
    }

    /** Asks where `now` is. Requests that come later wait for it: a Status must not be older than the first event. */
    async #begin() {
      this.#remember(await this.#send('action=waitevent&timeout=0&since='));
    }

    #remember(reply) {
      const last = parts?.parseRaw(reply.responseText).at(-1) ?? {};
      this.#place = parts?.fields(last).since ?? this.#place;
    }

    async #poll() {
      await this.#begun;
      const reply = await this.#send(`action=waitevent&since=${encodeURIComponent(this.#place)}`);
      const answer = reply.status === 200 ? parts.parseRaw(reply.responseText) : [];
      const refused = !answer.length || parts.refusal(answer);
      this.#refused = refused ? this.#refused + 1 : 0;
      if (reply.status !== 200) {
        this.#missed = true;
        return this.pollEvents();
      }
      this.#remember(reply);
      if (this.#missed && !refused) await this.#readAnew();
      this.eventResponse(reply);
    }

    /** The channels as they are now; what was told of them in between is lost. */
    async #readAnew() {
      const reply = await this.#send('action=status');
      if (reply.status !== 200) return;
      this.#missed = false;
      this.channelClear();
      this.parseResponse(reply, (messages) => messages.slice(1, -1).forEach((each) => this.channelUpdate(each)));
    }
  }

  function delay(attempt) {
    return Math.min(FIRST_DELAY * 2 ** attempt, LONGEST_DELAY) * (0.5 + Math.random() / 2);
  }

  /** A message as old pages know it; several values of a name are lines of one. */
  function oldMessage(message) {
    const headers = Object.create(null);
    for (const [name, value] of Object.entries(message)) headers[name.toLowerCase()] = [value].flat().join('\n');
    for (const [old, name] of OLD_NAMES) headers[old] ??= headers[name];
    for (const [old] of OLD_NAMES) if (headers[old] === undefined) delete headers[old];
    if (headers.event === 'Rename') headers.oldname ??= headers.channel;
    if (headers.ping === 'Pong') headers.response = 'Pong'; // 1.4's word: old pages take it for "logged in"
    return {headers, names: Object.keys(message).map((name) => name.toLowerCase())};
  }

  /** A channel under the names of 1.4; what is not known is left out. `members` are those in its bridge. */
  function oldChannel(row, members = []) {
    const other = members.find((each) => each !== row);
    const channel = {
      channel: safeName(row.channel),
      callerid: row.callerIDNum,
      calleridname: row.callerIDName,
      context: row.context,
      extension: row.exten,
      priority: row.priority,
      account: row.accountCode,
      state: row.state,
      link: other ? safeName(other.channel) : '',
      uniqueid: row.uniqueid,
    };
    return Object.fromEntries(Object.entries(channel).filter(([, value]) => value));
  }

  function membersByBridge(rows) {
    const bridges = new Map();
    for (const row of rows) {
      if (row.bridge) bridges.set(row.bridge, [...bridges.get(row.bridge) ?? [], row]);
    }
    return bridges;
  }

  function trace(messages) {
    const lines = messages.flatMap(({headers, names}, at) => (
      names.map((name) => `${at + 1}: ${name}: ${headers[name]}`)
    ));
    return `${messages.length} messages\n${lines.join('\n')}\n`;
  }

  const HEADINGS = `<tr class='labels' id='labels'>${['Channel', 'State', 'Caller', 'Location', 'Link']
    .map((heading) => `<td>${heading}</td>`).join('')}</tr>`;

  function tableRow(channel, className) {
    const cells = [
      escapeHtml(channel.channel),
      escapeHtml(channel.state ?? '') || faint('unknown'),
      escapeHtml(callerOf(channel)) || faint('Unknown'),
      channel.extension ? escapeHtml(`${channel.extension}@${channel.context}:${channel.priority}`) : faint('None'),
      escapeHtml(channel.link ?? '') || faint('None'),
    ];
    return `<tr class='${className}' id='${escapeHtml(channel.channel)}'><td>${cells.join('</td><td>')}</td></tr>\n`;
  }

  function callerOf({callerid = '', calleridname = ''}) {
    return callerid && calleridname ? `${calleridname} <${callerid}>` : calleridname || callerid;
  }

  function faint(text) {
    return `<i class='light'>${text}</i>`;
  }

  function escapeHtml(text) {
    return text.replace(/[&<>"']/g, (character) => ENTITIES[character]);
  }

  /** A channel's name, harmless where old pages write it: in HTML, and unencoded in a query, which undoes it. */
  function safeName(channel) {
    return channel.replace(/[\x00-\x20\x7f<>&"'`%+#\\]/g, percentEncoded);
  }

  function percentEncoded(character) {
    return `%${character.charCodeAt(0).toString(16).padStart(2, '0')}`;
  }

  // The table's rows have no handler of their own: Content-Security-Policy would not run it.
  globalThis.document?.addEventListener('click', (event) => {
    const row = /** @type {any} */ (event.target).closest?.('table.chantable tr[id]');
    if (row && row.id !== 'labels') engines[row.closest('table').dataset.astman]?.clickChannel(event);
  });

  /** The element with an id, an array for several ids; an element is itself. */
  function byId(...names) {
    const found = names.map((name) => (typeof name === 'string' ? document.getElementById(name) : name));
    return found.length > 1 ? found : found[0];
  }

  /** new Ajax.Request(url, {method, asynchronous, parameters, postBody, onSuccess, onFailure, onComplete}) */
  class Request {
    /** @param {string} url  @param {any} [options] */
    constructor(url, {method = 'post', asynchronous = true, parameters = '', postBody, ...calls} = {}) {
      const query = typeof parameters === 'string' ? parameters : new URLSearchParams(parameters).toString();
      const isGet = method.toLowerCase() === 'get';
      const address = isGet && query ? url + (url.includes('?') ? '&' : '?') + query : url;
      const transport = new XMLHttpRequest();
      this.transport = transport;
      transport.onloadend = () => {
        const succeeded = transport.status >= 200 && transport.status < 300;
        (succeeded ? calls.onSuccess : calls.onFailure)?.(transport);
        calls.onComplete?.(transport);
      };
      transport.open(method.toUpperCase(), address, asynchronous);
      if (!isGet) transport.setRequestHeader('Content-Type', FORM['Content-Type']);
      transport.send(isGet ? null : postBody ?? query);
    }
  }

  globalThis.ajam = {ready};
  globalThis.Astman = Astman;
  globalThis.astmanEngine = new Astman();
  globalThis.$ ??= byId;
  globalThis.Ajax ??= {Request};
}());
