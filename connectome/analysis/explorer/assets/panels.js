// Legend, tooltip and the panels at the right. They read the app and never change it but by
// its methods.

const LISTED = 10; // neighbours and partners
const FAN = 500; // partners that lines are drawn to, each way
const CHOSEN_LISTED = 100; // neurons of a lasso
const LEGEND_LISTED = 200; // categories

// The panels at the right, from the top: the id of a section, and what stands in it. The script of
// a block adds its own: PANELS.push({ id: 'hubs', draw: (app) => [make('h3', {}, 'Hubs')] });
const PANELS = [
  { id: 'neuron', draw: neuronPanel },
  { id: 'chosen', draw: chosenPanel },
];

function legendOf(app) {
  const { colouring } = app;
  const parts = colouring.categorical ? [entries(app)] : [bar(colouring)];
  if (colouring.missing && !colouring.categorical) parts.push(list([missingEntry(app)]));
  if (app.isolated.size) {
    parts.push(button('Show all', () => app.setColour(app.colouring.name), { id: 'show-all', class: 'quiet' }));
  }
  return parts;
}

function list(children) {
  return make('ul', { class: 'entries' }, ...children.map((child) => make('li', {}, child)));
}

function entries(app) {
  const { labels, counts, palette, missing } = app.colouring;
  const codes = labels.map((_, code) => code);
  if (labels.length > 30) codes.sort((a, b) => counts[b] - counts[a] || a - b);
  const rows = codes
    .slice(0, LEGEND_LISTED)
    .map((code) => entry(app, code, labels[code], counts[code], palette[code]));
  if (missing) rows.push(missingEntry(app));
  const more = labels.length - LEGEND_LISTED;
  if (more > 0) rows.push(make('p', { class: 'note' }, `and ${grouped(more)} smaller ones`));
  return list(rows);
}

function missingEntry(app) {
  return entry(app, MISSING_CODE, 'missing', app.colouring.missing, channelsOf(MISSING));
}

function entry(app, code, label, count, channels) {
  const pressed = app.isolated.has(code);
  const faded = app.isolated.size && !pressed ? 'entry faded' : 'entry';
  return make(
    'button',
    { type: 'button', class: faded, 'aria-pressed': String(pressed), 'data-code': code,
      title: label, onclick: () => app.isolate(code) },
    swatch(channels),
    make('span', { class: 'name' }, label),
    make('span', { class: 'number' }, grouped(count)),
  );
}

function bar(colouring) {
  if (colouring.empty) return make('p', { class: 'note' }, 'No values.');
  const strip = make('div', { class: 'strip' });
  strip.style.background = `linear-gradient(to right, ${SEQUENTIAL.map(cssOf).join(', ')})`;
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

function tooltipOf(app, i) {
  const lines = app.colourings.slice(0, 5).map((colouring) => {
    const current = colouring === app.colouring;
    const mark = current ? swatch(colouring.channels(i)) : null;
    return make('div', {}, mark, `${colouring.name}: ${colouring.text(i)}`);
  });
  return [make('strong', {}, app.idOf(i)), ...lines];
}

// Beside the pointer at [left, top], inside the map; hidden without a place.
function placeTooltip({ width, height }, place) {
  const tooltip = byId('tooltip');
  tooltip.hidden = !place;
  if (!place) return;
  const left = Math.min(place[0] + 14, width - tooltip.offsetWidth - 6);
  const below = place[1] + 16 + tooltip.offsetHeight < height;
  tooltip.style.left = `${Math.max(left, 6)}px`;
  tooltip.style.top = `${below ? place[1] + 16 : place[1] - tooltip.offsetHeight - 10}px`;
}

function neuronPanel(app) {
  const i = app.selected;
  if (i < 0) {
    return [make('h2', {}, 'No neuron selected'),
      make('p', { class: 'note' }, 'Click a dot, or find a neuron by its id.')];
  }
  const close = button('\u00d7', () => app.select(-1), { class: 'close', 'aria-label': 'Clear' });
  return [
    make('div', { class: 'heading' }, make('h2', { id: 'neuron-id' }, app.idOf(i)), close),
    facts(app, i),
    ...homologOf(app, i),
    ...neighboursOf(app, i),
    ...partnersOf(app, i, 'in', 'Presynaptic partners'),
    ...partnersOf(app, i, 'out', 'Postsynaptic partners'),
  ];
}

function facts(app, i) {
  const rows = app.colourings.flatMap((colouring) => {
    const mark = colouring === app.colouring ? swatch(colouring.channels(i)) : null;
    return [make('dt', {}, colouring.name), make('dd', {}, mark, colouring.text(i))];
  });
  return make('dl', { class: 'facts' }, ...rows);
}

function homologOf(app, i) {
  if (!app.homolog) return [];
  const other = app.homolog[i];
  if (other < 0) return [make('p', { class: 'note' }, 'No left-right homolog is known.')];
  const row = jumpRow(app, other, '');
  row.id = 'homolog';
  return [make('h3', {}, 'Left-right homolog'), row];
}

function neighboursOf(app, i) {
  const head = make('h3', {}, 'Nearest in latent space', make('small', {}, app.viewName));
  if (!app.latent) return [head, make('p', { class: 'note' }, 'Reading \u2026')];
  const rows = nearest(app.latent, app.n, i, LISTED);
  const distance = (row) => short(row.distance * app.latentScale);
  return [head, ranked('neighbours', rows.map((row) => jumpRow(app, row.neuron, distance(row))))];
}

function partnersOf(app, i, direction, title) {
  if (!app.wiring) return [make('h3', {}, title), make('p', { class: 'note' }, 'Reading \u2026')];
  const { rows, count, synapses } = app.wiring.partners(i, direction, LISTED);
  const sum = counted(Number(synapses.toPrecision(10)), 'synapse');
  const total = `${counted(count, 'neuron')}, ${sum}`;
  const head = make('h3', { class: direction }, title, make('small', {}, total));
  if (!count) return [head, make('p', { class: 'note' }, 'None.')];
  const most = rows[0].synapses;
  const items = rows.map((row) => jumpRow(app, row.neuron, short(row.synapses), row.synapses / most));
  return [head, ranked(`partners-${direction}`, items)];
}

function ranked(id, rows) {
  return make('ol', { id, class: 'ranked' }, ...rows.map((row) => make('li', {}, row)));
}

function jumpRow(app, i, value, share = 0) {
  const kind = app.colouring.categorical ? app.colouring.text(i) : '';
  const row = make(
    'button',
    { type: 'button', class: 'jump', 'data-neuron': i, onclick: () => app.jump(i),
      onpointerenter: () => app.hover(i), onpointerleave: () => app.hover(-1) },
    swatch(app.colouring.channels(i)),
    make('span', { class: 'name' }, app.idOf(i)),
    make('span', { class: 'kind', title: kind }, i === app.selected ? 'itself' : kind),
    make('span', { class: 'number' }, value),
  );
  row.style.setProperty('--share-width', `${100 * share}%`);
  return row;
}

function statusOf({ dots, meta, n, notice, wiring }) {
  const edges = counted(meta.edges, 'edge');
  const how = dots.name === 'Canvas2D'
    ? 'WebGL2 is not available: drawn with Canvas2D, slower' : 'drawn with WebGL2';
  const parts = [counted(n, 'neuron'), wiring ? edges : `reading ${edges} \u2026`, how, notice];
  return parts.filter(Boolean).join(' \u00b7 ');
}

function chosenPanel(app) {
  if (!app.chosen) return [];
  const { members } = app.chosen;
  const head = make(
    'div',
    { class: 'heading' },
    make('h2', {}, `${counted(members.length, 'neuron')} in the lasso`),
    button('\u00d7', () => app.choose(null), { class: 'close', 'aria-label': 'Clear the lasso' }),
  );
  if (!members.length) return [head];
  const rows = members.slice(0, CHOSEN_LISTED).map((i) => jumpRow(app, i, ''));
  const more = members.length - rows.length;
  return [
    head,
    button('Download CSV', () => download('neurons.csv', csvOf(app, members)), { id: 'download' }),
    summary(app, members),
    ranked('members', rows),
    more > 0 ? make('p', { class: 'note' }, `and ${grouped(more)} more, all in the CSV`) : '',
  ];
}

// What the overlay shows: see Overlay.draw.
function marksOf({ hovered, selected, fans, lassoPath, idOf }) {
  const rings = [];
  if (hovered >= 0) rings.push({ neuron: hovered, gap: 2, colour: '#5b6472' });
  if (selected >= 0) rings.push({ neuron: selected, gap: 3, colour: '#111827' });
  const labels = selected >= 0 ? [{ neuron: selected, text: idOf(selected) }] : [];
  const shown = byId('partner-lines').checked ? fans : [];
  return { fans: shown, rings, labels, lasso: lassoPath };
}

function fanOf({ wiring, selected }, direction, colour) {
  const { rows } = wiring.partners(selected, direction, FAN);
  return { from: selected, to: rows.map((row) => [row.neuron, row.synapses]), colour };
}

function csvOf({ colourings, position, ids }, members) {
  const head = ['neuron', 'x', 'y', ...colourings.map(({ name }) => name)];
  const lines = members.map((i) => {
    const annotations = colourings.map((colouring) => colouring.raw(i));
    return csvLine([ids[i], position[2 * i], position[2 * i + 1], ...annotations]);
  });
  return [csvLine(head), ...lines, ''].join('\r\n');
}

// Counts by category, or the range of a quantity.
function summary(app, members) {
  const { colouring } = app;
  if (!colouring.categorical) {
    const values = members.map((i) => colouring.values[i]).filter((value) => !Number.isNaN(value));
    values.sort((a, b) => a - b);
    const middle = values[Math.floor(values.length / 2)];
    const range = values.length ? [values[0], middle, values.at(-1)].map(short) : ['no values'];
    const words = `${colouring.name}: ${range.join(' \u2013 ')}`;
    return make('p', { class: 'note' }, values.length ? `${words} (least, median, most)` : words);
  }
  const counts = new Map();
  for (const i of members) counts.set(colouring.code(i), (counts.get(colouring.code(i)) ?? 0) + 1);
  const codes = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a) || a - b);
  const rows = codes.slice(0, LEGEND_LISTED).map((code) => {
    const known = code >= 0;
    const channels = known ? colouring.palette[code] : channelsOf(MISSING);
    const label = known ? colouring.labels[code] : 'missing';
    return make('div', { class: 'entry' }, swatch(channels),
      make('span', { class: 'name' }, label),
      make('span', { class: 'number' }, grouped(counts.get(code))));
  });
  return make('div', { id: 'counts', class: 'entries' }, ...rows);
}
