/** Where chance comes from: a seeded generator in simulations and tests, the runtime's own in production. */
export interface Random {
  /** Uniform in [0, 1). */
  next(): number;
}
