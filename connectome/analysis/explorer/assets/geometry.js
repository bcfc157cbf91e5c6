// From latent coordinates to the screen and back; which neuron is where.

class Camera {
  x = 0; // of the centre of the canvas, in the coordinates of the embedding
  y = 0;
  scale = 1; // CSS pixels per unit
  fitScale = 1;
  width = 1; // of the canvas in CSS pixels
  height = 1;
  touched = false; // whether the user has moved it

  fit(bounds) {
    const margin = 28;
    const across = (this.width - 2 * margin) / (bounds.right - bounds.left || 1);
    const up = (this.height - 2 * margin) / (bounds.top - bounds.bottom || 1);
    this.scale = this.fitScale = Math.max(Math.min(across, up), 1e-9);
    this.x = (bounds.left + bounds.right) / 2;
    this.y = (bounds.bottom + bounds.top) / 2;
    this.touched = false;
  }

  // Like fit, but `zoom` still counts from where everything fits.
  focus(bounds) {
    const { fitScale } = this;
    this.fit(bounds);
    this.fitScale = fitScale;
    this.touched = true;
  }

  get zoom() {
    return this.scale / this.fitScale;
  }

  toScreen(x, y) {
    return [
      this.width / 2 + (x - this.x) * this.scale,
      this.height / 2 - (y - this.y) * this.scale,
    ];
  }

  toWorld(left, top) {
    return [
      this.x + (left - this.width / 2) / this.scale,
      this.y - (top - this.height / 2) / this.scale,
    ];
  }

  panBy(right, down) {
    this.x -= right / this.scale;
    this.y += down / this.scale;
    this.touched = true;
  }

  // What is below (left, top) stays there.
  zoomAbout(factor, left, top) {
    const [x, y] = this.toWorld(left, top);
    this.scale *= Math.min(Math.max(factor, 0.2 / this.zoom), 5000 / this.zoom);
    this.x = x - (left - this.width / 2) / this.scale;
    this.y = y + (top - this.height / 2) / this.scale;
    this.touched = true;
  }

  // Brings a point into the inner part of the canvas, at a zoom of at least `zoom`.
  reveal(x, y, zoom) {
    const [left, top] = this.toScreen(x, y);
    const inside = Math.abs(left / this.width - 0.5) < 0.42 && Math.abs(top / this.height - 0.5) < 0.42;
    if (inside && this.zoom >= zoom) return;
    this.scale = Math.max(this.scale, this.fitScale * zoom);
    this.x = x;
    this.y = y;
    this.touched = true;
  }
}

function boundsOf(position) {
  const bounds = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
  for (let i = 0; i < position.length; i += 2) {
    bounds.left = Math.min(bounds.left, position[i]);
    bounds.right = Math.max(bounds.right, position[i]);
    bounds.bottom = Math.min(bounds.bottom, position[i + 1]);
    bounds.top = Math.max(bounds.top, position[i + 1]);
  }
  return bounds;
}

// Bounds without the outermost 2.5 % of neurons on either side.
function middleOf(position) {
  const ends = [0, 1].map((axis) => {
    const sorted = position.filter((_, k) => k % 2 === axis).sort();
    const cut = Math.floor(0.025 * sorted.length);
    return [sorted[cut], sorted[sorted.length - 1 - cut]];
  });
  const [[left, right], [bottom, top]] = ends;
  return { left, right, bottom, top };
}

// Square cells of about two neurons each, so that a pointer asks few neurons, not all.
class Grid {
  constructor(position, bounds) {
    this.position = position;
    this.bounds = bounds;
  }

  // Made when it is first asked, not before the first picture.
  #fill() {
    const { position, bounds } = this;
    const n = position.length / 2;
    this.side = Math.max(1, Math.min(1024, Math.ceil(Math.sqrt(n / 2))));
    this.cell = Math.max(bounds.right - bounds.left, bounds.top - bounds.bottom) / this.side || 1;
    const cellOf = new Uint32Array(n);
    const counts = new Uint32Array(this.side ** 2);
    for (let i = 0; i < n; i += 1) {
      const column = this.column(position[2 * i]);
      cellOf[i] = this.row(position[2 * i + 1]) * this.side + column;
      counts[cellOf[i]] += 1;
    }
    this.starts = startsOf(counts);
    this.members = new Uint32Array(n);
    const next = this.starts.slice();
    for (let i = 0; i < n; i += 1) this.members[next[cellOf[i]]++] = i;
  }

  column(x) {
    return this.#clamped((x - this.bounds.left) / this.cell);
  }

  row(y) {
    return this.#clamped((y - this.bounds.bottom) / this.cell);
  }

  #clamped(place) {
    return Math.min(this.side - 1, Math.max(0, Math.floor(place)));
  }

  * within(left, right, bottom, top) {
    if (!this.members) this.#fill();
    for (let row = this.row(bottom); row <= this.row(top); row += 1) {
      const first = this.starts[row * this.side + this.column(left)];
      const end = this.starts[row * this.side + this.column(right) + 1];
      for (let k = first; k < end; k += 1) yield this.members[k];
    }
  }

  // The nearest neuron within `reach` of (x, y), one that stands out (rank 2) before a dimmed one
  // (rank 1), none that is hidden; or -1.
  pick(x, y, reach, rankOf) {
    let best = -1;
    let least = Infinity;
    for (const i of this.within(x - reach, x + reach, y - reach, y + reach)) {
      const away = Math.hypot(this.position[2 * i] - x, this.position[2 * i + 1] - y);
      const rank = rankOf(i);
      const cost = rank === 2 ? away : away + reach;
      if (rank && away <= reach && cost < least) [best, least] = [i, cost];
    }
    return best;
  }

  // The neurons inside a polygon of [x, y] corners (even-odd rule), in order.
  inside(polygon) {
    const xs = polygon.map(([x]) => x);
    const ys = polygon.map(([, y]) => y);
    const box = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const found = [];
    for (const i of this.within(...box)) {
      if (isInside(polygon, this.position[2 * i], this.position[2 * i + 1])) found.push(i);
    }
    return found.sort((a, b) => a - b);
  }
}

function isInside(polygon, x, y) {
  let inside = false;
  for (let k = 0, before = polygon.length - 1; k < polygon.length; before = k, k += 1) {
    const [x1, y1] = polygon[k];
    const [x2, y2] = polygon[before];
    if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
  }
  return inside;
}
