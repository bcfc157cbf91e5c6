// The app: what is shown, and how it changes.

const SLOW = 80; // milliseconds of a picture, from where on motion shows a sample of the dots
const SAMPLE = 20000; // dots of it
const REST = 150; // milliseconds without motion, after which all dots are drawn again

class App {
  camera = new Camera();
  base = []; // colourings of the page, in its order; the first comes before the others
  blocks = {}; // what panels show besides, by name; empty until it is read
  isolated = new Set();
  chosen = null; // { members, mask } of a lasso
  selected = -1;
  hovered = -1;
  lassoMode = false;
  lassoPath = [];
  fans = [];
  notice = '';

  constructor(meta) {
    this.meta = meta;
    this.n = meta.neurons;
    this.shuffled = shuffledOrder(this.n);
    this.overlay = new Overlay(byId('overlay'));
    byId('details').append(...PANELS.map(({ id }) => make('section', { id, 'aria-live': 'polite' })));
    this.#openDots();
    new ResizeObserver(() => this.#resize()).observe(byId('map'));
  }

  // The first picture: one view, one colouring.
  async first() {
    const [position, values] = await Promise.all([load('position-0'), load('colour-0')]);
    this.base = [colouringOf(this.meta.colours[0], values)];
    this.colouring = this.base[0];
    this.#listColours();
    this.#place(0, position);
    this.#resize();
    this.repaint();
    startControls(this);
    await this.dots.drawn();
    performance.mark('first-points');
  }

  async rest() {
    const { colours, blocks } = this.meta;
    this.ids = await load('ids');
    const values = await Promise.all(colours.map((_, k) => load(`colour-${k}`)));
    this.base = [this.base[0], ...values.slice(1).map((array, k) => colouringOf(colours[k + 1], array))];
    for (const name of blocks) this.blocks[name] = await load(`block-${name}`);
    this.homolog = this.blocks.homolog ?? null;
    this.dots.setPairs(pairsOf(this.homolog));
    await this.setView(this.wanted ?? 0); // one may have been chosen meanwhile
    this.wiring = await Wiring.load();
    this.select(this.selected);
    this.#report();
  }

  get colourings() {
    return this.uncertainty ? [...this.base, this.uncertainty] : this.base;
  }

  get viewName() {
    return this.meta.views[this.view].name;
  }

  get latentScale() {
    return this.meta.views[this.view].latentScale;
  }

  idOf = (i) => (this.ids ? this.ids[i] : '\u2026');

  standsOut = (i) => {
    if (this.isolated.size && !this.isolated.has(this.colouring.code(i))) return false;
    return !this.chosen || this.chosen.mask[i] === 1;
  };

  // --- drawing -----------------------------------------------------------------------------

  redraw() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  // While the map moves and pictures are slow, a random sample stands for all neurons.
  redrawInMotion() {
    clearTimeout(this.restart);
    const most = this.cost > SLOW ? SAMPLE : Infinity;
    if (most < this.n) this.restart = setTimeout(() => this.draw(), REST);
    this.frame ??= requestAnimationFrame(() => this.draw(most));
  }

  draw(most = Infinity) {
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    if (!this.painted) return;
    const size = dotSize(this.n, this.camera.zoom);
    const begin = performance.now();
    this.dots.draw(this.camera, size, byId('pair-lines').checked && this.homolog, most);
    this.overlay.draw(this.camera, this.position, size, marksOf(this));
    if (most < this.n) return;
    this.dots.drawn().then(() => { this.cost = performance.now() - begin; });
  }

  // After the colouring or what stands out has changed.
  repaint() {
    this.dots.setPaint(paint(this.colouring, this.standsOut, this.shuffled));
    this.painted = true;
    const scrolled = byId('legend').querySelector('.entries')?.scrollTop ?? 0;
    byId('legend').replaceChildren(...legendOf(this));
    byId('legend').querySelector('.entries')?.scrollTo(0, scrolled);
    this.#refreshPanels();
    this.draw();
  }

  #refreshPanels() {
    for (const { id, draw } of PANELS) byId(id).replaceChildren(...draw(this));
  }

  #openDots() {
    const canvas = byId('points');
    this.dots = WebGLDots.open(canvas) ?? new CanvasDots(canvas);
    canvas.addEventListener('webglcontextlost', () => this.#replaceDots());
  }

  // A canvas that lost WebGL cannot be drawn to in another way: a new one takes its place.
  #replaceDots() {
    const canvas = byId('points').cloneNode();
    byId('points').replaceWith(canvas);
    this.dots = new CanvasDots(canvas);
    this.dots.setPosition(this.position);
    this.dots.setPairs(pairsOf(this.homolog));
    this.repaint();
    this.#report();
  }

  #resize() {
    if (!this.position) return;
    const { clientWidth: width, clientHeight: height } = byId('map');
    if (!width || !height) return; // another tab is shown
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    for (const canvas of [byId('points'), byId('overlay')]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      // A map of broken height would stretch the picture over it and blur it.
      Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    }
    Object.assign(this.camera, { width, height });
    if (!this.camera.touched) this.camera.fit(this.grid.bounds);
    this.draw();
  }

  #report() {
    byId('status').textContent = statusOf(this);
    byId('status').classList.toggle('warning', this.dots.name === 'Canvas2D');
  }

  // --- views and colours -------------------------------------------------------------------

  #listColours() {
    const names = this.meta.colours.map(({ name }) => name);
    if (this.uncertainty) names.push(this.uncertainty.name);
    byId('colour').replaceChildren(...names.map((name) => make('option', {}, name)));
    byId('colour').value = this.colouring.name;
  }

  #place(view, position) {
    this.view = view;
    this.position = position;
    this.grid = new Grid(position, boundsOf(position));
    this.camera.fit(this.grid.bounds);
    this.dots.setPosition(position);
    byId('how').textContent = this.meta.views[view].how;
    this.#report();
  }

  async setView(view) {
    this.wanted = view;
    const uncertain = this.meta.views[view].uncertainty;
    const names = [`position-${view}`, `latent-${view}`, ...(uncertain ? [`uncertainty-${view}`] : [])];
    const [position, latent, uncertainty] = await Promise.all(names.map(load));
    if (this.wanted !== view) return; // another one was chosen meanwhile
    const was = this.uncertainty;
    this.latent = latent;
    this.uncertainty = uncertain ? new Continuous({ name: uncertain, log: false }, uncertainty) : null;
    this.notice = '';
    if (was && this.colouring === was) {
      if (!this.uncertainty) this.notice = `${this.meta.views[view].name} has no uncertainty`;
      this.colouring = this.uncertainty ?? this.base[0];
      this.isolated.clear();
    }
    this.#listColours();
    this.point(-1);
    if (view !== this.view) this.#place(view, position);
    this.repaint();
  }

  setColour(name) {
    const found = this.colourings.find((colouring) => colouring.name === name);
    if (!found) return; // not read yet
    this.colouring = found;
    this.isolated.clear();
    this.repaint();
  }

  isolate(code) {
    if (!this.isolated.delete(code)) this.isolated.add(code);
    this.repaint();
    byId('legend').querySelector(`[data-code="${code}"]`)?.focus({ preventScroll: true });
  }

  // --- selection ---------------------------------------------------------------------------

  pick(left, top, reach = 8) {
    const near = Math.max(reach, dotSize(this.n, this.camera.zoom) / 2 + 2) / this.camera.scale;
    return this.grid.pick(...this.camera.toWorld(left, top), near, this.standsOut);
  }

  select(i) {
    this.selected = i;
    this.fans = i < 0 || !this.wiring ? [] : [fanOf(this, 'in', '#0072b2'), fanOf(this, 'out', '#d55e00')];
    this.#refreshPanels();
    this.redraw();
  }

  jump(i, zoom = 0) {
    this.camera.reveal(this.position[2 * i], this.position[2 * i + 1], zoom);
    this.point(-1);
    this.select(i);
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

  // Corners on the screen of a lasso; null for none. Categories that are dimmed stay outside.
  choose(path) {
    this.chosen = null;
    if (path) {
      const polygon = path.map(([left, top]) => this.camera.toWorld(left, top));
      const members = this.grid.inside(polygon).filter(this.standsOut);
      const mask = new Uint8Array(this.n);
      for (const i of members) mask[i] = 1;
      this.chosen = { members, mask };
    }
    this.repaint();
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

  togglePairs() {
    if (!this.homolog) return;
    byId('pair-lines').checked = !byId('pair-lines').checked;
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
