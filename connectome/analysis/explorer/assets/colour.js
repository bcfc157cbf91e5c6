// Colourings: what colour, legend and words a neuron has.

// Points of viridis (van der Walt & Smith 2015), safe with every common colour blindness; without
// its yellow end, which cannot be seen on white.
const SEQUENTIAL = [
  '#440154', '#482878', '#3e4989', '#31688e', '#26828e', '#1f9e89', '#35b779', '#6ece58', '#b5de2b',
].map(channelsOf);
const MISSING_CODE = -1;

function channelsOf(hex) {
  return [1, 3, 5].map((k) => parseInt(hex.slice(k, k + 2), 16));
}

function cssOf(channels) {
  return `rgb(${channels.join(' ')})`;
}

function sequential(share) {
  const place = Math.min(Math.max(share, 0), 1) * (SEQUENTIAL.length - 1);
  const k = Math.min(Math.floor(place), SEQUENTIAL.length - 2);
  const [low, high] = [SEQUENTIAL[k], SEQUENTIAL[k + 1]];
  return low.map((channel, j) => Math.round(channel + (high[j] - channel) * (place - k)));
}

class Categorical {
  categorical = true;

  constructor({ name, labels, colours, missing = 'missing' }, codes) {
    this.name = name;
    this.labels = labels;
    this.codes = codes;
    this.missingName = missing;
    this.palette = colours.map(channelsOf);
    this.counts = new Uint32Array(labels.length);
    for (const code of codes) if (code >= 0) this.counts[code] += 1;
    this.missing = codes.length - this.counts.reduce((sum, count) => sum + count, 0);
  }

  code(i) {
    return this.codes[i];
  }

  // What stands for a category, of a neuron or in a legend.
  shade(code) {
    return code < 0 ? theme.missing : theme.lift(this.palette[code]);
  }

  channels(i) {
    return this.shade(this.codes[i]);
  }

  label(code) {
    return code < 0 ? this.missingName : this.labels[code];
  }

  text(i) {
    return this.label(this.codes[i]);
  }

  // Colours that neurons have, and the place of the one that neuron `i` has.
  tints() {
    return [...this.palette.map((channels) => theme.lift(channels)), theme.missing];
  }

  tint(i) {
    return this.codes[i] < 0 ? this.palette.length : this.codes[i];
  }

  raw(i) {
    return this.codes[i] < 0 ? '' : this.labels[this.codes[i]];
  }
}

class Continuous {
  categorical = false;

  constructor({ name, log }, values) {
    this.name = name;
    this.values = values;
    this.log = log;
    this.low = Infinity;
    this.high = -Infinity;
    this.missing = 0;
    this.zeros = 0;
    for (const value of values) {
      if (Number.isNaN(value)) this.missing += 1;
      else if (log && value === 0) this.zeros += 1;
      else [this.low, this.high] = [Math.min(this.low, value), Math.max(this.high, value)];
    }
    this.lookup = Array.from({ length: 256 }, (_, k) => sequential(k / 255));
  }

  get empty() {
    return this.low > this.high;
  }

  share(value) {
    const place = this.log ? Math.log : (x) => x;
    if (value <= this.low || this.low === this.high) return 0;
    return (place(value) - place(this.low)) / (place(this.high) - place(this.low));
  }

  code(i) {
    return Number.isNaN(this.values[i]) ? MISSING_CODE : 0;
  }

  tints() {
    return [...this.lookup.map((channels) => theme.lift(channels)), theme.missing];
  }

  tint(i) {
    const value = this.values[i];
    if (Number.isNaN(value)) return this.lookup.length;
    return this.empty ? 0 : Math.round(this.share(value) * 255);
  }

  channels(i) {
    const tint = this.tint(i);
    return tint < this.lookup.length ? theme.lift(this.lookup[tint]) : theme.missing;
  }

  text(i) {
    return Number.isNaN(this.values[i]) ? 'missing' : short(this.values[i]);
  }

  raw(i) {
    return Number.isNaN(this.values[i]) ? '' : exact(this.values[i]);
  }

  ticks() {
    if (this.empty) return [];
    if (this.low === this.high) return [this.low];
    return this.log ? logTicks(this.low, this.high) : linearTicks(this.low, this.high);
  }
}

function colouringOf(meta, values) {
  return meta.labels ? new Categorical(meta, values) : new Continuous(meta, values);
}

function linearTicks(low, high) {
  const rough = (high - low) / 5;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= rough) * power;
  const ticks = [];
  for (let k = Math.ceil(low / step); k * step <= high; k += 1) {
    ticks.push(Number((k * step).toPrecision(12)));
  }
  return ticks;
}

function logTicks(low, high) {
  const decades = Math.log10(high / low);
  const factors = decades > 3 ? [1] : decades > 1.2 ? [1, 3] : [1, 2, 3, 5];
  const ticks = [];
  for (let power = Math.floor(Math.log10(low)); power <= Math.log10(high); power += 1) {
    ticks.push(...factors.map((factor) => Number((factor * 10 ** power).toPrecision(12))));
  }
  const inside = ticks.filter((tick) => tick >= low && tick <= high);
  return inside.length > 1 ? inside : [low, high];
}

// At most four significant digits; whole numbers whole.
function short(value) {
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e15) return String(value);
  if (size >= 1e-3 && size < 1e6) return String(Number(value.toPrecision(4)));
  return value.toExponential(2);
}

// The fewest digits that stand for this number and no other of single precision.
function exact(value) {
  for (let digits = 6; digits < 9; digits += 1) {
    const text = String(Number(value.toPrecision(digits)));
    if (Math.fround(Number(text)) === value) return text;
  }
  return String(Number(value.toPrecision(9)));
}

const GROUPING = new Intl.NumberFormat('en-GB'); // making one takes longer than using it

function grouped(count) {
  return GROUPING.format(count);
}

function counted(count, word, words = `${word}s`) {
  return `${grouped(count)} ${count === 1 ? word : words}`;
}

// Bytes [r, g, b, a] of every neuron, and the order to draw them in: dimmed ones first, then in a
// fixed random order, so that no category hides another. Hidden ones (rank 0) are not in it.
function paint(colouring, rankOf, shuffled) {
  const n = shuffled.length;
  const crowded = n > 20000;
  const words = new Uint32Array(n);
  const tints = Uint32Array.from(colouring.tints(), (channels) => wordOf(channels, crowded ? 170 : 225));
  const [red, green, blue, opacity] = theme.dimmed(crowded);
  const dim = wordOf([red, green, blue], opacity);
  const order = new Uint32Array(n);
  const before = new Uint32Array(n);
  let behind = 0;
  let standing = 0;
  for (const i of shuffled) {
    const rank = rankOf(i);
    if (rank === 2) {
      words[i] = tints[colouring.tint(i)];
      before[standing++] = i;
    } else if (rank === 1) {
      words[i] = dim;
      order[behind++] = i;
    }
  }
  order.set(before.subarray(0, standing), behind);
  const all = order.subarray(0, behind + standing);
  return { rgba: new Uint8Array(words.buffer), order: all, standing: before.subarray(0, standing) };
}

// As a little-endian word; every computer that shows this page is one.
function wordOf([red, green, blue], opacity) {
  return ((opacity << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

// Fisher and Yates, from a linear congruential generator: the same order each time.
function shuffledOrder(n) {
  const order = Uint32Array.from({ length: n }, (_, i) => i);
  let state = 1;
  for (let i = n - 1; i > 0; i -= 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const j = Math.floor((state / 2 ** 32) * (i + 1));
    [order[i], order[j]] = [order[j], order[i]];
  }
  return order;
}

// Colours for categories that the page makes itself: each hue in the widest gap that is left.
function hues(count) {
  return Array.from({ length: count }, (_, k) => {
    const hue = (k * 137.508) % 360;
    return [0, 8, 4].map((offset) => {
      const place = (offset + hue / 30) % 12;
      const light = k % 2 ? 0.34 : 0.46;
      const swing = 0.75 * light * Math.max(-1, Math.min(place - 3, 9 - place, 1));
      return Math.round(255 * (light - swing));
    });
  });
}
