// Pointer and keyboard.

const SLACK = { mouse: 4, touch: 9, pen: 6 }; // pixels that a click may wander

class Pointers {
  constructor(app, canvas) {
    this.app = app;
    this.canvas = canvas;
    this.down = new Map(); // pointer id -> [left, top]
    const on = (name, handler, options) => canvas.addEventListener(name, handler, options);
    on('pointerdown', (event) => this.#press(event));
    on('pointermove', (event) => this.#move(event));
    on('pointerup', (event) => this.#release(event, true));
    on('pointercancel', (event) => this.#release(event, false));
    on('pointerleave', () => app.point(-1));
    on('wheel', (event) => this.#wheel(event), { passive: false });
    on('dblclick', () => app.reset());
  }

  #place(event) {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  #press(event) {
    if (event.button !== 0) return;
    const place = this.#place(event);
    this.canvas.setPointerCapture(event.pointerId);
    this.down.set(event.pointerId, place);
    this.start = place;
    this.wandered = this.down.size > 1;
    this.lasso = this.down.size === 1 && (event.shiftKey || this.app.lassoMode) ? [place] : null;
    this.app.point(-1);
  }

  #move(event) {
    const place = this.#place(event);
    const before = this.down.get(event.pointerId);
    if (!before) {
      if (!this.down.size) this.app.point(this.app.pick(...place), place);
      return;
    }
    const far = Math.hypot(place[0] - this.start[0], place[1] - this.start[1]);
    if (!this.wandered && far < SLACK[event.pointerType]) return;
    this.wandered = true;
    if (this.lasso) {
      this.lasso.push(place);
      this.app.drawLasso(this.lasso);
    } else {
      this.#pinchOrPan(event.pointerId, before, place);
    }
    this.down.set(event.pointerId, place);
  }

  #pinchOrPan(id, before, place) {
    const { camera } = this.app;
    const other = [...this.down].find(([key]) => key !== id)?.[1];
    if (other) {
      const distance = (at) => Math.hypot(at[0] - other[0], at[1] - other[1]) || 1;
      camera.zoomAbout(distance(place) / distance(before), ...other);
    } else {
      camera.panBy(place[0] - before[0], place[1] - before[1]);
    }
    this.app.redrawInMotion();
  }

  #release(event, completed) {
    if (!this.down.delete(event.pointerId) || this.down.size) return;
    if (this.lasso && this.wandered) {
      this.app.drawLasso([]);
      if (completed) this.app.lasso(this.lasso);
      this.app.setLassoMode(false);
    } else if (completed && !this.wandered) {
      this.app.select(this.app.pick(...this.#place(event), event.pointerType === 'mouse' ? 8 : 18));
    }
    this.lasso = null;
  }

  #wheel(event) {
    event.preventDefault();
    this.app.point(-1);
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 30 : 1;
    const change = Math.max(-250, Math.min(250, event.deltaY * lines));
    this.app.camera.zoomAbout(Math.exp(-change * 0.0018), ...this.#place(event));
    this.app.redrawInMotion();
  }
}

function startKeyboard(app) {
  const step = 60;
  const keys = {
    ArrowLeft: () => app.pan(step, 0),
    ArrowRight: () => app.pan(-step, 0),
    ArrowUp: () => app.pan(0, step),
    ArrowDown: () => app.pan(0, -step),
    '+': () => app.zoom(1.4),
    '=': () => app.zoom(1.4),
    '-': () => app.zoom(1 / 1.4),
    0: () => app.reset(),
  };
  const anywhere = {
    '/': () => byId('search').focus(),
    l: () => app.setLassoMode(!app.lassoMode),
    n: () => app.toggle('names'),
    p: () => app.toggle('pair-lines'),
    s: () => byId('legend-search')?.focus(),
    '?': () => app.show('about'),
    Escape: () => app.escape(),
  };
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || byId('page-map').hidden) return;
    if (event.target.closest('input:not([type=checkbox]), select, textarea')) return;
    const onMap = event.target === byId('overlay') || event.target === document.body;
    const action = (onMap && keys[event.key]) || anywhere[event.key] || anywhere[event.key.toLowerCase()];
    if (!action) return;
    event.preventDefault();
    action();
  });
}
