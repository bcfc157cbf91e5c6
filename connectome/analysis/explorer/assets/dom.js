// Elements, made so that text from the data stays text.

// make('button', { class: 'row', onclick }, 'text', child, ...)
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null) element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null));
  return element;
}

function byId(id) {
  return document.getElementById(id);
}

function swatch(channels) {
  const element = make('span', { class: 'swatch', 'aria-hidden': 'true' });
  element.style.background = cssOf(channels);
  return element;
}

function button(text, onclick, properties = {}) {
  return make('button', { type: 'button', onclick, ...properties }, text);
}

function download(name, text) {
  const address = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  make('a', { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

// RFC 4180, guarded as in connectome/data/tabular/spreadsheets.py.
function csvLine(cells) {
  const quoted = (cell) => (/[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell);
  return cells.map((cell) => quoted(guarded(String(cell)))).join(',');
}

const FORMULA = /^'*[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

// A spreadsheet takes no text for a formula that has an apostrophe in front.
function guarded(text) {
  return FORMULA.test(text) && !NUMBER.test(text) ? `'${text}` : text;
}
