// Tooltip and the panels at the right. They read the app and never change it but by its methods.

const LISTED = 10; // neighbours and partners
const FAN = 500; // partners that lines are drawn to, each way

// The panels at the right, from the top: the id of a section, and what stands in it. The script of
// a block adds its own: PANELS.push({ id: 'hubs', draw: (app) => [make('h3', {}, 'Hubs')] });
const PANELS = [
  { id: 'neuron', draw: neuronPanel },
  { id: 'chosen', draw: chosenPanel },
  { id: 'compared', draw: comparedPanel },
];

function tooltipOf(app, i) {
  const five = app.colourings.slice(0, 5);
  const told = five.includes(app.colouring) ? five : [app.colouring, ...five];
  const lines = told.map((colouring) => {
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
      make('p', { class: 'note' }, 'Click a dot, or find a neuron by its id, or a type by its name.')];
  }
  const close = button('\u00d7', () => app.select(-1), { class: 'close', 'aria-label': 'Clear' });
  return [
    make('div', { class: 'heading' }, make('h2', { id: 'neuron-id' }, app.idOf(i)), close),
    linksOf(app, i),
    predictedOf(app, i),
    facts(app, i),
    ...homologOf(app, i),
    ...neighboursOf(app, i),
    ...partnersOf(app, i, 'in', 'Presynaptic partners'),
    ...partnersOf(app, i, 'out', 'Postsynaptic partners'),
  ];
}

// Pages of others on this neuron; addresses were checked to be of https when the page was made.
function linksOf({ meta, idOf, ids }, i) {
  if (!ids || !meta.links.length) return '';
  const links = meta.links.filter(([, address]) => address.startsWith('https:')).map(([name, address]) => make(
    'a',
    { href: address.replace('{id}', () => encodeURIComponent(idOf(i))), target: '_blank', rel: 'noopener noreferrer' },
    name, make('span', { 'aria-hidden': 'true' }, ' \u2197'),
  ));
  return make('p', { id: 'links' }, ...links);
}

// Which type a neuron is thought to have, how surely, and what it might be instead.
async function predictionOf({ meta, base }) {
  const named = (name) => base.find((colouring) => colouring.name === name);
  const category = named(meta.prediction.category);
  const confidence = named(meta.prediction.confidence);
  const [seconds, abstains] = await Promise.all(['runner-up', 'abstains'].map(load));
  return {
    category,
    confidence,
    says: (i) => category.code(i) >= 0,
    second: (i) => (seconds[i] < 0 ? '' : category.labels[seconds[i]]),
    rests: (i) => abstains[i] === 1,
  };
}

function predictedOf({ prediction }, i) {
  if (!prediction?.says(i)) return '';
  const { category, confidence } = prediction;
  const value = confidence.values[i];
  const sure = Number.isNaN(value) ? 'not calibrated' : `${(100 * value).toFixed(0)}% confident`;
  const words = prediction.rests(i) ? `${sure}: too unsure to count` : sure;
  const second = prediction.second(i);
  return make('div', { id: 'predicted' },
    make('h3', {}, 'Predicted type'),
    make('p', {}, swatch(category.channels(i)), make('strong', {}, category.text(i)), make('span', {}, `, ${words}`)),
    second ? make('p', { class: 'note' }, `Runner-up: ${second}`) : null);
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
  if (other < 0) return [make('p', { class: 'note' }, app.meta.foundPairs ? 'No left-right pair was found.' : 'No left-right homolog is known.')];
  const row = jumpRow(app, other, '');
  row.id = 'homolog';
  const title = app.meta.foundPairs ? 'Left-right pair, found from wiring' : 'Left-right homolog';
  return [make('h3', {}, title), row];
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
  const how = dots.name === 'Canvas2D' ? 'drawn without a graphics card' : 'drawn with WebGL2';
  const parts = [counted(n, 'neuron'), wiring ? edges : `reading ${edges} \u2026`, how, notice];
  return parts.filter(Boolean).join(' \u00b7 ');
}

function fanOf({ wiring, selected }, direction, colour) {
  const { rows } = wiring.partners(selected, direction, FAN);
  return { from: selected, to: rows.map((row) => [row.neuron, row.synapses]), colour };
}
