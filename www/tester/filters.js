/**
 * The filter of an event stream as one types it: event=Hangup & event=Newchannel & Queue=support.
 * A word without = is an event's name. The values of one name are alternatives, different names must all fit.
 */

/**
 * The pairs that a filter asks the server for.
 * @param {string} text
 * @returns {[string, string][]} [] for all events
 */
export function readFilters(text) {
  return text.split('&').map((part) => part.trim()).filter(Boolean).flatMap((part) => {
    const at = part.indexOf('=');
    if (at < 0) return part.split(/[\s,]+/).filter(Boolean).map((name) => ['event', name]);
    return [[part.slice(0, at).trim(), part.slice(at + 1).trim()]];
  });
}
