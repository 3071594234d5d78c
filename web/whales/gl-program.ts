/** A WebGL program with its uniforms, and rings of instances of which only what is new is uploaded. */

/** @throws Error with the compiler's words */
export class GlProgram {
  readonly program: WebGLProgram;
  private readonly gl: WebGL2RenderingContext;
  private readonly locations = new Map<string, WebGLUniformLocation | null>();

  constructor(gl: WebGL2RenderingContext, vertex: string, fragment: string) {
    this.gl = gl;
    this.program = gl.createProgram();
    for (const [kind, source] of [
      [gl.VERTEX_SHADER, vertex],
      [gl.FRAGMENT_SHADER, fragment],
    ] as const) {
      const shader = gl.createShader(kind);
      if (shader === null) throw new Error('the graphics context is lost');
      gl.shaderSource(shader, source);
      gl.compileShader(shader);
      gl.attachShader(this.program, shader);
      if (gl.getShaderParameter(shader, gl.COMPILE_STATUS) !== true) {
        throw new Error(gl.getShaderInfoLog(shader) ?? 'a shader does not compile');
      }
      gl.deleteShader(shader);
    }
    gl.linkProgram(this.program);
    if (gl.getProgramParameter(this.program, gl.LINK_STATUS) !== true) {
      throw new Error(gl.getProgramInfoLog(this.program) ?? 'a program does not link');
    }
  }

  uniform(name: string): WebGLUniformLocation | null {
    let location = this.locations.get(name);
    if (location === undefined) {
      location = this.gl.getUniformLocation(this.program, name);
      this.locations.set(name, location);
    }
    return location;
  }
}

/** What a ring of instances mirrors. */
export interface InstanceSource {
  readonly capacity: number;
  readonly begin: number;
  readonly end: number;
  readonly generation: number;
}

const CORNER = 0;
const INSTANCE = 1;
const FURTHER = 2;
/** Floats of one attribute, and bytes of a float. */
const FOUR = 4;

/** Instances of four or five floats, each a quad with corners from -1 to 1, in a buffer of the card that mirrors a log. */
export class InstanceRing {
  private readonly gl: WebGL2RenderingContext;
  private readonly buffer: WebGLBuffer;
  private readonly arrays: WebGLVertexArrayObject;
  private readonly corners: WebGLBuffer;
  private readonly capacity: number;
  private readonly floats: number;
  private staged: Float32Array;
  private uploaded = 0;
  private generation = -1;

  constructor(gl: WebGL2RenderingContext, capacity: number, floats: 4 | 5) {
    this.gl = gl;
    this.capacity = capacity;
    this.floats = floats;
    this.staged = new Float32Array(1024 * floats);
    this.arrays = gl.createVertexArray();
    this.buffer = gl.createBuffer();
    this.corners = gl.createBuffer();
    gl.bindVertexArray(this.arrays);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.corners);
    gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 1, -1, -1, 1, 1, 1]), gl.STATIC_DRAW);
    gl.enableVertexAttribArray(CORNER);
    gl.vertexAttribPointer(CORNER, 2, gl.FLOAT, false, 0, 0);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, capacity * floats * FOUR, gl.DYNAMIC_DRAW);
    gl.enableVertexAttribArray(INSTANCE);
    gl.vertexAttribPointer(INSTANCE, FOUR, gl.FLOAT, false, floats * FOUR, 0);
    gl.vertexAttribDivisor(INSTANCE, 1);
    if (floats > FOUR) {
      gl.enableVertexAttribArray(FURTHER);
      gl.vertexAttribPointer(FURTHER, 1, gl.FLOAT, false, floats * FOUR, FOUR * FOUR);
      gl.vertexAttribDivisor(FURTHER, 1);
    }
    gl.bindVertexArray(null);
  }

  /** Uploads what is new. @param write puts the floats of an instance, by its number, into `out` from `at` on */
  update(source: InstanceSource, write: (out: Float32Array, at: number, number: number) => void): void {
    if (source.generation !== this.generation) {
      this.generation = source.generation;
      this.uploaded = 0;
    }
    const { gl, capacity, floats } = this;
    let number = Math.max(this.uploaded, source.begin);
    if (number >= source.end) return;
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    while (number < source.end) {
      const slot = number & (capacity - 1);
      const count = Math.min(source.end - number, capacity - slot);
      if (this.staged.length < count * floats) this.staged = new Float32Array(count * floats);
      for (let index = 0; index < count; index++) write(this.staged, index * floats, number + index);
      gl.bufferSubData(gl.ARRAY_BUFFER, slot * floats * FOUR, this.staged, 0, count * floats);
      number += count;
    }
    this.uploaded = source.end;
  }

  /** Draws what the buffer holds, whatever of it is in sight: the card drops the rest faster than we could find it. */
  draw(): void {
    const count = Math.min(this.uploaded, this.capacity);
    if (count === 0) return;
    this.gl.bindVertexArray(this.arrays);
    this.gl.drawArraysInstanced(this.gl.TRIANGLE_STRIP, 0, 4, count);
  }

  dispose(): void {
    this.gl.deleteBuffer(this.buffer);
    this.gl.deleteBuffer(this.corners);
    this.gl.deleteVertexArray(this.arrays);
  }
}
