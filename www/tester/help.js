/**
 * What the PBX says of its actions, read: ListCommands, and `manager show command NAME` in its three forms.
 *
 *     to 1.6    Action:, Synopsis:, Privilege:, Description: lines; parameters behind "Variables:", a * before
 *               those that are required
 *     to 16     [Syntax], [Synopsis], [Description], [Arguments] ...; each argument's help is indented below it
 *     from 18   the same in another order, an empty line between the arguments
 *
 * @typedef {import('../astman/messages.js').Message} Message
 *
 * @typedef {object} Listed  an action that the user may send
 * @property {string} name
 * @property {string} synopsis
 * @property {string} privilege  call,all; <none>
 *
 * @typedef {object} Parameter
 * @property {string} name
 * @property {boolean} required
 * @property {string} help  lines joined by \n; '' where the PBX has none
 * @property {string[]} choices  values that the help lists; [] where any will do
 *
 * @typedef {object} Help
 * @property {string} synopsis
 * @property {string} description  lines joined by \n
 * @property {string} since
 * @property {string} provider  the module it comes from
 * @property {string} seeAlso
 * @property {Parameter[]} parameters  without Action; in the order of the syntax
 */

const PRIVILEGE = /^(.*?)\s*\(Priv: (.*)\)$/;
const SECTION = /^\[([A-Z][A-Za-z ]*)\]\s*$/;
const SYNTAX = /^(\[?)(.+?):\]? <value>$/;
const OLD_FIELD = /^(Action|Synopsis|Privilege|Description|Variables):\s?(.*)$/i;
const OLD_PARAMETER = /^\s+(\*?)([\w-]+):\s*(.*)$/;
const NOTHING = /^(not available|none)$/i;
const WORD = /^[\w-]+$/;

/**
 * The actions in the answer to ListCommands, by name.
 * @param {Message[]} answer
 * @returns {Listed[]}
 */
export function readActions(answer) {
  const lines = Object.entries(answer[0] ?? {}).flatMap(([name, value]) => [value].flat().map((each) => [name, each]));
  const found = lines.flatMap(([name, value]) => {
    const [, synopsis, privilege] = PRIVILEGE.exec(value) ?? [];
    return privilege === undefined ? [] : [{name, synopsis, privilege}];
  });
  return found.sort((one, other) => one.name.localeCompare(other.name));
}

/**
 * The help on one action; null when the lines hold none.
 * @param {string[]} lines  what the command printed
 * @returns {Help | null}
 */
export function readHelp(lines) {
  const sections = cut(lines);
  return sections.has('syntax') ? readSections(sections) : readOld(lines);
}

/** Sections by name in lower case; what an action answers has sections of its own, which are not wanted. */
function cut(lines) {
  const sections = new Map();
  let current = [];
  for (const line of lines) {
    const name = SECTION.exec(line)?.[1].toLowerCase();
    if (name === 'list responses') break;
    if (name) sections.set(name, current = []);
    else current.push(line.trimEnd());
  }
  return sections;
}

function readSections(sections) {
  const text = (name) => said((sections.get(name) ?? []).join('\n').trim());
  const helps = readArguments(sections.get('arguments') ?? []);
  const parameters = sections.get('syntax').flatMap((line) => {
    const [, bracket, name] = SYNTAX.exec(line) ?? [];
    return name ? [{name, required: !bracket, ...asHelp(helps.get(name) ?? [])}] : [];
  });
  return {
    synopsis: text('synopsis'), description: text('description'), since: text('since'),
    provider: text('provided by'), seeAlso: text('see also'), parameters,
  };
}

const said = (text) => (NOTHING.test(text) ? '' : text);

/** The indented lines below each name. */
function readArguments(lines) {
  const helps = new Map();
  let current = [];
  for (const line of lines) {
    if (line && !line.startsWith(' ')) helps.set(line.trim(), current = []);
    else current.push(line.replace(/^ {4}/, ''));
  }
  return helps;
}

/** Single words at the end are values to choose from, unless they are the end of a sentence. */
function asHelp(lines) {
  const help = lines.join('\n').trimEnd();
  const kept = help.split('\n');
  const choices = [];
  while (kept.length > 1 && WORD.test(kept.at(-1) ?? '')) choices.unshift(kept.pop());
  return {help, choices};
}

function readOld(lines) {
  const found = {action: '', synopsis: '', privilege: '', description: '', variables: ''};
  const parameters = [];
  let field = '';
  for (const line of lines) {
    const [, name, value] = OLD_FIELD.exec(line) ?? [];
    const [, star, parameter, help] = OLD_PARAMETER.exec(line) ?? [];
    if (name) found[field = name.toLowerCase()] = value;
    else if (parameter && field === 'variables') {
      parameters.push({name: parameter, required: Boolean(star), help, choices: []});
    } else if (field) found[field] += '\n' + line.trim();
  }
  if (!found.action) return null;
  return {
    synopsis: found.synopsis.trim(), description: found.description.trim(),
    since: '', provider: '', seeAlso: '', parameters,
  };
}
