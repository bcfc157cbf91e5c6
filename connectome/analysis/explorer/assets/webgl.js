// Dots and pair lines by the graphics card.

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

const LINE = [74, 87, 112]; // of pairs, as in the shader

// The more pairs, the fainter: the dots stay in front.
function pairOpacity(pairs) {
  return Math.min(Math.max(6 / Math.sqrt(pairs || 1), 0.03), 0.3);
}

const FEW = 5000; // dots that any WebGL draws fast enough

const PLAYED = /swiftshader|llvmpipe|softpipe|basic render|software/i;

class WebGLDots {
  // Null without WebGL.
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
    return String(this.gl.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : this.gl.RENDERER));
  }

  // A card that the processor only plays is slower than our own pixels where there are many dots;
  // failIfMajorPerformanceCaveat does not tell it in Chromium.
  get isPlayed() {
    return PLAYED.test(this.device);
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
