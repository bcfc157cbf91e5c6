// The panel of a selection: counts by type, export, groups, and two selections to compare.

const CHOSEN_LISTED = 100; // neurons
const COUNTED = 200; // categories
const MISSED = 200; // ids that were not found, by name

function chosenPanel(app) {
  if (!app.chosen) return [];
  const { members, name, missed } = app.chosen;
  const head = make(
    'div',
    { class: 'heading' },
    make('h2', {}, `${counted(members.length, 'neuron')} ${name}`),
    button('\u00d7', () => app.choose(null), { class: 'close', 'aria-label': 'Clear the selection' }),
  );
  const lost = missed.length ? [missedOf(missed)] : [];
  if (!members.length) return [head, ...lost];
  const rows = members.slice(0, CHOSEN_LISTED).map((i) => jumpRow(app, i, ''));
  const more = members.length - rows.length;
  return [
    head,
    ...lost,
    make('div', { class: 'actions' },
      button('Download CSV', () => download('neurons.csv', csvOf(app, members)), { id: 'download', class: 'quiet' }),
      button('Keep as A', () => app.keep('A'), { id: 'keep-a', class: 'quiet' }),
      button('Keep as B', () => app.keep('B'), { id: 'keep-b', class: 'quiet' })),
    reclusterForm(app, members),
    summary(app, members),
    ranked('members', rows),
    more > 0 ? make('p', { class: 'note' }, `and ${grouped(more)} more, all in the CSV`) : '',
  ];
}

function missedOf(missed) {
  const more = missed.length - MISSED;
  const names = missed.slice(0, MISSED).join(', ') + (more > 0 ? ` and ${grouped(more)} more` : '');
  return make('p', { id: 'missed', class: 'note' }, `Not found (${grouped(missed.length)}): ${names}`);
}

function csvOf(app, members) {
  const { colourings, position, ids, prediction } = app;
  const second = prediction ? ['runner-up', 'abstains'] : [];
  const head = ['neuron', 'x', 'y', ...colourings.map(({ name }) => name), ...second];
  const lines = members.map((i) => {
    const annotations = colourings.map((colouring) => colouring.raw(i));
    const guess = prediction ? [prediction.second(i), prediction.says(i) ? String(prediction.rests(i)) : ''] : [];
    const place = [position[2 * i], position[2 * i + 1]].map(exact);
    return csvLine([ids[i], ...place, ...annotations, ...guess]);
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
  const rows = codes.slice(0, COUNTED).map((code) => make('div', { class: 'entry' },
    swatch(colouring.shade(code)),
    make('span', { class: 'name' }, colouring.label(code)),
    make('span', { class: 'number' }, grouped(counts.get(code)))));
  const more = codes.length - rows.length;
  if (more > 0) rows.push(make('p', { class: 'note' }, `and ${grouped(more)} rarer ones`));
  return make('div', { id: 'counts', class: 'entries' }, ...rows);
}

// --- groups within a selection -------------------------------------------------------------

function reclusterForm(app, members) {
  const count = make('input', {
    type: 'number', id: 'groups', min: 2, max: Math.min(99, members.length), step: 1,
    value: app.groups ?? Math.min(5, members.length), 'aria-label': 'Number of groups',
  });
  const run = () => {
    const k = Math.round(Number(count.value));
    if (!(k >= 2 && k <= Math.min(99, members.length))) {
      app.announce(count.validationMessage || 'Give a number of groups from 2 on');
      count.reportValidity();
      return;
    }
    app.groups = k;
    app.addColouring(groupsOf(app, members, k));
  };
  const press = button('Group', run, { id: 'recluster', class: 'quiet' });
  press.disabled = members.length < 2 || !app.latent;
  return make('div', { class: 'actions', title: 'k-means on all latent dimensions of these neurons' },
    make('label', { for: 'groups' }, 'k-means, k ='), count, press);
}

// A colouring of the groups, the largest group first; its name says what it is made of.
function groupsOf(app, members, k) {
  const d = app.latent.length / app.n;
  const points = new Float32Array(members.length * d);
  members.forEach((i, row) => points.set(app.latent.subarray(i * d, i * d + d), row * d));
  const found = kMeans(points, d, k);
  const codes = new Int32Array(app.n).fill(MISSING_CODE);
  members.forEach((i, row) => { codes[i] = found[row]; });
  const stem = `k-means ${k} of ${counted(members.length, 'neuron')}`;
  const taken = app.colourings.filter(({ name }) => name.startsWith(stem)).length;
  const name = taken ? `${stem} (${taken + 1})` : stem;
  const labels = Array.from({ length: k }, (_, group) => `group ${group + 1}`);
  const colours = hues(k).map((channels) => `#${channels.map((value) => value.toString(16).padStart(2, '0')).join('')}`);
  return new Categorical({ name, labels, colours, missing: 'not among them' }, codes);
}
