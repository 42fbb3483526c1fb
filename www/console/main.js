/**
 * The operator's console. Joins the parts of the page with the manager.
 *
 * Read it in this order:
 *   desk          what all parts share: the manager, the user's rights, telling what became of an action
 *   calls, queues, parked, rooms, devices, log
 *                 what each part shows and does, as tables
 *   part, list    how a part is made of that
 *   order         what is shown, and in which order
 *   table         rows by key, drawn where they have changed
 *   painter, clock
 *                 once per frame, once per second
 *   views, keys, dialogs, login, banner
 *                 the rest of the page
 *   words, dom    how things are written and made
 */

import {createAstman, fields} from '../astman/index.js';
import {createBanner} from './banner.js';
import {CALLS} from './calls.js';
import {createClock} from './clock.js';
import {createDesk} from './desk.js';
import {DEVICES} from './devices.js';
import {closeAll} from './dialogs.js';
import {byId, setText} from './dom.js';
import {createKeys, isShortcut} from './keys.js';
import {createLog} from './log.js';
import {createLogin} from './login.js';
import {createPainter} from './painter.js';
import {PARKED} from './parked.js';
import {createPart} from './part.js';
import {QUEUES} from './queues.js';
import {ROOMS} from './rooms.js';
import {createViews} from './views.js';
import {counted} from './words.js';

const astman = createAstman({url: '../'});
const drawBanner = createBanner(
  {banner: byId('link'), state: byId('link-state'), age: byId('link-age')}, astman);
const changed = createPainter(draw);
const clock = createClock(tick);
const desk = createDesk({astman, clock, changed, isShortcut, told: byId('told')});
const specs = [CALLS, QUEUES, PARKED, ROOMS, DEVICES, createLog(astman, changed)];
const parts = specs.map((spec) => createPart(spec, desk));
const views = createViews(byId('views'), parts, changed);
const login = createLogin(byId('login'), astman);

const isIn = () => astman.link.state !== 'logged off';

function draw() {
  drawBanner();
  if (isIn()) views.draw();
  else for (const part of parts) part.draw(); // of nothing: what the last user saw goes
}

/** The age in the banner grows, and lists are read, although nothing happens that is an event. */
function tick() {
  if (isIn()) drawTitle();
  changed();
}

function drawTitle() {
  const {channels, callers} = astman.picture;
  const title = `${counted(channels.size, 'channel')}, ${callers.size} waiting - ajam console`;
  if (document.title !== title) document.title = title;
}

/** Shows the tables or the form, as somebody is logged in or not. */
function showWhetherIn(reason) {
  for (const id of ['views', 'who']) byId(id).hidden = !isIn();
  setText(byId('user'), login.user());
  if (isIn()) {
    login.hide();
  } else {
    closeAll();
    for (const part of parts) part.element.hidden = true;
    login.show(reason);
  }
}

/** What the user may do is read when he comes in, and after a restart, when modules may have come or gone. */
function onLink(link, before) {
  if (before.state === 'logged off' || link.state === 'logged off') {
    for (const part of parts) part.reset();
    desk.reset();
    showWhetherIn(link.reason);
  }
  if (link.state === 'connected') desk.readRights();
  changed();
}

function onEvent(message) {
  if (/^(fullybooted|reload|load|unload)$/i.test(fields(message).event ?? '')) desk.readRights();
}

async function readAnew() {
  desk.tell('Reading all lists …');
  try {
    await astman.refresh();
    desk.tell('All lists are read.', 'good');
  } catch (error) {
    desk.tell(error.message, 'bad');
  }
}

async function begin() {
  byId('parts').append(...parts.map((part) => part.element));
  astman.on('link', onLink);
  astman.on('picture', changed);
  astman.on('event', onEvent);
  byId('logoff').addEventListener('click', astman.logoff);
  byId('anew').addEventListener('click', readAnew);
  createKeys(views, specs, isIn);
  const reason = await astman.resume().then(() => '', (error) => error.message);
  if (!isIn()) showWhetherIn(reason);
  changed();
}

begin();
