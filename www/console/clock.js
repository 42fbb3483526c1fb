/**
 * Times that tick. Only those in view do, so a second costs the same however many rows there are; the
 * others are put right as they come into view.
 *
 * @typedef {object} Clock
 * @property {(cell: Element, at: number | null) => void} watch  shows in a cell how long it is from or to a moment
 * @property {(cell: Element) => void} forget
 */

import {duration, timeOfDay} from './words.js';

const TICK = 1000; // ms

/**
 * @param {() => void} ticked  called each second as well
 * @returns {Clock}
 */
export function createClock(ticked) {
  /** @type {WeakMap<Element, number | null>} */
  const moments = new WeakMap();
  /** @type {Set<Element>} */
  const seen = new Set();
  const observer = new IntersectionObserver((entries) => {
    for (const {target, isIntersecting} of entries) {
      if (isIntersecting) seen.add(target);
      else seen.delete(target);
      if (isIntersecting) show(target);
    }
  });

  function show(cell) {
    const at = moments.get(cell) ?? null;
    const text = at === null ? '' : duration(Math.abs(Date.now() - at));
    if (cell.textContent !== text) cell.textContent = text;
  }

  setInterval(() => {
    if (document.hidden) return;
    for (const cell of seen) show(cell);
    ticked();
  }, TICK);

  return {
    watch(cell, at) {
      if (!moments.has(cell)) observer.observe(cell);
      if (moments.get(cell) === at) return;
      moments.set(cell, at);
      if (at !== null) cell.setAttribute('title', timeOfDay(at));
      show(cell);
    },
    forget(cell) {
      observer.unobserve(cell);
      seen.delete(cell);
      moments.delete(cell);
    },
  };
}
