/**
 * How things are called and written. Pure text, knows no page.
 */

/** @param {number} milliseconds  @returns {string} 0:07, 12:34 or 1:02:03 */
export function duration(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  const two = (number) => String(number).padStart(2, '0');
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`;
}

/** @param {number} at  epoch milliseconds  @returns {string} the time of day: 14:03:22 */
export function timeOfDay(at) {
  return new Date(at).toTimeString().slice(0, 8);
}

/** @param {string} name  @param {string} number  @returns {string} Ann Archer 101; '' when both are unknown */
export function party(name, number) {
  return name && name !== number ? `${name} ${number}`.trim() : number;
}

/** @returns {string} a channel's caller, or its name where the PBX knows no caller */
export function callerOf({callerIDName, callerIDNum, channel}) {
  return party(callerIDName, callerIDNum) || channel;
}

/** @returns {string} where a channel is in the dialplan: 101@default:2 */
export function placeOf({context, exten, priority}) {
  return exten ? `${exten}@${context}:${priority}` : context;
}

/** @returns {string} what a channel runs: Dial(PJSIP/102,20) */
export function applicationOf({application, data}) {
  return application && `${application}(${data})`;
}

/** @param {number} number  @param {string} one  @param {string} [many]  @returns {string} 1 call, 2 calls */
export const counted = (number, one, many = `${one}s`) => `${number} ${number === 1 ? one : many}`;

/** A device state in words, and its tone: what is free is calm, what rings wants somebody. */
const DEVICE_STATES = {
  NOT_INUSE: ['free', 'good'],
  INUSE: ['in use', 'busy'],
  BUSY: ['busy', 'busy'],
  RINGING: ['ringing', 'warn'],
  RINGINUSE: ['in use, ringing', 'warn'],
  ONHOLD: ['on hold', 'busy'],
  UNAVAILABLE: ['unavailable', 'bad'],
  INVALID: ['invalid', 'bad'],
  UNKNOWN: ['unknown', 'quiet'],
};

/** @param {string} state  as of DeviceStateChange; '' for none  @returns {string} */
export const deviceWords = (state) => DEVICE_STATES[state]?.[0] ?? '';

/** @param {string} state  @returns {string} the tone, see console.css */
export const deviceTone = (state) => DEVICE_STATES[state]?.[1] ?? '';

/** What became of a call that was originated, by the Reason of OriginateResponse. */
const REASONS = {
  0: 'it could not be reached', 1: 'it hung up', 3: 'nobody answered', 5: 'it is busy', 8: 'it is congested',
};

/** @param {string} reason  @returns {string} */
export const originateReason = (reason) => REASONS[reason] ?? `reason ${reason}`;
