/**
 * An action as a line for a shell. The secret is never in it.
 */

const SECRET = /^(secret|key)$/i;

/** @param {string} text  @returns {string} as one word of a POSIX shell */
export function quote(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

const logIn = (username) => [['Action', 'Login'], ['Username', username], ['Secret', '']];

/**
 * The ways to say who one is:
 * digest  curl asks for the secret; for the twin addresses arawman, amxml, amjson, amanager
 * cookie  two lines: the first logs in, with the secret in $SECRET, and keeps the session's cookie in a file
 */
export const WAYS = {
  digest: (call, {username}) => curl(['--digest', '-u', username], call),
  cookie: (call, {url, username}) => [
    curl(['-c', 'ajam.cookies'], {url: url + 'rawman', pairs: logIn(username)}),
    curl(['-b', 'ajam.cookies'], call),
  ].join('\n'),
};

/**
 * A call as curl makes it.
 * @param {keyof WAYS} way
 * @param {object} call
 * @param {string} call.url  where the manager's addresses are, with a slash at its end
 * @param {{uri: string, digest: string}} call.form
 * @param {[string, string][]} call.pairs  the action
 * @param {string} call.username
 * @returns {string}
 */
export function curlLine(way, {url, form, pairs, username}) {
  const address = url + (way === 'digest' ? form.digest : form.uri);
  return WAYS[way]({url: address, pairs}, {url, username: username || 'USER'});
}

function curl(options, {url, pairs}) {
  const isLogin = pairs.some(([name, value]) => /^action$/i.test(name) && /^login$/i.test(value));
  const data = pairs.map(([name, value]) => `--data-urlencode ${datum(name, value, isLogin)}`);
  return ['curl', '-s', ...options.map(quote), ...data, quote(url)].join(' ');
}

function datum(name, value, isLogin) {
  if (isLogin && SECRET.test(name)) return `${quote(name + '=')}"$SECRET"`;
  // curl encodes what is behind the first = only; in a name there may be anything.
  return quote(`${encodeURIComponent(name)}=${value}`);
}
