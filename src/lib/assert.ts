/** A broken invariant: a bug of ours, never a fault of the input. The actor that meets one is restarted. */
export class AssertionFailed extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssertionFailed';
  }
}

/** Throws when `condition` does not hold; `message` should carry the values that broke it. */
export function assert(condition: boolean, message: string): asserts condition {
  if (!condition) throw new AssertionFailed(message);
}

/** Makes the compiler prove that a union was handled in full. */
export function assertNever(value: never): never {
  throw new AssertionFailed(`unhandled case: ${JSON.stringify(value)}`);
}
