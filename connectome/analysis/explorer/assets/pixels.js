// Dots by the processor: without a graphics card, pixel by pixel into one buffer, which is several
// times faster than shapes on a canvas.

const STEPS = 4; // places of a dot within a pixel, each way

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
        if (own + white > 0) cells.push(column, row, own, 255 * white, 256 - own - white);
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
  }

  setPaint({ rgba, order }) {
    this.rgba = new Uint32Array(rgba.buffer);
    this.order = order;
  }

  setPairs(pairs) {
    this.pairs = pairs;
  }

  // `most`: how many of the dots, from the end of the order.
  draw(camera, size, withPairs, most) {
    const { context, canvas, order } = this;
    const ratio = canvas.width / camera.width;
    const image = this.#ground(camera, ratio, withPairs && most >= order.length);
    const words = new Uint32Array(image.data.buffer);
    const stamps = new Map();
    const scale = camera.scale * ratio;
    const left = canvas.width / 2 - camera.x * scale;
    const top = canvas.height / 2 + camera.y * scale;
    for (let k = Math.max(order.length - most, 0); k < order.length; k += 1) {
      const i = order[k];
      const x = left + this.position[2 * i] * scale;
      const y = top - this.position[2 * i + 1] * scale;
      if (!(x > -99 && y > -99 && x < canvas.width + 99 && y < canvas.height + 99)) continue;
      const word = this.rgba[i];
      let set = stamps.get(word >>> 24);
      if (!set) stamps.set(word >>> 24, (set = new Stamps(size * ratio, (word >>> 24) / 255)));
      blend(words, canvas.width, canvas.height, set, x, y, word);
    }
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

// One dot at (x, y) into the words of an opaque picture: bytes red, green, blue, opacity.
function blend(words, width, height, set, x, y, word) {
  const column = Math.floor(x);
  const row = Math.floor(y);
  const place = Math.floor((y - row) * STEPS) * STEPS + Math.floor((x - column) * STEPS);
  const cells = set.all[place];
  const red = word & 255;
  const green = (word >>> 8) & 255;
  const blue = (word >>> 16) & 255;
  const { reach } = set;
  const inside = column >= reach && row >= reach && column < width - reach && row < height - reach;
  for (let c = 0; c < cells.length; c += 5) {
    const across = column + cells[c];
    const down = row + cells[c + 1];
    if (!inside && (across < 0 || down < 0 || across >= width || down >= height)) continue;
    const at = down * width + across;
    const was = words[at];
    const own = cells[c + 2];
    const white = cells[c + 3];
    const rest = cells[c + 4];
    words[at] = 0xff000000
      | (((((was >>> 16) & 255) * rest + blue * own + white) >> 8) << 16)
      | (((((was >>> 8) & 255) * rest + green * own + white) >> 8) << 8)
      | (((was & 255) * rest + red * own + white) >> 8);
  }
}
