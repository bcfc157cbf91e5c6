// What lies above the dots: lines to partners, rings, names, the lasso.

// Diameter of a dot in CSS pixels: less for more neurons, more where the user zooms in.
function dotSize(n, zoom) {
  const base = Math.min(Math.max(15 - 2.5 * Math.log10(n), 2.2), 11);
  return base * Math.min(Math.max(zoom, 0.5) ** 0.35, 3.5);
}

const LARGE = 6; // CSS pixels of a dot that stands out among many

class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
  }

  // `marks`: { names, few: [{ neuron, colour }], fans: [{ from, to: [[neuron, weight]], colour }], rings, labels, lasso }
  draw(camera, position, size, marks) {
    const { context, canvas } = this;
    const ratio = canvas.width / camera.width;
    const at = (i) => camera.toScreen(position[2 * i], position[2 * i + 1]);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    if (size < LARGE) for (const { neuron, colour } of marks.few) this.#dot(at(neuron), colour);
    drawNames(context, camera, marks.names);
    for (const fan of marks.fans) this.#fan(fan, at);
    for (const ring of marks.rings) this.#ring(at(ring.neuron), size / 2 + ring.gap, ring.colour);
    for (const { neuron, text } of marks.labels) this.#label(at(neuron), size, text, camera);
    if (marks.lasso.length > 1) this.#lasso(marks.lasso);
  }

  #dot([left, top], colour) {
    const { context } = this;
    context.beginPath();
    context.arc(left, top, LARGE / 2, 0, 2 * Math.PI);
    context.fillStyle = colour;
    context.fill();
    context.lineWidth = 0.8;
    context.strokeStyle = theme.inks.halo;
    context.stroke();
  }

  #fan({ from, to, colour }, at) {
    const { context } = this;
    const [left, top] = at(from);
    const most = Math.max(...to.map(([, weight]) => weight));
    const crowd = Math.min(Math.max(Math.sqrt(25 / to.length), 0.2), 1); // many lines, each fainter
    context.strokeStyle = colour;
    for (const [neuron, weight] of to) {
      const share = Math.sqrt(weight / most);
      context.globalAlpha = (0.12 + 0.5 * share) * crowd;
      context.lineWidth = 0.6 + 1.8 * share;
      context.beginPath();
      context.moveTo(left, top);
      context.lineTo(...at(neuron));
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  #ring([left, top], radius, colour) {
    const { context } = this;
    for (const [width, stroke] of [[4, theme.inks.halo], [2, colour]]) {
      context.lineWidth = width;
      context.strokeStyle = stroke;
      context.beginPath();
      context.arc(left, top, radius, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  #label([left, top], size, text, camera) {
    const { context } = this;
    context.font = '600 12px system-ui, sans-serif';
    const width = context.measureText(text).width;
    const beside = left + size / 2 + 9;
    const x = beside + width < camera.width - 4 ? beside : left - size / 2 - 9 - width;
    context.lineJoin = 'round';
    context.lineWidth = 4;
    context.strokeStyle = theme.inks.halo;
    context.strokeText(text, x, top + 4);
    context.fillStyle = theme.inks.ink;
    context.fillText(text, x, top + 4);
  }

  #lasso(path) {
    const { context } = this;
    context.beginPath();
    for (const [left, top] of path) context.lineTo(left, top);
    context.closePath();
    context.fillStyle = 'rgb(0 95 204 / 8%)';
    context.fill();
    context.lineWidth = 1.5;
    context.strokeStyle = '#005fcc';
    context.setLineDash([5, 4]);
    context.stroke();
    context.setLineDash([]);
  }
}
