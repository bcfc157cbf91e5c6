// The app: what is shown, and how it changes.

class App extends Choice {
  camera = new Camera();
  cloud = new NameCloud();
  base = []; // colourings of the page, in its order; the first comes before the others
  made = []; // colourings that the reader made
  blocks = {}; // what panels show besides, by name; empty until it is read
  selected = -1;
  hovered = -1;
  lassoMode = false;
  map = 0; // which of the maps of a view, where there are several
  lassoPath = [];
  fans = [];
  notice = '';

  constructor(meta) {
    super();
    this.meta = meta;
    this.n = meta.neurons;
    this.shuffled = shuffledOrder(this.n);
    byId('details').append(...PANELS.map(({ id }) => make('section', { id })));
    this.scene = new Scene(this);
    this.legend = new Legend(this);
  }

  // The first picture: one view, one colouring.
  async first() {
    const [position, values] = await Promise.all([load('position-0'), load('colour-0')]);
    this.base = [colouringOf(this.meta.colours[0], values)];
    this.colouring = this.base[0];
    this.#listColours();
    this.#place(0, position);
    this.#nameMany();
    this.scene.resize();
    this.repaint();
    startControls(this);
    await this.dots.drawn();
    await new Promise((resolve) => { requestAnimationFrame(() => setTimeout(resolve)); });
    performance.mark('first-points'); // they can be seen
    this.scene.askForCard();
    this.cloud.ready = true;
    this.redraw();
  }

  async rest() {
    const { colours, blocks, prediction } = this.meta;
    this.ids = await load('ids');
    const values = await Promise.all(colours.map((_, k) => load(`colour-${k}`)));
    this.base = [this.base[0], ...values.slice(1).map((array, k) => colouringOf(colours[k + 1], array))];
    for (const name of blocks) this.blocks[name] = await load(`block-${name}`);
    if (prediction) this.prediction = await predictionOf(this);
    this.homolog = this.blocks.homolog ?? null;
    this.dots.setPairs(pairsOf(this.homolog));
    await this.setView(this.wanted ?? 0); // one may have been chosen meanwhile
    this.wiring = await Wiring.load();
    this.select(this.selected);
    this.report();
  }

  get dots() {
    return this.scene.dots;
  }

  get colourings() {
    return [...this.base, ...this.made, ...(this.uncertainty ? [this.uncertainty] : [])];
  }

  // By which neurons are counted: the colouring, or the first one with categories.
  get kinds() {
    return this.colouring.categorical ? this.colouring : this.colourings.find((one) => one.categorical);
  }

  get viewName() {
    return this.meta.views[this.view].name;
  }

  get latentScale() {
    return this.meta.views[this.view].latentScale;
  }

  idOf = (i) => (this.ids ? this.ids[i] : '\u2026');

  // --- drawing -----------------------------------------------------------------------------

  redraw() {
    this.scene.redraw();
  }

  redrawInMotion() {
    this.scene.redrawInMotion();
  }

  draw(most) {
    this.scene.draw(most);
  }

  // After the colouring or what stands out has changed.
  repaint() {
    const painted = paint(this.colouring, this.rankOf, this.shuffled);
    this.few = fewOf(this, painted.standing);
    this.chosenCodes = this.chosen && new Set(this.chosen.members.map((i) => this.colouring.code(i)));
    this.dots.setPaint(painted);
    this.painted = true;
    this.legend.draw();
    this.refreshPanels();
    this.draw();
  }

  refreshPanels() {
    for (const { id, draw } of PANELS) byId(id).replaceChildren(...draw(this));
  }

  report() {
    byId('status').textContent = statusOf(this);
  }

  // Brings a panel to the top of its column, where that scrolls by itself.
  reveal(id) {
    const column = byId('details');
    column.scrollTop = byId(id).offsetTop - column.offsetTop;
  }

  // For readers who do not see the page.
  announce(text) {
    byId('live').textContent = text;
  }

  // --- views and colours -------------------------------------------------------------------

  #listColours() {
    const names = this.meta.colours.map(({ name }) => name);
    names.push(...this.made.map(({ name }) => name));
    if (this.uncertainty) names.push(this.uncertainty.name);
    byId('colour').replaceChildren(...names.map((name) => make('option', {}, name)));
    byId('colour').value = this.colouring.name;
  }

  #place(view, position) {
    this.view = view;
    this.position = position;
    listMaps(this);
    this.grid = new Grid(position, boundsOf(position));
    this.camera.fit(this.grid.bounds);
    this.dots.setPosition(position);
    byId('how').textContent = this.mapOf(view).how;
    this.report();
  }

  // Which map of the view: the one that was chosen, or its only one.
  mapOf(view) {
    const { maps } = this.meta.views[view];
    return maps[this.map] ?? maps[0];
  }

  setMap(map) {
    this.map = map;
    return this.setView(this.wanted ?? this.view);
  }

  async setView(view) {
    this.wanted = view;
    await pageIsRead;
    const map = this.mapOf(view);
    const place = map === this.meta.views[view].maps[0] ? `position-${view}` : `position-${view}-1`;
    const uncertain = this.meta.views[view].uncertainty;
    const names = [place, `latent-${view}`, ...(uncertain ? [`uncertainty-${view}`] : [])];
    const [position, latent, uncertainty] = await Promise.all(names.map(load));
    if (this.wanted !== view || this.mapOf(view) !== map) return; // another was chosen meanwhile
    const was = this.uncertainty;
    this.latent = latent;
    this.uncertainty = uncertain ? new Continuous({ name: uncertain, log: false }, uncertainty) : null;
    this.notice = '';
    if (was && this.colouring === was) {
      if (!this.uncertainty) this.notice = `${this.meta.views[view].name} has no uncertainty`;
      this.#colourBy(this.uncertainty ?? this.base[0]);
    }
    this.#listColours();
    this.point(-1);
    if (view !== this.view || position !== this.position) this.#place(view, position);
    this.repaint();
  }

  #colourBy(colouring) {
    this.colouring = colouring;
    this.isolated.clear();
    this.hidden.clear();
    this.legend.reset();
    this.#nameMany();
  }

  // Too many categories for colours to tell apart are named, unless the reader has decided.
  #nameMany() {
    const { categorical, labels } = this.colouring;
    if (!this.namesDecided) byId('names').checked = Boolean(categorical && labels.length > ALIKE);
  }

  setColour(name) {
    const found = this.colourings.find((colouring) => colouring.name === name);
    if (!found) return; // not read yet
    this.#colourBy(found);
    byId('colour').value = name;
    this.repaint();
  }

  addColouring(colouring) {
    this.made.push(colouring);
    this.#listColours();
    this.setColour(colouring.name);
  }

  // --- selection ---------------------------------------------------------------------------

  pick(left, top, reach = 8) {
    const near = Math.max(reach, dotSize(this.n, this.camera.zoom) / 2 + 2) / this.camera.scale;
    return this.grid.pick(...this.camera.toWorld(left, top), near, this.rankOf);
  }

  select(i) {
    this.selected = i;
    this.fans = i < 0 || !this.wiring ? [] : [fanOf(this, 'in', '#0072b2'), fanOf(this, 'out', '#d55e00')];
    this.refreshPanels();
    this.redraw();
    if (i >= 0) this.announce(`Neuron ${this.idOf(i)}, ${this.colouring.name} ${this.colouring.text(i)}`);
  }

  jump(i, zoom = 0) {
    this.camera.reveal(this.position[2 * i], this.position[2 * i + 1], zoom);
    this.point(-1);
    this.select(i);
    this.reveal('neuron');
  }

  isOnScreen(i) {
    const [left, top] = this.camera.toScreen(this.position[2 * i], this.position[2 * i + 1]);
    return left > 0 && top > 0 && left < this.camera.width && top < this.camera.height;
  }

  hover(i) {
    if (this.hovered === i) return;
    this.hovered = i;
    this.redraw();
  }

  // The pointer is over neuron `i` at [left, top], or over none.
  point(i, place) {
    if (i !== this.hovered && i >= 0) byId('tooltip').replaceChildren(...tooltipOf(this, i));
    this.hover(i);
    byId('overlay').classList.toggle('over', i >= 0);
    placeTooltip(this.camera, i >= 0 && place);
  }

  drawLasso(path) {
    this.lassoPath = path;
    this.redraw();
  }

  setLassoMode(on) {
    this.lassoMode = on;
    byId('lasso').setAttribute('aria-pressed', String(on));
    byId('overlay').classList.toggle('lasso', on);
  }

  escape() {
    this.setLassoMode(false);
    if (this.chosen) this.choose(null);
    else this.select(-1);
  }

  toggle(id) {
    if (id === 'pair-lines' && !this.homolog) return;
    if (id === 'names') this.namesDecided = true;
    byId(id).checked = !byId(id).checked;
    this.redraw();
  }

  // --- camera ------------------------------------------------------------------------------

  pan(right, down) {
    this.camera.panBy(right, down);
    this.redrawInMotion();
  }

  zoom(factor) {
    this.camera.zoomAbout(factor, this.camera.width / 2, this.camera.height / 2);
    this.redrawInMotion();
  }

  // All neurons; when they are shown already, the middle 95 % along each axis.
  reset() {
    const again = !this.camera.touched;
    this.point(-1);
    this.camera.fit(this.grid.bounds);
    if (again) this.camera.focus(middleOf(this.position));
    this.redraw();
  }
}
