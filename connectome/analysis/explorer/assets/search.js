// Search: neurons by id, types by a part of their name, many neurons by ids that are pasted.

const SEPARATORS = /[\s,;]+/;

class Search {
  static LISTED = 8; // neurons, and as many types

  constructor(app) {
    this.app = app;
    this.input = byId('search');
    this.list = byId('suggestions');
    this.found = []; // what each option does
    this.active = -1;
    this.input.addEventListener('input', () => this.#suggest());
    this.input.addEventListener('focus', () => this.#suggest());
    this.input.addEventListener('blur', () => this.#close());
    this.input.addEventListener('keydown', (event) => this.#key(event));
    this.input.addEventListener('paste', (event) => this.#paste(event));
  }

  // Ids: an exact match first, then those that begin like it.
  neurons(text) {
    const wanted = text.toLowerCase();
    const found = [];
    for (let i = 0; wanted && i < this.app.n; i += 1) {
      const id = this.app.idOf(i).toLowerCase();
      if (id === wanted) found.unshift(i);
      else if (found.length < Search.LISTED && id.startsWith(wanted)) found.push(i);
    }
    return found.slice(0, Search.LISTED);
  }

  // Names of categories that hold the text: exact ones first, then those that begin like it, then
  // the largest. Bare numbers, such as those of clusters, are no names.
  types(text) {
    const wanted = text.toLowerCase();
    const found = [];
    for (const colouring of this.app.colourings) {
      if (!colouring.categorical) continue;
      colouring.labels.forEach((label, code) => {
        const name = label.toLowerCase();
        if (!name.includes(wanted) || /^\d+$/.test(name) || !colouring.counts[code]) return;
        const rank = name === wanted ? 0 : name.startsWith(wanted) ? 1 : 2;
        found.push({ colouring, code, rank, count: colouring.counts[code] });
      });
    }
    return found.sort((a, b) => a.rank - b.rank || b.count - a.count);
  }

  // Neurons of ids that are pasted, and the ids that are no neuron; null if it is no list of ids.
  many(text) {
    const words = [...new Set(text.split(SEPARATORS).filter(Boolean))];
    if (words.length < 2 || !this.app.ids) return null;
    this.places ??= new Map(this.app.ids.map((id, i) => [id, i]));
    const members = words.filter((word) => this.places.has(word)).map((word) => this.places.get(word));
    const missed = words.filter((word) => !this.places.has(word));
    return { members: members.sort((a, b) => a - b), missed, asked: words.length };
  }

  // A single line of text has no room for line ends: they part ids too.
  #paste(event) {
    const text = event.clipboardData?.getData('text') ?? '';
    if (!/[\r\n\t]/.test(text.trim())) return;
    event.preventDefault();
    this.input.setRangeText(text.trim().replace(/[\r\n\t]+/g, ' '), this.input.selectionStart, this.input.selectionEnd, 'end');
    this.#suggest();
  }

  #options(text) {
    const types = this.types(text);
    const many = this.many(text);
    const alike = this.neurons(text);
    const isList = many && (many.members.length || (!types.length && !alike.length));
    const list = isList ? [this.#listOption(many)] : [];
    const neurons = alike.map((i) => ({
      parts: [this.app.idOf(i), make('small', {}, this.app.colouring.text(i))],
      take: () => this.#jump(i),
    }));
    const named = types.slice(0, Search.LISTED).map(({ colouring, code, count }) => ({
      parts: [colouring.labels[code], make('small', {}, `${colouring.name}, ${counted(count, 'neuron')}`)],
      take: () => this.#chooseType(colouring, code),
    }));
    const all = types.filter(({ colouring }) => colouring === types[0].colouring);
    if (all.length > 1) {
      named.push({
        parts: [`All ${grouped(all.length)} that hold \u201c${text}\u201d`, make('small', {}, all[0].colouring.name)],
        take: () => this.#chooseTypes(all, text),
      });
    }
    return { options: [...list, ...neurons, ...named], more: types.length - Search.LISTED };
  }

  #listOption({ members, missed, asked }) {
    const lost = missed.length ? `not found: ${missed.slice(0, 5).join(', ')}${missed.length > 5 ? ' \u2026' : ''}` : 'all found';
    return {
      parts: [`Select ${grouped(members.length)} of ${counted(asked, 'id')}`, make('small', {}, lost)],
      take: () => this.app.choose(members, `of ${counted(asked, 'id')} asked for`, missed),
    };
  }

  #suggest() {
    const text = this.input.value.trim();
    this.active = -1;
    if (!text) return this.#close();
    const { options, more } = this.#options(text);
    this.found = options;
    const items = options.map(({ parts }, k) => make(
      'li',
      { role: 'option', id: `suggestion-${k}`, 'aria-selected': 'false',
        onpointerdown: (event) => { event.preventDefault(); this.#take(k); } },
      make('span', { class: 'found' }, parts[0]),
      parts[1],
    ));
    const none = 'No neuron id begins like this, and no type is called like it.';
    if (!items.length) items.push(make('li', { class: 'note' }, none));
    if (more > 0) items.push(make('li', { class: 'note' }, `and ${counted(more, 'smaller type')}: write more of the name`));
    this.list.replaceChildren(...items);
    this.list.hidden = false;
    this.input.setAttribute('aria-expanded', 'true');
    this.app.announce(options.length ? counted(options.length, 'suggestion') : none);
    return undefined;
  }

  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.found.length) {
      event.preventDefault();
      const from = this.active < 0 && step < 0 ? 0 : this.active;
      this.active = (from + step + this.found.length) % this.found.length;
      [...this.list.children].forEach((option, k) => {
        if (option.getAttribute('role') === 'option') option.setAttribute('aria-selected', String(k === this.active));
      });
      this.list.children[this.active].scrollIntoView({ block: 'nearest' });
      this.input.setAttribute('aria-activedescendant', `suggestion-${this.active}`);
    } else if (event.key === 'Enter' && this.found.length && !this.list.hidden) {
      this.#take(Math.max(this.active, 0));
    } else if (event.key === 'Escape') {
      this.input.value = '';
      this.#close();
      byId('overlay').focus();
    }
  }

  #take(k) {
    const { take } = this.found[k];
    this.#close();
    this.app.show('map');
    take();
  }

  #jump(i) {
    this.input.value = this.app.idOf(i);
    this.app.jump(i, 3);
  }

  #chooseType(colouring, code) {
    this.input.value = colouring.labels[code];
    this.#chooseTypes([{ colouring, code }], colouring.labels[code]);
  }

  #chooseTypes(types, name) {
    const [{ colouring }] = types;
    const codes = new Set(types.map(({ code }) => code));
    const members = [];
    for (let i = 0; i < this.app.n; i += 1) if (codes.has(colouring.code(i))) members.push(i);
    if (colouring !== this.app.colouring) this.app.setColour(colouring.name);
    this.app.choose(members, types.length > 1 ? `of ${types.length} types like ${name}` : `of ${name}`);
  }

  #close() {
    this.list.hidden = true;
    this.found = [];
    this.input.setAttribute('aria-expanded', 'false');
    this.input.removeAttribute('aria-activedescendant');
  }
}
