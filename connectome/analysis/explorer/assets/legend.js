// The legend: of a quantity a bar; of categories a list that can be searched, sorted and grouped.

const LEGEND_LISTED = 200; // rows, before the reader asks for more
const SEARCHED = 12; // categories from where on the legend has a search box
const ORDERS = { count: 'by size', name: 'by name', prefix: 'by prefix' };

// Letters that names of one family begin with: LC of LC10a, KCg of KCg-m.
function prefixOf(label) {
  return /^[^\d_\-.,:/()\s]+/.exec(label)?.[0] ?? label;
}

class Legend {
  constructor(app) {
    this.app = app;
    this.root = byId('legend');
    this.reset();
  }

  reset() {
    this.wanted = '';
    this.order = null; // as the page gives them if they are few, else the largest first
    this.listed = LEGEND_LISTED;
    this.open = new Set(); // prefixes whose categories are shown
    this.tools = null;
  }

  draw() {
    const focused = this.root.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const { colouring } = this.app;
    const scrolled = this.root.querySelector('.entries')?.scrollTop ?? 0;
    const parts = colouring.categorical ? this.#categories() : [bar(colouring)];
    if (colouring.missing && !colouring.categorical) parts.push(list([this.#missing()]));
    parts.push(this.#actions());
    // The box that the reader types in stays where it is.
    const kept = this.tools && this.root.firstChild === this.tools ? this.tools : null;
    if (kept) {
      while (this.root.lastChild !== kept) this.root.lastChild.remove();
      this.root.append(...parts);
    } else {
      this.tools = colouring.categorical && colouring.labels.length > SEARCHED ? this.#tools() : null;
      this.root.replaceChildren(...(this.tools ? [this.tools] : []), ...parts);
    }
    this.root.querySelector('.entries')?.scrollTo(0, scrolled);
    if (focused) {
      const again = [...this.root.querySelectorAll('[data-key]')].find(({ dataset }) => dataset.key === focused);
      again?.focus({ preventScroll: true });
    }
  }

  #tools() {
    const search = make('input', {
      type: 'text', id: 'legend-search', 'aria-label': 'Search the legend', placeholder: 'Search',
      autocomplete: 'off', spellcheck: 'false',
      oninput: () => {
        this.wanted = search.value.trim().toLowerCase();
        this.listed = LEGEND_LISTED;
        this.draw();
        this.app.announce(`${counted(this.#codes().length, 'category', 'categories')} in the legend`);
      },
    });
    const options = Object.entries(ORDERS).map(([value, text]) => make('option', { value }, text));
    const order = make('select', {
      id: 'legend-order', 'aria-label': 'Order of the legend',
      onchange: () => { this.order = order.value; this.draw(); },
    }, ...options);
    return make('div', { class: 'legend-tools' }, search, order);
  }

  // Codes that the search leaves, in order.
  #codes() {
    const { labels, counts } = this.app.colouring;
    let codes = labels.map((_, code) => code);
    if (labels.length > SEARCHED) codes = codes.filter((code) => counts[code]); // others share its colours
    if (this.wanted) codes = codes.filter((code) => labels[code].toLowerCase().includes(this.wanted));
    const order = this.order ?? (labels.length > 30 ? 'count' : null);
    const byName = (a, b) => labels[a].localeCompare(labels[b], 'en', { numeric: true });
    if (order === 'count') codes.sort((a, b) => counts[b] - counts[a] || a - b);
    if (order === 'name' || order === 'prefix') codes.sort(byName);
    return codes;
  }

  #categories() {
    const codes = this.#codes();
    const rows = this.order === 'prefix' ? this.#families(codes) : codes.map((code) => () => this.#entry(code));
    const shown = rows.slice(0, this.listed).map((row) => row());
    if (this.app.colouring.missing && !this.wanted) shown.push(this.#missing());
    if (!shown.length) return [make('p', { class: 'note' }, 'No category is called like this.')];
    const parts = [list(shown)];
    if (this.wanted && codes.length > 1) {
      const only = () => { this.app.isolated.clear(); this.app.isolate(...codes); };
      const text = `Show only these ${grouped(codes.length)}`;
      parts.push(button(text, only, { id: 'only-found', class: 'quiet', 'data-key': 'only' }));
    }
    const more = rows.length - this.listed;
    if (more > 0) {
      const next = Math.min(more, LEGEND_LISTED);
      const press = () => { this.listed += LEGEND_LISTED; this.draw(); };
      parts.push(button(`${grouped(next)} more of ${grouped(more)}`, press,
        { id: 'legend-more', class: 'quiet', 'data-key': 'more' }));
    }
    return parts;
  }

  // A row for each family, the largest first, and below an open one its categories.
  #families(codes) {
    const { labels, counts } = this.app.colouring;
    const families = new Map();
    for (const code of codes) {
      const prefix = prefixOf(labels[code]);
      if (!families.has(prefix)) families.set(prefix, []);
      families.get(prefix).push(code);
    }
    const size = (members) => members.reduce((sum, code) => sum + counts[code], 0);
    const order = [...families].sort((a, b) => size(b[1]) - size(a[1]) || (a[0] < b[0] ? -1 : 1));
    return order.flatMap(([prefix, members]) => {
      if (members.length === 1) return [() => this.#entry(members[0])];
      const open = this.open.has(prefix);
      const head = () => this.#family(prefix, members, size(members), open);
      return [head, ...(open ? members.map((code) => () => this.#entry(code, 'entry inner')) : [])];
    });
  }

  #family(prefix, members, count, open) {
    const toggle = () => {
      if (!this.open.delete(prefix)) this.open.add(prefix);
      this.draw();
    };
    const opener = button(open ? '\u25be' : '\u25b8', toggle, {
      class: 'small', 'aria-expanded': String(open), 'aria-label': `Types that begin with ${prefix}`,
      'data-key': `open ${prefix}`,
    });
    const pressed = members.every((code) => this.app.isolated.has(code));
    const name = make('button', {
      type: 'button', class: 'entry', 'aria-pressed': String(pressed), 'data-family': prefix,
      'data-key': `family ${prefix}`, onclick: () => this.app.isolate(...members),
    }, make('span', { class: 'name' }, `${prefix} `, make('small', {}, `${grouped(members.length)} types`)),
    make('span', { class: 'number' }, grouped(count)));
    return make('div', { class: 'row' }, opener, name);
  }

  #missing() {
    return this.#entry(MISSING_CODE);
  }

  #entry(code, kind = 'entry') {
    const { app } = this;
    const { colouring, isolated, hidden } = app;
    const label = colouring.categorical ? colouring.label(code) : 'missing';
    const count = code < 0 ? colouring.missing : colouring.counts[code];
    const shade = code < 0 ? theme.missing : colouring.shade(code);
    const faded = !app.isShown(code) ? ' faded' : '';
    const gone = hidden.has(code);
    const show = make(
      'button',
      { type: 'button', class: kind + faded, 'aria-pressed': String(isolated.has(code)), 'data-code': code,
        'data-key': `show ${code}`, title: label, onclick: () => app.isolate(code) },
      swatch(shade),
      make('span', { class: 'name' }, label),
      make('span', { class: 'number' }, grouped(count)),
    );
    const hide = button(gone ? '\u25cb' : '\u00d7', () => app.hide(code), {
      class: 'small hide', 'aria-pressed': String(gone), 'aria-label': `Hide ${label}`,
      title: gone ? 'Show again' : 'Hide', 'data-key': `hide ${code}`, 'data-hide': code,
    });
    return make('div', { class: 'row' }, show, hide);
  }

  #actions() {
    const { app } = this;
    if (!app.isolated.size && !app.hidden.size) return '';
    return make('div', { class: 'actions' },
      button('Show all', () => app.showAll(), { id: 'show-all', class: 'quiet', 'data-key': 'all' }),
      button('Select these neurons', () => app.chooseShown(),
        { id: 'choose-shown', class: 'quiet', 'data-key': 'choose' }));
  }
}

function list(children) {
  return make('ul', { class: 'entries' }, ...children.map((child) => make('li', {}, child)));
}

function bar(colouring) {
  if (colouring.empty) return make('p', { class: 'note' }, 'No values.');
  const strip = make('div', { class: 'strip' });
  const steps = SEQUENTIAL.map((channels) => cssOf(theme.lift(channels)));
  strip.style.background = `linear-gradient(to right, ${steps.join(', ')})`;
  const ticks = make('div', { class: 'ticks' });
  for (const value of colouring.ticks()) {
    const tick = make('span', {}, short(value));
    tick.style.left = `${100 * colouring.share(value)}%`;
    ticks.append(tick);
  }
  const range = `${short(colouring.low)} to ${short(colouring.high)}`;
  const scale = colouring.log ? `${range}, log scale` : range;
  const zeros = colouring.zeros ? `; ${grouped(colouring.zeros)} at zero, drawn as the lowest` : '';
  return make('div', { class: 'bar' }, strip, ticks, make('p', { class: 'note' }, scale + zeros));
}
