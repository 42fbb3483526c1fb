/**
 * The parts as views of the page: one is shown at a time, its name is the address behind the #.
 */

import {make, setText} from './dom.js';

/**
 * @param {HTMLElement} nav  with a list
 * @param {ReturnType<import('./part.js').createPart>[]} parts
 * @param {() => void} changed
 */
export function createViews(nav, parts, changed) {
  const links = parts.map(({name, title}, at) => {
    const count = make('span', {className: 'count'});
    const link = make('a', {href: `#${name}`, title: `${title} (${at + 1})`}, title, ' ', count);
    link.setAttribute('aria-keyshortcuts', String(at + 1));
    return {link, count, item: make('li', {}, link)};
  });
  let shown = null;

  nav.firstElementChild?.append(...links.map(({item}) => item));
  addEventListener('hashchange', changed);

  /** The part in the address, if it is offered; else the first one. */
  function wanted(offered) {
    return offered.find(({name}) => location.hash === `#${name}`) ?? offered[0];
  }

  function drawLinks(offered) {
    parts.forEach((part, at) => {
      const {item, link, count} = links[at];
      item.hidden = !offered.includes(part);
      setText(count, String(part.count() || ''));
      if (part === shown) link.setAttribute('aria-current', 'page');
      else link.removeAttribute('aria-current');
    });
  }

  return {
    /** Shows and draws the part that the address names. */
    draw() {
      const offered = parts.filter((part) => part.offered());
      shown = wanted(offered);
      for (const part of parts) part.element.hidden = part !== shown;
      drawLinks(offered);
      shown.draw();
    },
    shown: () => shown,
    /** Goes to the part of a number, from 1 on, if it is offered. */
    go(number) {
      if (links[number - 1] && !links[number - 1].item.hidden) links[number - 1].link.click();
    },
  };
}
