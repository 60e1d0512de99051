/* Runs in a page of a browser, not in a test: what the evidence's test asks of a page that it sees. The last expression's value is the answers. */
const parsed = (colour) => {
  const [r = 0, g = 0, b = 0, a = 1] = (colour.match(/[\d.]+/g) ?? []).map(Number);
  return { r, g, b, a };
};
const over = (top, ground) => {
  const mixed = (key) => top[key] * top.a + ground[key] * (1 - top.a);
  return { r: mixed('r'), g: mixed('g'), b: mixed('b'), a: 1 };
};
/** WCAG 2.2, relative luminance. */
const luminance = ({ r, g, b }) => {
  const [red, green, blue] = [r, g, b].map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
};
const contrast = (a, b) => {
  const [light, dark] = [luminance(a), luminance(b)].toSorted((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
};
const isVisible = (element) => element.getClientRects().length > 0 && getComputedStyle(element).visibility === 'visible';
/** What is painted behind a text: the badge that a number stands on, or the nearest grounds of its ancestors over each other. */
const groundOf = (element) => {
  if (element.matches('svg .number')) return parsed(getComputedStyle(element.parentElement.querySelector('circle')).fill);
  const grounds = [];
  for (let each = element; each; each = each.parentElement) grounds.push(parsed(getComputedStyle(each).backgroundColor));
  return grounds.reduceRight((ground, colour) => over(colour, ground), { r: 255, g: 255, b: 255, a: 1 });
};

(() => {
  const texts = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const element = node.parentElement;
    const text = node.textContent.trim();
    if (text === '' || ['TITLE', 'DESC', 'STYLE'].includes(element.tagName.toUpperCase()) || !isVisible(element)) continue;
    const style = getComputedStyle(element);
    const ink = parsed(element.namespaceURI.endsWith('svg') ? style.fill : style.color);
    texts.push({
      text: text.slice(0, 40),
      size: parseFloat(style.fontSize),
      contrast: contrast(ink, groundOf(element)),
      luminance: luminance(ink),
    });
  }
  const picture = [...document.querySelectorAll('svg.trend')].find(isVisible);
  const shown = [...document.querySelectorAll('main *')].filter(isVisible);
  const box = picture.getBoundingClientRect();
  return {
    texts,
    isPictureFirst:
      document.querySelector('main').firstElementChild.contains(picture) &&
      shown.every((each) => each.contains(picture) || picture.contains(each) || each.getBoundingClientRect().top >= box.top),
    pictures: [...document.querySelectorAll('svg.trend')].filter(isVisible).length,
    named:
      picture.getAttribute('role') === 'img' &&
      picture
        .getAttribute('aria-labelledby')
        .split(' ')
        .every((id) => document.getElementById(id).textContent.length > 20),
    box: { x: box.x, y: box.y + scrollY, width: box.width, height: box.height },
    // As painted: a picture is scaled to its place. The font's own measures differ between machines.
    smallestPictureText: Math.min(
      ...[...picture.querySelectorAll('text')].map((text) => parseFloat(getComputedStyle(text).fontSize) * text.getScreenCTM().a),
    ),
    scrollWidth: document.documentElement.scrollWidth,
    wider: shown.filter((each) => each.getBoundingClientRect().right > innerWidth + 0.5).map((each) => each.outerHTML.slice(0, 80)),
    ground: luminance(groundOf(document.body)),
    uncut: [...document.querySelectorAll('figure, tbody tr, .timeline li, .checks li')].every(
      (each) => getComputedStyle(each).breakInside === 'avoid',
    ),
    // Column titles that a phone shows beside each cell are there for whoever is read the page.
    cutWords: shown.filter(
      (each) =>
        each.tagName !== 'THEAD' &&
        ['auto', 'scroll', 'hidden'].includes(getComputedStyle(each).overflowX) &&
        each.scrollWidth > each.clientWidth + 1,
    ).length,
  };
})();
