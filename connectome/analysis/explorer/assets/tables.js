// Tabs, sortable tables and provenance.

function startTabs() {
  const tabs = [...document.querySelectorAll('[role=tab]')];
  const show = (chosen) => {
    for (const tab of tabs) {
      tab.setAttribute('aria-selected', String(tab === chosen));
      tab.tabIndex = tab === chosen ? 0 : -1;
      byId(tab.getAttribute('aria-controls')).hidden = tab !== chosen;
    }
  };
  tabs.forEach((tab, k) => {
    tab.addEventListener('click', () => show(tab));
    tab.addEventListener('keydown', (event) => {
      const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!step) return;
      const next = tabs[(k + step + tabs.length) % tabs.length];
      show(next);
      next.focus();
    });
  });
  return show;
}

function metricsPage(tables) {
  if (!tables.length) return [make('p', { class: 'note' }, 'This page came without metrics.')];
  return tables.map(({ title, columns, rows }) => {
    const table = make('table', { class: 'metrics' });
    const numeric = columns.map((_, k) => rows.some((row) => typeof row[k] === 'number'));
    const order = { column: -1, down: false };
    const draw = () => {
      const head = tableHead(columns, numeric, order, draw);
      table.replaceChildren(head, tableBody(rows, numeric, order));
      // The button that was pressed is gone: the keyboard stays with the one that replaces it.
      head.querySelectorAll('button')[order.column]?.focus({ preventScroll: true });
    };
    draw();
    return make('article', {}, make('h2', {}, title), make('div', { class: 'scroll' }, table));
  });
}

function tableHead(columns, numeric, order, draw) {
  const cells = columns.map((name, column) => {
    const sorted = order.column === column;
    const direction = order.down ? 'descending' : 'ascending';
    const sort = () => {
      order.down = sorted && !order.down;
      order.column = column;
      draw();
    };
    const arrow = sorted ? make('span', { 'aria-hidden': 'true' }, order.down ? ' \u2193' : ' \u2191') : null;
    const press = make('button', { type: 'button', onclick: sort }, name, arrow);
    const kind = numeric[column] ? 'number' : null;
    return make('th', { scope: 'col', class: kind, 'aria-sort': sorted ? direction : 'none' }, press);
  });
  return make('thead', {}, make('tr', {}, ...cells));
}

function tableBody(rows, numeric, { column, down }) {
  const sorted = column < 0 ? rows : [...rows].sort((a, b) => compare(a[column], b[column], down));
  const cell = (value, k) => {
    const written = value === null ? '\u2013' : typeof value === 'number' ? short(value) : value;
    const exact = typeof value === 'number' && written !== String(value) ? String(value) : null;
    return make('td', { class: numeric[k] ? 'number' : null, title: exact }, written);
  };
  return make('tbody', {}, ...sorted.map((row) => make('tr', {}, ...row.map(cell))));
}

// Missing values last, either way round.
function compare(a, b, down) {
  if (a === null || b === null) return (a === null) - (b === null);
  const both = typeof a === 'number' && typeof b === 'number';
  const order = both ? a - b : String(a).localeCompare(String(b), 'en', { numeric: true });
  return down ? -order : order;
}

function provenanceRows(provenance) {
  return provenance.flatMap(([name, value]) => [make('dt', {}, name), make('dd', {}, value)]);
}
