// Start: the controls, what tests may read, and the order in which the page comes to life.

function startControls(app) {
  app.show = ((show) => (name) => show(byId(`tab-${name}`)))(startTabs());
  const views = app.meta.views.map(({ name }, k) => make('option', { value: k }, name));
  byId('view').replaceChildren(...views);
  byId('pair-toggle').hidden = !app.meta.blocks.includes('homolog');
  byId('page-metrics').replaceChildren(...metricsPage(app.meta.tables));
  byId('provenance').replaceChildren(...provenanceRows(app.meta.provenance));
  byId('view').addEventListener('change', (event) => app.setView(Number(event.target.value)));
  byId('map-choice').addEventListener('change', (event) => app.setMap(Number(event.target.value)));
  byId('colour').addEventListener('change', (event) => app.setColour(event.target.value));
  for (const id of ['pair-lines', 'partner-lines', 'names']) {
    byId(id).addEventListener('change', () => app.redraw());
  }
  byId('names').addEventListener('change', () => { app.namesDecided = true; });
  theme.start(byId('theme'), () => app.repaint());
  const actions = {
    'zoom-in': () => app.zoom(1.4),
    'zoom-out': () => app.zoom(1 / 1.4),
    reset: () => app.reset(),
    lasso: () => app.setLassoMode(!app.lassoMode),
  };
  for (const [id, action] of Object.entries(actions)) byId(id).addEventListener('click', action);
  new Pointers(app, byId('overlay'));
  new Search(app);
  startKeyboard(app);
}

// The maps of the view, where there are several to choose from.
function listMaps(app) {
  const { maps } = app.meta.views[app.view];
  byId('map-field').hidden = maps.length < 2;
  byId('map-choice').replaceChildren(...maps.map(({ name }, k) => make('option', { value: k }, name)));
  byId('map-choice').value = maps.indexOf(app.mapOf(app.view));
}

// [{ text, left, top }] of the names on the map.
function shownNames(app) {
  return placedNames(app.scene.overlay.context, app.camera, marksOf(app).names);
}

// What tests and benchmarks may read.
function hooksOf(app) {
  return {
    get device() { return app.dots.device; },
    state: () => ({
      view: app.viewName,
      map: app.mapOf(app.view).name,
      colour: app.colouring.name,
      camera: { ...app.camera },
      selected: app.selected < 0 ? null : app.idOf(app.selected),
      chosen: app.chosen ? app.chosen.members.map((i) => app.idOf(i)) : null,
      kept: Object.fromEntries(Object.entries(app.kept).map(([letter, { members }]) => [letter, members.length])),
      names: byId('names').checked ? shownNames(app) : [],
      theme: theme.name,
      renderer: app.dots.name,
    }),
    // Milliseconds of each of `count` redraws while the map moves, until the picture is there.
    frameTimes(count) {
      const times = [];
      const { x, y, touched } = app.camera;
      for (let k = 0; k < count; k += 1) {
        const begin = performance.now();
        app.camera.panBy(k % 20 < 10 ? 7 : -7, 3 - 6 * (k % 2));
        app.draw();
        app.dots.finish();
        times.push(performance.now() - begin);
      }
      Object.assign(app.camera, { x, y, touched });
      app.draw();
      return times;
    },
    frameTime(count) {
      return this.frameTimes(count).sort((a, b) => a - b)[Math.floor(count / 2)];
    },
  };
}

async function start() {
  if (!window.DecompressionStream) throw new Error('this browser is too old: it has no DecompressionStream');
  const app = new App(await load('meta'));
  await app.first();
  Object.defineProperties(window.explorer, Object.getOwnPropertyDescriptors(hooksOf(app)));
  await pageIsRead;
  await app.rest();
}

window.explorer = {};
window.explorer.ready = start().catch((error) => {
  byId('status').textContent = `The page could not be drawn: ${error.message}.`;
  byId('status').classList.add('warning');
  throw error;
});
