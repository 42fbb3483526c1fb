/**
 * One link for all tabs of a browser: HTTP/1.1 gives a browser six connections to a server, and a stream
 * in each of six tabs would take them all.
 *
 * One tab leads: it has the link and says over a BroadcastChannel what it hears. A lock of the browser
 * decides who leads, and passes on when that tab goes or crashes. Over plain HTTP browsers have no locks;
 * then tabs settle it by talking: who hears no leader becomes it, of two leaders the one with the higher
 * number steps down. Two leaders for a moment do no harm, for events carry their number (client.js).
 *
 * @typedef {import('./surroundings.js').Surroundings} Surroundings
 *
 * @typedef {object} Tasks
 * @property {() => void} lead
 * @property {() => void} follow  lead no longer
 * @property {(told: any) => void} hear  what another tab told
 */

const HELLO_PATIENCE = 400; // ms to wait for a leader's answer
const LEADER_BEAT = 10000; // ms between a leader's signs of life
const LEADER_PATIENCE = 30000; // ms without one, and the leader is gone

/** The tabs that have the same name; this one leads none until it joins. */
export class Tabs {
  #channel;
  #election;

  /** @param {Surroundings} surroundings  @param {string} name  @param {Tasks} tasks */
  constructor(surroundings, name, tasks) {
    if (!surroundings.BroadcastChannel) {
      this.#election = {join: tasks.lead, leave: tasks.follow};
      return;
    }
    this.#channel = new surroundings.BroadcastChannel(name);
    const say = (claim) => this.tell({claim});
    this.#election = surroundings.locks ? new LockElection(surroundings.locks, name, tasks)
      : new TalkElection(surroundings, tasks, say);
    this.#channel.onmessage = ({data}) => {
      if (data.claim) this.#election.hear(data.claim);
      else tasks.hear(data);
    };
  }

  /** From now on this tab may be asked to lead; at once where it is the only one. */
  join() {
    this.#election.join();
  }

  /** It leads no longer, and will not. */
  leave() {
    this.#election.leave();
  }

  /** Tells the other tabs something. @param {object} told */
  tell(told) {
    this.#channel?.postMessage(told);
  }

  /** Leaves, and hears no more. */
  close() {
    this.leave();
    this.#channel?.close();
    this.#channel = null;
  }
}

class LockElection {
  #locks;
  #name;
  #tasks;
  #leave = () => {};

  constructor(locks, name, tasks) {
    this.#locks = locks;
    this.#name = name;
    this.#tasks = tasks;
  }

  join() {
    const aborter = new AbortController();
    this.#leave = () => aborter.abort();
    this.#locks.request(this.#name, {signal: aborter.signal}, () => this.#hold())
      .catch(() => {}); // left before it was its turn
  }

  /** The lock is held until the promise is kept. */
  #hold() {
    return new Promise((release) => {
      this.#leave = () => {
        this.#tasks.follow();
        release(undefined);
      };
      this.#tasks.lead();
    });
  }

  leave() {
    this.#leave();
  }

  hear() {} // here nobody claims
}

class TalkElection {
  #around;
  #tasks;
  #say;
  #number;
  #joined = false;
  #leading = false;
  #cancel = () => {};

  constructor(surroundings, tasks, say) {
    this.#around = surroundings;
    this.#tasks = tasks;
    this.#say = say;
    this.#number = surroundings.random();
    surroundings.onHide(() => this.#hide());
  }

  join() {
    this.#joined = true;
    this.#say({name: 'hello'});
    this.#takeAfter(HELLO_PATIENCE);
  }

  leave() {
    this.#resign();
    this.#joined = false;
  }

  hear({name, number}) {
    if (!this.#joined) return;
    if (name === 'hello' && this.#leading) this.#sayLead();
    if (name === 'gone') this.#takeAfter(HELLO_PATIENCE);
    if (name === 'lead') this.#hearLeader(number);
  }

  #hearLeader(number) {
    if (this.#leading && number > this.#number) return this.#sayLead(); // so that the other steps down
    if (this.#leading) this.#stepDown();
    this.#takeAfter(LEADER_PATIENCE);
  }

  #takeAfter(patience) {
    this.#cancel();
    this.#cancel = this.#around.after(patience * (1 + this.#around.random() / 2), () => this.#take());
  }

  #take() {
    this.#leading = true;
    this.#beat();
    this.#tasks.lead();
  }

  #beat() {
    this.#sayLead();
    this.#cancel = this.#around.after(LEADER_BEAT, () => this.#beat());
  }

  #sayLead() {
    this.#say({name: 'lead', number: this.#number});
  }

  #stepDown() {
    this.#leading = false;
    this.#tasks.follow();
  }

  #resign() {
    this.#cancel();
    if (!this.#leading) return;
    this.#stepDown();
    this.#say({name: 'gone'});
  }

  #hide() {
    this.#resign();
    if (this.#joined) this.#takeAfter(LEADER_PATIENCE); // a page that was hidden may come back
  }
}
