// k-means (Lloyd 1982) from k-means++ starts (Arthur & Vassilvitskii 2007): the same each time.

const STARTS = 5; // of which the tightest is kept
const ROUNDS = 50; // of one start at most
const LEARNT = 20000; // points that the centres are learnt from; all of them get a group

// Groups of the points, rows of `points` with `d` numbers each: 0 for the largest group.
function kMeans(points, d, k) {
  const n = points.length / d;
  const random = generator(7);
  const part = n > LEARNT ? sample(points, d, n, random) : points;
  let best = null;
  for (let start = 0; start < STARTS; start += 1) {
    const found = lloyd(part, d, spreadCentres(part, d, k, random));
    if (!best || found.loss < best.loss) best = found;
  }
  return bySize(assign(points, d, best.centres).groups, k);
}

function generator(seed) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

function sample(points, d, n, random) {
  const part = new Float32Array(LEARNT * d);
  for (let row = 0; row < LEARNT; row += 1) {
    const i = Math.floor(((row + random()) * n) / LEARNT);
    part.set(points.subarray(i * d, i * d + d), row * d);
  }
  return part;
}

function square(points, i, centres, c, d) {
  let sum = 0;
  for (let j = 0; j < d; j += 1) sum += (points[i * d + j] - centres[c * d + j]) ** 2;
  return sum;
}

// Each centre is a point, drawn as likely as it is far (squared) from those before it.
function spreadCentres(points, d, k, random) {
  const n = points.length / d;
  const centres = new Float64Array(k * d);
  const away = new Float64Array(n).fill(Infinity);
  let chosen = Math.floor(random() * n);
  for (let c = 0; c < k; c += 1) {
    for (let j = 0; j < d; j += 1) centres[c * d + j] = points[chosen * d + j];
    let total = 0;
    for (let i = 0; i < n; i += 1) total += away[i] = Math.min(away[i], square(points, i, centres, c, d));
    let left = random() * total;
    chosen = n - 1;
    for (let i = 0; i < n; i += 1) {
      left -= away[i];
      if (left < 0) {
        chosen = i;
        break;
      }
    }
  }
  return centres;
}

function assign(points, d, centres) {
  const n = points.length / d;
  const groups = new Int32Array(n);
  let loss = 0;
  for (let i = 0; i < n; i += 1) {
    let least = Infinity;
    for (let c = 0; c * d < centres.length; c += 1) {
      const away = square(points, i, centres, c, d);
      if (away < least) [least, groups[i]] = [away, c];
    }
    loss += least;
  }
  return { groups, loss };
}

function lloyd(points, d, centres) {
  let last = Infinity;
  for (let round = 0; round < ROUNDS; round += 1) {
    const { groups, loss } = assign(points, d, centres);
    if (!(loss < last * (1 - 1e-6))) break;
    last = loss;
    const sums = new Float64Array(centres.length);
    const counts = new Float64Array(centres.length / d);
    groups.forEach((c, i) => {
      counts[c] += 1;
      for (let j = 0; j < d; j += 1) sums[c * d + j] += points[i * d + j];
    });
    for (let at = 0; at < centres.length; at += 1) {
      const count = counts[Math.floor(at / d)];
      if (count) centres[at] = sums[at] / count; // a group that lost its points keeps its centre
    }
  }
  return { centres, loss: last };
}

function bySize(groups, k) {
  const counts = new Uint32Array(k);
  for (const group of groups) counts[group] += 1;
  const order = Array.from({ length: k }, (_, group) => group).sort((a, b) => counts[b] - counts[a] || a - b);
  const rank = new Int32Array(k);
  order.forEach((group, place) => { rank[group] = place; });
  return groups.map((group) => rank[group]);
}
