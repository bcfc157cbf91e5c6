// Two selections compared: how many synapses each has with partners of every type.

const COMPARED = 30; // types
const WAYS = { in: 'Synapses from', out: 'Synapses to' };

function comparedPanel(app) {
  const { A, B } = app.kept;
  if (!A && !B) return [];
  const said = ['A', 'B'].map((letter) => {
    const one = app.kept[letter];
    const text = one ? `${counted(one.members.length, 'neuron')} ${one.name}` : 'keep a selection as it';
    return make('p', {}, make('strong', {}, `${letter} `), text);
  });
  const head = make('div', { class: 'heading' }, make('h2', {}, 'A and B'),
    button('\u00d7', () => app.forget(), { class: 'close', 'aria-label': 'Forget A and B' }));
  if (!A || !B) return [head, ...said];
  if (!app.wiring) return [head, ...said, make('p', { class: 'note' }, 'Reading \u2026')];
  if (!app.kinds) return [head, ...said, make('p', { class: 'note' }, 'There are no types to compare by.')];
  const rows = Object.keys(WAYS).map((way) => [way, comparison(app, A.members, B.members, way)]);
  const save = () => download('comparison.csv', comparisonCsv(app.kinds, rows));
  return [head, ...said,
    make('p', { class: 'note' }, `By ${app.kinds.name} of the partner; shares of all synapses of A and of B.`),
    ...rows.map(([way, found]) => comparisonTable(way, found)),
    button('Download CSV', save, { id: 'download-comparison', class: 'quiet' })];
}

// A row for each type that A or B has synapses with, the largest shares first.
function comparison({ wiring, kinds }, a, b, way) {
  const sums = [a, b].map((members) => wiring.byCategory(members, way, kinds));
  const totals = sums.map((list) => list.reduce((sum, count) => sum + count, 0));
  const rows = [];
  for (let tint = 0; tint <= kinds.labels.length; tint += 1) {
    const counts = sums.map((list) => list[tint]);
    if (!counts[0] && !counts[1]) continue;
    const shares = counts.map((count, k) => (totals[k] ? count / totals[k] : 0));
    const code = tint < kinds.labels.length ? tint : MISSING_CODE;
    rows.push({ label: kinds.label(code), counts, shares });
  }
  return rows.sort((p, q) => q.shares[0] + q.shares[1] - p.shares[0] - p.shares[1]);
}

function comparisonTable(way, rows) {
  const head = [WAYS[way], 'A', 'B'].map((text) => make('th', { scope: 'col' }, text));
  const number = (count, share) => make('td', { class: 'number' }, short(count), ' ',
    make('small', {}, `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)}%`));
  const body = rows.slice(0, COMPARED).map(({ label, counts, shares }) => make('tr', {},
    make('th', { scope: 'row', title: label }, label), number(counts[0], shares[0]), number(counts[1], shares[1])));
  const more = rows.length - body.length;
  const parts = [make('table', { class: 'compared', 'data-way': way },
    make('thead', {}, make('tr', {}, ...head)), make('tbody', {}, ...body))];
  if (more > 0) parts.push(make('p', { class: 'note' }, `and ${grouped(more)} more, all in the CSV`));
  return make('div', {}, ...parts);
}

function comparisonCsv(kinds, ways) {
  const head = ['direction', kinds.name, 'A synapses', 'B synapses', 'A share', 'B share'];
  const lines = ways.flatMap(([way, rows]) => rows.map(({ label, counts, shares }) => (
    csvLine([way === 'in' ? 'from' : 'to', label, ...counts, ...shares.map((share) => share.toFixed(6))]))));
  return [csvLine(head), ...lines, ''].join('\r\n');
}
