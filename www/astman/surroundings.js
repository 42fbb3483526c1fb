/**
 * What the library takes of the browser it runs in. Tests hand in their own; so may a page.
 *
 * @typedef {object} Surroundings
 * @property {string} base  the page's address, against which a relative `url` counts
 * @property {typeof globalThis.fetch} fetch
 * @property {typeof globalThis.EventSource | null} EventSource  null: events come by WaitEvent
 * @property {typeof globalThis.BroadcastChannel | null} BroadcastChannel  null: no other tab is known
 * @property {LockManager | null} locks  null, as over plain HTTP: tabs settle by talking which one leads
 * @property {(milliseconds: number, task: () => void) => () => void} after  runs a task once; answers its cancel
 * @property {(milliseconds: number, task: () => void) => () => void} every  runs a task again and again
 * @property {(task: () => void) => void} onHide  runs a task when the page goes
 * @property {() => number} now  epoch milliseconds
 * @property {() => number} random  0 up to 1
 */

/**
 * The surroundings that a browser gives; null or a stand-in for what it has not.
 * @returns {Surroundings}
 */
export function browser() {
  const {location, fetch, EventSource, BroadcastChannel, navigator, addEventListener} = globalThis;
  return {
    base: location?.href ?? '',
    fetch: (...request) => fetch(...request),
    EventSource: EventSource ?? null,
    BroadcastChannel: BroadcastChannel ?? null,
    locks: navigator?.locks ?? null,
    after,
    every,
    onHide: (task) => addEventListener?.('pagehide', task),
    now: Date.now,
    random: Math.random,
  };
}

function after(milliseconds, task) {
  const timer = setTimeout(task, milliseconds);
  return () => clearTimeout(timer);
}

/**
 * A worker's clock where there is one: browsers let the timers of a page in the background run once a minute,
 * and a session that is to be pinged every 20 seconds would be lost.
 */
function every(milliseconds, task) {
  const stopTimer = tick(milliseconds, task);
  const worker = startWorker();
  if (!worker) return stopTimer;
  worker.onmessage = () => {
    stopTimer(); // the worker runs: from here on it is the clock
    task();
  };
  worker.postMessage(milliseconds);
  return () => {
    stopTimer();
    worker.terminate();
  };
}

function startWorker() {
  try {
    return globalThis.Worker ? new Worker(new URL('./clock.js', import.meta.url)) : null;
  } catch {
    return null; // this file is from another origin than the page
  }
}

function tick(milliseconds, task) {
  const timer = setInterval(task, milliseconds);
  return () => clearInterval(timer);
}
