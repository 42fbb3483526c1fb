/** Listeners, by the kind of thing they want to hear of. */
export class Emitter {
  /** @type {Map<string, Set<Function>>} */
  #listeners = new Map();

  /**
   * Adds a listener.
   * @param {string} type
   * @param {(...things: any[]) => void} listener
   * @returns {() => void} takes it away
   */
  on(type, listener) {
    const listeners = this.#listeners.get(type) ?? new Set();
    this.#listeners.set(type, listeners.add(listener));
    return () => listeners.delete(listener);
  }

  /**
   * Calls the listeners. What one throws goes to the console, and the others are called all the same.
   * @param {string} type
   * @param {...any} things
   */
  emit(type, ...things) {
    for (const listener of [...this.#listeners.get(type) ?? []]) {
      try {
        listener(...things);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  /** Takes all away. */
  clear() {
    this.#listeners.clear();
  }
}
