/**
 * astman: Asterisk's manager in a page, through ajam (or through Asterisk's own web server).
 *
 *     import {createAstman, refusal} from './astman/index.js';
 *
 * Read it in this order:
 *   messages      the manager's words as objects
 *   picture       what is on the PBX, kept true by events; calls, queues, parking, conferences and devices
 *                 say what each event means, dialect what the versions call it
 *   answers       lists merged into a picture
 *   views         a picture as people look at it
 *   manager       actions by POST;  login, md5
 *   sources       the event stream, and WaitEvent in its place
 *   link          reconnecting, pinging
 *   tabs          one link for all tabs
 *   reader        lists and events fitted together
 *   client        createAstman(): all of it joined
 *
 * ../astman.js is the same for pages with plain scripts, and the astmanEngine that old pages know.
 *
 * messages to views know no browser and no clock. What the rest takes of a browser is in surroundings.
 */

export {createAstman} from './client.js';
export {AstmanError} from './manager.js';
export {fields, parseRaw, refusal, values} from './messages.js';
export {applyEvent, applyEvents, EMPTY} from './picture.js';
export {listRefusal, readAnswer} from './answers.js';
export {bridgeMembers, groupCalls, participantsOf, queueCallers, queueMembers} from './views.js';
export {md5} from './md5.js';
