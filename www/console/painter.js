/**
 * Draws in an animation frame what has changed since the last one, and not at all while the page is in the
 * background: a browser gives it no frames there.
 *
 * A drawing that costs much, with a thousand channels or on a slow machine, is made less often, so that it
 * takes a fifth of the time at most and the page answers its user in between.
 */

const REST = 4; // times what a drawing took

/**
 * @param {() => void} draw
 * @returns {() => void} says that something has changed
 */
export function createPainter(draw) {
  let asked = false;
  let resting = false;

  function paint() {
    asked = false;
    const began = performance.now();
    draw();
    hold(began);
  }

  /** The browser lays out and paints behind the frame's scripts; a message comes in behind that. */
  function hold(began) {
    resting = true;
    const {port1, port2} = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      setTimeout(wake, REST * (performance.now() - began));
    };
    port2.postMessage(0);
  }

  function wake() {
    resting = false;
    if (asked) requestAnimationFrame(paint);
  }

  return () => {
    if (asked) return;
    asked = true;
    if (!resting) requestAnimationFrame(paint);
  };
}
