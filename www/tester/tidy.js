/**
 * White space put into what is one long line, so that it can be read; nothing else is changed.
 */

const JSON_TOKENS = /"(?:[^"\\]|\\.)*"|[[\]{}]|,\s*|[^"[\]{},]+/g;
const XML_TOKENS = /'[^']*'|"[^"]*"|\s+(?=[^\s'"=<>]+=)|><(?!\/)/g;

/**
 * JSON with a line for each member and item.
 * @param {string} text
 * @returns {string}
 */
export function tidyJson(text) {
  let depth = 0;
  const newLine = () => '\n' + '  '.repeat(Math.max(0, depth));
  const steps = {
    '[': (token) => (depth += 1, token + newLine()),
    ']': (token) => (depth -= 1, newLine() + token),
    ',': () => ',' + newLine(),
  };
  const same = {'{': '[', '}': ']'};
  const tokens = text.match(JSON_TOKENS) ?? [];
  return tokens.map((token) => steps[same[token] ?? token[0]]?.(token) ?? token).join('');
}

/**
 * The XML of /mxml with a line for each attribute.
 * @param {string} text
 * @returns {string}
 */
export function tidyXml(text) {
  return text.replace(XML_TOKENS, (token) => {
    if (token === '><') return '>\n  <';
    return /^\s/.test(token) ? '\n    ' : token;
  });
}
