// Dots by the processor: without a graphics card, pixel by pixel into one buffer, which is several
// times faster than shapes on a canvas.

const STEPS = 4; // places of a dot within a pixel, each way
const OPAQUE = -16777216; // 0xff000000 as a signed word, which engines are faster with
const FAINT = 4; // of 256, what is not worth a pixel

// The pixels of a dot of `size` device pixels for each of its places within a pixel, as the shader
// of webgl.js covers them: how much of the dot's colour, of white and of what was there, of 256.
class Stamps {
  constructor(size, opacity) {
    this.reach = Math.ceil(size / 2 + 1);
    this.side = 2 * this.reach + 1;
    this.all = Array.from({ length: STEPS * STEPS }, (_, k) => {
      const across = (k % STEPS + 0.5) / STEPS;
      const down = (Math.floor(k / STEPS) + 0.5) / STEPS;
      return this.#stamp(size, opacity, across, down);
    });
  }

  #stamp(size, opacity, across, down) {
    const cells = [];
    for (let row = -this.reach; row <= this.reach; row += 1) {
      for (let column = -this.reach; column <= this.reach; column += 1) {
        const away = Math.hypot(column + 0.5 - across, row + 0.5 - down) / (size / 2);
        const soft = Math.min(2 / size, 0.4);
        const cover = opacity * (1 - smoothstep(1 - soft, 1, away));
        const rim = size > 7 ? 0.8 * smoothstep(1 - 1.8 * soft, 1 - soft, away) : 0;
        const own = Math.round(256 * cover * (1 - rim));
        const white = Math.round(256 * cover * rim);
        if (own + white >= FAINT) cells.push(column, row, own, 255 * white, 256 - own - white);
      }
    }
    return Int32Array.from(cells);
  }
}

function smoothstep(low, high, value) {
  const share = Math.min(Math.max((value - low) / (high - low), 0), 1);
  return share * share * (3 - 2 * share);
}

class PixelDots {
  name = 'Canvas2D';
  device = 'Canvas2D';

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d', { willReadFrequently: true });
  }

  setPosition(position) {
    this.position = position;
    this.row = null;
  }

  setPaint({ rgba, order }) {
    this.rgba = new Int32Array(rgba.buffer);
    this.order = order;
    this.row = null;
  }

  // Places and colours in the order of drawing: read one after the other they take less than half
  // the time.
  #inOrder() {
    if (this.row) return this.row;
    const places = new Float32Array(2 * this.order.length);
    const words = new Int32Array(this.order.length);
    const { order, position, rgba } = this;
    for (let k = 0; k < order.length; k += 1) {
      const i = order[k];
      places[2 * k] = position[2 * i];
      places[2 * k + 1] = position[2 * i + 1];
      words[k] = rgba[i];
    }
    this.row = { places, words };
    return this.row;
  }

  setPairs(pairs) {
    this.pairs = pairs;
  }

  // `most`: how many of the dots, from the end of the order.
  draw(camera, size, withPairs, most) {
    const { context, canvas, order } = this;
    const ratio = canvas.width / camera.width;
    const image = this.#ground(camera, ratio, withPairs && most >= order.length);
    const scale = camera.scale * ratio;
    const place = {
      left: canvas.width / 2 - camera.x * scale,
      top: canvas.height / 2 + camera.y * scale,
      scale,
    };
    const first = Math.max(order.length - most, 0);
    const picture = { words: new Int32Array(image.data.buffer), width: canvas.width, height: canvas.height };
    drawDots(picture, this.#inOrder(), first, place, size * ratio);
    context.putImageData(image, 0, 0);
  }

  async drawn() {}

  finish() {
    this.context.getImageData(0, 0, 1, 1);
  }

  #ground(camera, ratio, withPairs) {
    const { context, canvas } = this;
    if (withPairs) {
      context.setTransform(ratio, 0, 0, ratio, 0, 0);
      context.fillStyle = cssOf(theme.ground);
      context.fillRect(0, 0, camera.width, camera.height);
      this.#drawPairs(camera);
      return context.getImageData(0, 0, canvas.width, canvas.height);
    }
    if (this.image?.width !== canvas.width || this.image.height !== canvas.height) {
      this.image = context.createImageData(canvas.width, canvas.height);
    }
    const [red, green, blue] = theme.ground;
    new Uint32Array(this.image.data.buffer).fill(((255 << 24) | (blue << 16) | (green << 8) | red) >>> 0);
    return this.image;
  }

  #drawPairs(camera) {
    const { context, position, pairs } = this;
    context.beginPath();
    pairs.forEach((i, k) => {
      const place = camera.toScreen(position[2 * i], position[2 * i + 1]);
      if (k % 2) context.lineTo(...place);
      else context.moveTo(...place);
    });
    context.strokeStyle = `rgb(${LINE.join(' ')} / ${pairOpacity(pairs.length / 2)})`;
    context.lineWidth = 1;
    context.stroke();
  }
}

// Dots into the words of an opaque picture: bytes red, green, blue, opacity. Everything in one loop,
// without a call or an object a dot: there are a hundred thousand.
function drawDots({ words, width, height }, row, first, { left, top, scale }, size) {
  let opacity = -1;
  let stamps;
  let reach = 0;
  const { places, words: colours } = row;
  for (let k = first; k < colours.length; k += 1) {
    const x = left + places[2 * k] * scale;
    const y = top - places[2 * k + 1] * scale;
    if (!(x > -99 && y > -99 && x < width + 99 && y < height + 99)) continue;
    const word = colours[k];
    if (word >>> 24 !== opacity) {
      opacity = word >>> 24;
      stamps = stampsOf(size, opacity);
      reach = stamps.reach;
    }
    const column = Math.floor(x);
    const line = Math.floor(y);
    const cells = stamps.all[((y - line) * STEPS | 0) * STEPS + ((x - column) * STEPS | 0)];
    const inside = column >= reach && line >= reach && column < width - reach && line < height - reach;
    const corner = line * width + column;
    const redBlue = word & 0xff00ff;
    const green = (word >>> 8) & 255;
    for (let c = 0; c < cells.length; c += 5) {
      const across = cells[c];
      const down = cells[c + 1];
      if (!inside && (column + across < 0 || line + down < 0
        || column + across >= width || line + down >= height)) continue;
      const at = corner + down * width + across;
      const was = words[at];
      const own = cells[c + 2];
      const white = cells[c + 3];
      const rest = cells[c + 4];
      // Red and blue at once: each stays within its sixteen bits.
      const both = Math.imul(was & 0xff00ff, rest) + Math.imul(redBlue, own) + Math.imul(white, 0x10001);
      const middle = ((was >>> 8) & 255) * rest + green * own + white;
      words[at] = OPAQUE | ((both >>> 8) & 0xff00ff) | (middle & 0xff00);
    }
  }
}

const stampsMade = new Map();

// Few are in use at once; those of another zoom are thrown away.
function stampsOf(size, opacity) {
  const key = `${size} ${opacity}`;
  if (!stampsMade.has(key)) {
    if (stampsMade.size > 16) stampsMade.clear();
    stampsMade.set(key, new Stamps(size, opacity / 255));
  }
  return stampsMade.get(key);
}
