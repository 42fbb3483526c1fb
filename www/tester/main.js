/**
 * The manager tester: joins the parts of mantest.html with the library.
 *
 *     help      what the PBX says of its actions      known     what is known where it says nothing
 *     picker    choosing an action                    parameters  its fields
 *     forms     asking for an answer in a form        answers   the four forms side by side
 *     bytes     bytes as text in which nothing hides  tidy      white space for reading
 *     curl      the same call for a shell             filters   which events
 *     watch     the log of events
 */

import {createAstman} from '../astman/client.js';
import {refusal} from '../astman/messages.js';
import {byId} from '../console/dom.js';
import {Answers} from './answers.js';
import {curlLine} from './curl.js';
import {readFilters} from './filters.js';
import {FORMS, ask} from './forms.js';
import {readActions, readHelp} from './help.js';
import {isReading, knownParameters} from './known.js';
import {Parameters} from './parameters.js';
import {Picker} from './picker.js';
import {Watch} from './watch.js';

const NARROW = matchMedia('(max-width: 59.99rem)'); // as in tester.css: the answers are below the request
const URL_OF_MANAGER = new URL('../', location.href).href;

const watch = new Watch({log: byId('log'), count: byId('count'), pause: byId('pause'), clear: byId('clear')});
const parameters = new Parameters(byId('parameters'), showCurl);
const picker = new Picker(byId('action'), byId('actions'), showAction);
const answers = new Answers({
  tabs: byId('forms'), panes: byId('panes'), tidy: byId('tidy'), lineEnds: byId('line-ends'),
}, (form) => send([form]));

let astman = listen([]);
let turn = 0; // of sending: an answer to an earlier one is no longer wanted

byId('call').addEventListener('submit', onSubmit(() => send()));
byId('login').addEventListener('submit', onSubmit(logIn));
byId('watch').addEventListener('submit', onSubmit(filter));
byId('logoff').addEventListener('click', () => astman.logoff());
byId('add').addEventListener('click', () => parameters.add());
byId('way').addEventListener('change', showCurl);
enter();

function onSubmit(task) {
  return (event) => {
    event.preventDefault();
    task(event.target);
  };
}

/** A client whose events are shown. */
function listen(filters) {
  const client = createAstman({url: URL_OF_MANAGER, filters, reading: false});
  client.on('link', (link, before) => {
    showLink(link);
    if (link.state === 'connected' && before.state !== 'connected') readList();
  });
  client.on('event', (message, id) => watch.event(message, id));
  client.on('gap', (dropped) => watch.note('gap', `${dropped} events were lost`));
  return client;
}

/** Goes on with the browser's session, where there is one. */
async function enter() {
  const resumed = await astman.resume().catch((error) => error);
  if (resumed !== true) showLink({state: 'logged off', reason: resumed ? resumed.message : ''});
}

function filter() {
  const filters = readFilters(byId('filter').value);
  astman.close();
  astman = listen(filters);
  watch.note('filter', filters.map(([name, value]) => `${name}=${value}`).join(' & ') || 'none');
  return enter();
}

async function logIn(form) {
  const {username, secret} = form.elements;
  const credentials = {username: username.value, secret: secret.value};
  secret.value = '';
  const why = await astman.login(credentials).then(refusal, (error) => error.message);
  if (why) return showLink({state: 'logged off', reason: why});
  sessionStorage.setItem('user', credentials.username);
  showCurl();
}

function showLink({state, reason}) {
  const off = state === 'logged off';
  byId('link').textContent = reason ? `${state}: ${reason}` : state;
  byId('link').dataset.state = state;
  byId('login').hidden = !off;
  byId('logoff').hidden = off;
}

async function readList() {
  const answer = await astman.action({Action: 'ListCommands'}).catch(() => []);
  picker.actions = readActions(answer);
}

/** The fields of an action: what the PBX says of them, or else what is known. */
async function showAction(name) {
  const known = knownParameters(name);
  parameters.show(name, known);
  showAbout('');
  if (!name || astman.link.state === 'logged off') return;
  const {help, why} = await readHelpOf(name);
  if (picker.value !== name) return;
  const isTold = help && tellsMore(help);
  if (isTold) parameters.show(name, [...help.parameters].sort(byUse));
  const source = known.length && !isTold ? ' Parameters as Asterisk 22 knows them; this PBX lists none.' : '';
  showAbout((help ? help.synopsis : why) + source, help);
}

async function readHelpOf(name) {
  try {
    const help = readHelp(await astman.command(`manager show command ${name}`));
    return {help, why: 'The PBX has no help for it.'};
  } catch (error) {
    return {help: null, why: `No help from the PBX: ${error.message}.`};
  }
}

const isActionId = ({name}) => /^actionid$/i.test(name);
const tellsMore = ({parameters: found}) => !found.every(isActionId);
const byUse = (one, other) => Number(isActionId(one)) - Number(isActionId(other)); // seldom wanted: last

function showAbout(text, help = null) {
  byId('about').textContent = text;
  byId('more').hidden = !help?.description;
  const notes = [help?.since && `Since ${help.since}.`, help?.provider && `From ${help.provider}.`,
    help?.seeAlso && `See also ${help.seeAlso}.`].filter(Boolean).join(' ');
  byId('more').lastElementChild.textContent = [help?.description, notes].filter(Boolean).join('\n\n');
}

/** @returns {[string, string][]} */
function pairs() {
  return [['Action', picker.value], ...parameters.pairs()];
}

function showCurl() {
  byId('curl').hidden = !picker.value;
  const call = {url: URL_OF_MANAGER, form: FORMS[0], pairs: pairs(), username: sessionStorage.getItem('user')};
  byId('curl').textContent = curlLine(byId('way').value, call);
}

/** Sends what is in the form: for all forms of the answer when that does no harm, else for the raw one. */
async function send(forms) {
  const action = pairs();
  const mine = turn += 1;
  const asked = forms ?? (isReading(action) ? FORMS : FORMS.slice(0, 1));
  if (!forms) answers.leaveOut(asked);
  if (asked.length === 1) answers.choose(asked[0]);
  if (NARROW.matches) byId('answers').scrollIntoView();
  watch.note('sent', action.map(([name, value]) => `${name}: ${isSecret(action, name) ? '…' : value}`).join('  '));
  for (const form of asked) {
    answers.wait(form);
    const answer = await ask(URL_OF_MANAGER, form, action);
    if (mine === turn) answers.show(form, answer);
  }
  await settle();
}

const isSecret = ([[, action]], name) => /^login$/i.test(action) && /^(secret|key)$/i.test(name);

/** An action may have begun or ended the session. */
async function settle() {
  if (astman.link.state === 'logged off') await astman.resume().catch(() => {});
  else await astman.action({Action: 'Ping'}).catch(() => {});
}
