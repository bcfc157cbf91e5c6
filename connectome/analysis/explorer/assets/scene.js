// The picture: dots, what lies above them, and when they are drawn again.

const SMOOTH = 12; // milliseconds that a picture may take while the map moves
const SAMPLE = 20000; // dots of it at least
const REST = 150; // milliseconds without motion, after which all dots are drawn again

class Scene {
  cost = 0; // milliseconds of the last picture of all dots

  constructor(app) {
    this.app = app;
    this.overlay = new Overlay(byId('overlay'));
    const few = app.n <= FEW ? WebGLDots.open(byId('points')) : null;
    this.dots = few ?? new PixelDots(freshCanvas());
    this.#watch();
    new ResizeObserver(() => this.resize()).observe(byId('map'));
  }

  redraw() {
    this.frame ??= requestAnimationFrame(() => this.draw());
  }

  // While the map moves, as many dots as there is time for stand for all: a random sample.
  redrawInMotion() {
    clearTimeout(this.restart);
    const { n } = this.app;
    const room = Math.max(SAMPLE, Math.floor((n * SMOOTH) / this.cost));
    const most = this.cost > SMOOTH && room < n ? room : Infinity;
    if (most < n) this.restart = setTimeout(() => this.draw(), REST);
    this.frame ??= requestAnimationFrame(() => this.draw(most));
  }

  draw(most = Infinity) {
    const { app, dots } = this;
    cancelAnimationFrame(this.frame);
    this.frame = undefined;
    if (!app.painted) return;
    const size = dotSize(app.n, app.camera.zoom);
    const begin = performance.now();
    dots.draw(app.camera, size, byId('pair-lines').checked && app.homolog, most);
    this.overlay.draw(app.camera, app.position, size, marksOf(app));
    if (most < app.n) return;
    dots.drawn().then(() => { this.cost = performance.now() - begin; });
  }

  // To ask for a graphics card takes longer than the first picture of many dots: that is drawn
  // without one, and a card that is worth it takes over.
  askForCard() {
    if (this.app.n <= FEW) return;
    const canvas = byId('points').cloneNode();
    const dots = WebGLDots.open(canvas);
    if (!dots || dots.isPlayed) return;
    byId('points').replaceWith(canvas);
    this.#watch();
    this.#use(dots);
  }

  #watch() {
    byId('points').addEventListener('webglcontextlost', () => this.#use(new PixelDots(freshCanvas())));
  }

  #use(dots) {
    const { app } = this;
    this.dots = dots;
    this.dots.setPosition(app.position);
    this.dots.setPairs(pairsOf(app.homolog));
    app.repaint();
    app.report();
  }

  resize() {
    const { app } = this;
    if (!app.position) return;
    const { clientWidth: width, clientHeight: height } = byId('map');
    if (!width || !height) return; // another tab is shown
    const ratio = Math.min(window.devicePixelRatio || 1, 2);
    for (const canvas of [byId('points'), byId('overlay')]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(height * ratio);
      // A map of broken height would stretch the picture over it and blur it.
      Object.assign(canvas.style, { width: `${width}px`, height: `${height}px` });
    }
    Object.assign(app.camera, { width, height });
    if (!app.camera.touched) app.camera.fit(app.grid.bounds);
    this.draw();
  }
}

// A canvas that had WebGL cannot be drawn to in another way: a new one takes its place.
function freshCanvas() {
  const canvas = byId('points').cloneNode();
  byId('points').replaceWith(canvas);
  return canvas;
}

const FEW_STAND = 3000; // neurons that are drawn larger where they alone stand out

// [{ neuron, colour }] of those, or none where all or many stand out.
function fewOf({ n, colouring }, standing) {
  if (standing.length > FEW_STAND || standing.length > n / 4) return [];
  return Array.from(standing, (neuron) => ({ neuron, colour: cssOf(colouring.channels(neuron)) }));
}

// What the overlay shows: see Overlay.draw.
function marksOf(app) {
  const { hovered, selected, fans, lassoPath, idOf, colouring } = app;
  const rings = [];
  if (hovered >= 0) rings.push({ neuron: hovered, gap: 2, colour: theme.inks.soft });
  if (selected >= 0) rings.push({ neuron: selected, gap: 3, colour: theme.inks.ring });
  const labels = selected >= 0 ? [{ neuron: selected, text: idOf(selected) }] : [];
  const shown = byId('partner-lines').checked ? fans : [];
  const named = byId('names').checked ? app.cloud.of(colouring, app.position) : [];
  const names = named.filter(({ code }) => app.isShown(code) && (!app.chosenCodes || app.chosenCodes.has(code)));
  return { names, few: app.few, fans: shown, rings, labels, lasso: lassoPath };
}
