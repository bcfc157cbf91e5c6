// Names of categories on the map, each at the median place of its neurons; none over another.

const NAMED = 60; // names at most on the screen
const ALIKE = 54; // categories beyond which colours alone tell nothing: names are shown unasked

// [{ text, x, y, code }], the largest category first.
function medianPlaces(colouring, position) {
  const members = new Map();
  const largest = colouring.labels.map((_, code) => code)
    .filter((code) => colouring.counts[code] > 0)
    .sort((a, b) => colouring.counts[b] - colouring.counts[a] || a - b);
  for (const code of largest) members.set(code, []);
  colouring.codes.forEach((code, i) => members.get(code)?.push(i));
  return largest.map((code) => {
    const own = members.get(code);
    const middle = (axis) => {
      const sorted = Float64Array.from(own, (i) => position[2 * i + axis]).sort();
      return sorted[Math.floor(sorted.length / 2)];
    };
    return { text: colouring.labels[code], code, x: middle(0), y: middle(1) };
  });
}

class NameCloud {
  // Made anew only where the view or the colouring is another.
  of(colouring, position) {
    if (!colouring.categorical || !this.ready) return []; // not before the first picture
    if (this.colouring !== colouring || this.position !== position) {
      Object.assign(this, { colouring, position, places: medianPlaces(colouring, position) });
    }
    return this.places;
  }
}

const NAME_FONT = '600 11.5px system-ui, sans-serif';
const widths = new Map();

function widthOf(context, text) {
  if (!widths.has(text)) widths.set(text, context.measureText(text).width);
  return widths.get(text);
}

// The names that have room: [{ text, left, top }], left and top of their middles in CSS pixels.
function placedNames(context, camera, names) {
  const taken = [];
  const placed = [];
  context.font = NAME_FONT;
  for (const { text, x, y } of names) {
    if (placed.length === NAMED) break;
    const [left, top] = camera.toScreen(x, y);
    if (left < 0 || top < 0 || left > camera.width || top > camera.height) continue;
    const half = widthOf(context, text) / 2 + 3;
    const box = [left - half, left + half, top - 8, top + 8];
    const outside = box[0] < 2 || box[1] > camera.width - 2 || box[2] < 2 || box[3] > camera.height - 2;
    const covered = taken.some(([low, high, above, below]) => (
      box[0] < high && box[1] > low && box[2] < below && box[3] > above));
    if (outside || covered) continue;
    taken.push(box);
    placed.push({ text, left, top });
  }
  return placed;
}

function drawNames(context, camera, names) {
  const placed = placedNames(context, camera, names);
  context.textAlign = 'center';
  context.textBaseline = 'middle';
  context.lineJoin = 'round';
  context.lineWidth = 3.5;
  context.strokeStyle = theme.inks.halo;
  context.fillStyle = theme.inks.ink;
  for (const { text, left, top } of placed) {
    context.strokeText(text, left, top);
    context.fillText(text, left, top);
  }
  context.textAlign = 'start';
  context.textBaseline = 'alphabetic';
}
