/**
 * The few ways in which the console makes and moves elements. Text gets in as text, never as markup.
 */

/** @param {string} id  @returns {any} the element, which the page has */
export const byId = (id) => document.getElementById(id);

/**
 * A new element. Names that an element has as properties are set as such, others become attributes.
 * @param {string} tag
 * @param {Object<string, any>} [properties]
 * @param {...(Node | string)} children
 * @returns {any}
 */
export function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in element) element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** @param {string} id  of a template with one element  @returns {any} a copy of that element */
export const copyOf = (id) => byId(id).content.firstElementChild.cloneNode(true);

/**
 * Sets the text of an element, unless it has it: what is not touched is not laid out again, and not read aloud.
 * @param {Element} element
 * @param {string} text
 */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Brings the children of an element into an order with few moves: those that are not wanted go, those
 * that stand right stay. A child that a browser moves loses the focus, see table.js.
 * @param {Element} parent
 * @param {Element[]} wanted
 * @param {number} [fixed]  so many children at the beginning stay as they are
 */
export function arrangeChildren(parent, wanted, fixed = 0) {
  if (isArranged(parent, wanted, fixed)) return;
  const kept = new Set(wanted);
  for (const child of [...parent.children].slice(fixed)) if (!kept.has(child)) child.remove();
  let at = parent.children[fixed] ?? null;
  for (const child of wanted) {
    if (child === at) {
      at = at.nextElementSibling;
    } else if (at && at.nextElementSibling === child) { // one has gone further back: it comes again at its turn
      at.remove();
      at = child.nextElementSibling;
    } else {
      parent.insertBefore(child, at);
    }
  }
}

function isArranged(parent, wanted, fixed) {
  if (parent.childElementCount !== wanted.length + fixed) return false;
  let at = parent.children[fixed] ?? null;
  return wanted.every((child) => {
    const right = child === at;
    at = child.nextElementSibling;
    return right;
  });
}

/**
 * Offers texts in a datalist or a select.
 * @param {HTMLElement} list
 * @param {[string, string][]} offers  value and text
 */
export function offer(list, offers) {
  list.replaceChildren(...offers.map(([value, text]) => new Option(text, value)));
}
