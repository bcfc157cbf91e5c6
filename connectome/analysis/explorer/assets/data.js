// Arrays from the page's own text, the wiring, and neighbours in latent space.

const KINDS = {
  int32: Int32Array, uint32: Uint32Array, float32: Float32Array, float16: Uint16Array,
};

// Elements behind the script are not there yet while it runs for the first time.
const pageIsRead = new Promise((resolve) => {
  document.addEventListener('DOMContentLoaded', resolve, { once: true });
});

function bytesOf(base64) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
  const binary = atob(base64);
  const bytes = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i += 1) bytes[i] = binary.charCodeAt(i);
  return bytes;
}

async function inflate(name) {
  const element = document.getElementById(name);
  const packed = new Blob([bytesOf(element.textContent)]);
  const kind = element.dataset.type;
  element.remove(); // its text is several times the size of the array
  const stream = packed.stream().pipeThrough(new DecompressionStream('gzip'));
  const buffer = await new Response(stream).arrayBuffer();
  if (kind === 'json') return JSON.parse(new TextDecoder().decode(buffer));
  const array = new KINDS[kind](buffer);
  return kind === 'float16' ? fromHalves(array) : array;
}

const inflated = new Map();

// A promise of the array of that name; it is inflated once.
function load(name) {
  if (!inflated.has(name)) inflated.set(name, inflate(name));
  return inflated.get(name);
}

// IEEE 754 half precision; Float16Array is too new to rely on. There are few enough to look up.
function fromHalves(bits) {
  const values = Float32Array.from({ length: 1 << 16 }, (_, half) => {
    const sign = half & 0x8000 ? -1 : 1;
    const exponent = (half >> 10) & 31;
    const fraction = (half & 1023) / 1024;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction);
  });
  const array = new Float32Array(bits.length);
  for (let i = 0; i < bits.length; i += 1) array[i] = values[bits[i]];
  return array;
}

const PIECE = 400000; // edges between two pauses

// Directed edges by presynaptic neuron, and by postsynaptic one.
class Wiring {
  static async load() {
    const names = ['edge-counts', 'edge-steps', 'edge-synapses'];
    const [counts, steps, synapses] = await Promise.all(names.map(load));
    const post = new Int32Array(steps.length);
    for (let e = 0, at = 0; e < steps.length; e += 1) post[e] = at += steps[e];
    const out = { starts: startsOf(counts), partner: post, synapses };
    return new Wiring(out, await transposed(out, counts.length));
  }

  constructor(out, into) {
    this.out = out;
    this.in = into;
  }

  // Synapses of `members` with the partners of each category: [K + 1], the last without one.
  byCategory(members, direction, colouring) {
    const { starts, partner, synapses } = this[direction];
    const sums = new Float64Array(colouring.labels.length + 1);
    for (const i of members) {
      for (let e = starts[i]; e < starts[i + 1]; e += 1) {
        sums[colouring.tint(partner[e])] += synapses[e];
      }
    }
    return sums;
  }

  // The strongest partners of a neuron, and how many partners and synapses there are in all.
  partners(neuron, direction, most) {
    const { starts, partner, synapses } = this[direction];
    const rows = [];
    let total = 0;
    for (let e = starts[neuron]; e < starts[neuron + 1]; e += 1) {
      rows.push({ neuron: partner[e], synapses: synapses[e] });
      total += synapses[e];
    }
    rows.sort((a, b) => b.synapses - a.synapses || a.neuron - b.neuron);
    return { rows: rows.slice(0, most), count: rows.length, synapses: total };
  }
}

function startsOf(counts) {
  const starts = new Uint32Array(counts.length + 1);
  for (let i = 0; i < counts.length; i += 1) starts[i + 1] = starts[i] + counts[i];
  return starts;
}

// In pieces, between which the page answers its reader.
async function transposed({ starts, partner, synapses }, n) {
  const counts = new Uint32Array(n);
  for (const post of partner) counts[post] += 1;
  const columns = startsOf(counts);
  const next = columns.slice();
  const pre = new Int32Array(partner.length);
  const weight = new synapses.constructor(partner.length);
  let pause = PIECE;
  for (let i = 0; i < n; i += 1) {
    if (starts[i] > pause) {
      pause = starts[i] + PIECE;
      await new Promise((resolve) => { setTimeout(resolve); });
    }
    for (let e = starts[i]; e < starts[i + 1]; e += 1) {
      const at = next[partner[e]]++;
      pre[at] = i;
      weight[at] = synapses[e];
    }
  }
  return { starts: columns, partner: pre, synapses: weight };
}

// [left, right, left, right, ...] of the homologs, each pair once.
function pairsOf(homolog) {
  const pairs = [];
  homolog?.forEach((j, i) => { if (i < j) pairs.push(i, j); });
  return Uint32Array.from(pairs);
}

// The `most` neurons nearest to `neuron` by Euclidean distance, nearest first.
function nearest(latent, n, neuron, most) {
  const d = latent.length / n;
  const here = latent.subarray(neuron * d, neuron * d + d);
  const best = [];
  for (let i = 0; i < n; i += 1) {
    if (i === neuron) continue;
    let square = 0;
    for (let k = 0; k < d; k += 1) square += (latent[i * d + k] - here[k]) ** 2;
    if (best.length === most && square >= best[most - 1].square) continue;
    let place = best.length;
    while (place > 0 && best[place - 1].square > square) place -= 1;
    best.splice(place, 0, { neuron: i, square });
    if (best.length > most) best.pop();
  }
  return best.map(({ neuron: i, square }) => ({ neuron: i, distance: Math.sqrt(square) }));
}
