// Drawing: dots and pair lines with WebGL2 or else Canvas2D, the rest on a canvas above them.

const DOT_VERTEX = `#version 300 es
layout(location = 0) in vec2 position;
layout(location = 1) in vec4 colour;
uniform vec2 centre, scale;
uniform float size;
out vec4 tint;
void main() {
  gl_Position = vec4((position - centre) * scale, 0.0, 1.0);
  gl_PointSize = size;
  tint = colour;
}`;

// A disc with a soft edge and, where it is large enough, a white rim that parts it from others.
const DOT_FRAGMENT = `#version 300 es
precision highp float;
uniform float size;
in vec4 tint;
out vec4 pixel;
void main() {
  float r = length(gl_PointCoord * 2.0 - 1.0);
  float soft = min(2.0 / size, 0.4);
  float cover = tint.a * (1.0 - smoothstep(1.0 - soft, 1.0, r));
  float rim = size > 7.0 ? 0.8 * smoothstep(1.0 - 1.8 * soft, 1.0 - soft, r) : 0.0;
  pixel = vec4(mix(tint.rgb, vec3(1.0), rim) * cover, cover);
}`;

const LINE_FRAGMENT = `#version 300 es
precision mediump float;
out vec4 pixel;
uniform float opacity;
void main() { pixel = vec4(0.29, 0.34, 0.44, 1.0) * opacity; }`;

// The more pairs, the fainter: the dots stay in front.
function pairOpacity(pairs) {
  return Math.min(Math.max(6 / Math.sqrt(pairs || 1), 0.03), 0.3);
}

class WebGLDots {
  static open(canvas) {
    const gl = canvas.getContext('webgl2', { antialias: false, premultipliedAlpha: true });
    return gl && new WebGLDots(canvas, gl);
  }

  constructor(canvas, gl) {
    this.name = 'WebGL2';
    this.canvas = canvas;
    this.gl = gl;
    this.dots = program(gl, DOT_VERTEX, DOT_FRAGMENT);
    this.lines = program(gl, DOT_VERTEX, LINE_FRAGMENT);
    this.buffers = ['position', 'rgba', 'order', 'pairs'].map(() => gl.createBuffer());
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
  }

  setPosition(position) {
    this.#attribute(0, position, 2, this.gl.FLOAT);
  }

  setPaint({ rgba, order }) {
    this.#attribute(1, rgba, 4, this.gl.UNSIGNED_BYTE);
    this.#indices(2, order);
    this.count = order.length;
  }

  setPairs(pairs) {
    this.#indices(3, pairs);
    this.pairCount = pairs.length;
  }

  // `most`: how many of the dots, from the end of the order.
  draw(camera, size, withPairs, most) {
    const { gl, canvas } = this;
    gl.viewport(0, 0, canvas.width, canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    if (withPairs && most >= this.count) this.#pass(this.lines, camera, size, 3, 0, this.pairCount);
    this.#pass(this.dots, camera, size, 2, Math.max(this.count - most, 0), this.count);
  }

  // Resolves when the last picture is there, without holding anything up.
  async drawn() {
    const { gl } = this;
    const fence = gl.fenceSync(gl.SYNC_GPU_COMMANDS_COMPLETE, 0);
    gl.flush();
    while (fence && gl.getSyncParameter(fence, gl.SYNC_STATUS) === gl.UNSIGNALED) {
      await new Promise((resolve) => { setTimeout(resolve); });
    }
    gl.deleteSync(fence);
  }

  // Returns when the last picture is there.
  finish() {
    this.gl.readPixels(0, 0, 1, 1, this.gl.RGBA, this.gl.UNSIGNED_BYTE, new Uint8Array(4));
  }

  get device() {
    const about = this.gl.getExtension('WEBGL_debug_renderer_info');
    return this.gl.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : this.gl.RENDERER);
  }

  #pass({ handle, centre, scale, size: sizeAt, opacity }, camera, size, indices, first, end) {
    const { gl } = this;
    gl.useProgram(handle);
    gl.uniform2f(centre, camera.x, camera.y);
    gl.uniform2f(scale, (2 * camera.scale) / camera.width, (2 * camera.scale) / camera.height);
    gl.uniform1f(sizeAt, (size * this.canvas.width) / camera.width);
    gl.uniform1f(opacity, pairOpacity(this.pairCount / 2));
    gl.bindBuffer(gl.ELEMENT_ARRAY_BUFFER, this.buffers[indices]);
    const shape = handle === this.dots.handle ? gl.POINTS : gl.LINES;
    gl.drawElements(shape, end - first, gl.UNSIGNED_INT, 4 * first);
  }

  #attribute(place, data, width, type) {
    const { gl } = this;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffers[place]);
    gl.bufferData(gl.ARRAY_BUFFER, data, gl.STATIC_DRAW);
    gl.enableVertexAttribArray(place);
    gl.vertexAttribPointer(place, width, type, type !== gl.FLOAT, 0, 0);
  }

  #indices(place, data) {
    this.gl.bindBuffer(this.gl.ELEMENT_ARRAY_BUFFER, this.buffers[place]);
    this.gl.bufferData(this.gl.ELEMENT_ARRAY_BUFFER, data, this.gl.STATIC_DRAW);
  }
}

function program(gl, vertex, fragment) {
  const handle = gl.createProgram();
  for (const [type, source] of [[gl.VERTEX_SHADER, vertex], [gl.FRAGMENT_SHADER, fragment]]) {
    const shader = gl.createShader(type);
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    gl.attachShader(handle, shader);
  }
  gl.linkProgram(handle);
  if (!gl.getProgramParameter(handle, gl.LINK_STATUS) && !gl.isContextLost()) {
    throw new Error(`WebGL2 program: ${gl.getProgramInfoLog(handle)}`);
  }
  const at = (name) => gl.getUniformLocation(handle, name);
  const names = ['centre', 'scale', 'size', 'opacity'];
  return { handle, ...Object.fromEntries(names.map((name) => [name, at(name)])) };
}

class CanvasDots {
  name = 'Canvas2D';
  device = 'Canvas2D';

  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
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

  draw(camera, size, withPairs, most) {
    const { context, canvas } = this;
    const ratio = canvas.width / camera.width;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    if (withPairs && most >= this.order.length) this.#drawPairs(camera);
    let last = -1;
    for (const i of this.order.subarray(Math.max(this.order.length - most, 0))) {
      const [left, top] = camera.toScreen(this.position[2 * i], this.position[2 * i + 1]);
      if (left < -size || top < -size || left > camera.width + size || top > camera.height + size) {
        continue;
      }
      if (this.rgba[i] !== last) context.fillStyle = cssOfBytes((last = this.rgba[i]));
      if (size < 3.5) {
        context.fillRect(left - size / 2, top - size / 2, size, size);
      } else {
        context.beginPath();
        context.arc(left, top, size / 2 - 0.5, 0, 2 * Math.PI);
        context.fill();
      }
    }
  }

  async drawn() {}

  finish() {
    this.context.getImageData(0, 0, 1, 1);
  }

  #drawPairs(camera) {
    const { context, position, pairs } = this;
    context.beginPath();
    pairs.forEach((i, k) => {
      const place = camera.toScreen(position[2 * i], position[2 * i + 1]);
      if (k % 2) context.lineTo(...place);
      else context.moveTo(...place);
    });
    context.strokeStyle = `rgb(74 87 112 / ${pairOpacity(pairs.length / 2)})`;
    context.lineWidth = 1;
    context.stroke();
  }
}

function cssOfBytes(word) {
  const alpha = (word >>> 24) / 255;
  return `rgb(${word & 255} ${(word >> 8) & 255} ${(word >> 16) & 255} / ${alpha})`;
}

// Diameter of a dot in CSS pixels: less for more neurons, more where the user zooms in.
function dotSize(n, zoom) {
  const base = Math.min(Math.max(15 - 2.5 * Math.log10(n), 2.2), 11);
  return base * Math.min(Math.max(zoom, 0.5) ** 0.35, 3.5);
}

class Overlay {
  constructor(canvas) {
    this.canvas = canvas;
    this.context = canvas.getContext('2d');
  }

  // `marks`: { fans: [{ from, to: [[neuron, weight]], colour }], rings, labels, lasso }
  draw(camera, position, size, marks) {
    const { context, canvas } = this;
    const ratio = canvas.width / camera.width;
    const at = (i) => camera.toScreen(position[2 * i], position[2 * i + 1]);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.clearRect(0, 0, camera.width, camera.height);
    for (const fan of marks.fans) this.#fan(fan, at);
    for (const ring of marks.rings) this.#ring(at(ring.neuron), size / 2 + ring.gap, ring.colour);
    for (const { neuron, text } of marks.labels) this.#label(at(neuron), size, text, camera);
    if (marks.lasso.length > 1) this.#lasso(marks.lasso);
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
    for (const [width, stroke] of [[4, 'white'], [2, colour]]) {
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
    context.strokeStyle = 'rgb(255 255 255 / 90%)';
    context.strokeText(text, x, top + 4);
    context.fillStyle = '#1c2330';
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
