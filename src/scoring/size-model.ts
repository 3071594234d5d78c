/**
 * How unusual an order's size is among the earlier ones of its pair and side. Models are plug-ins: the scorer knows
 * this interface and a model's name, nothing else. A model's state is a plain value that `observe` replaces or
 * changes; nothing else is kept, so that a snapshot of the state continues to the same results.
 */

/** What every model is made with. */
export interface SizeModelOptions {
  /** Event time after which an earlier order counts half, s, for models that weigh by time. */
  readonly halfLifeS: number;
  /** Orders that must have been observed before the model speaks. */
  readonly minOrders: number;
}

export interface SizeModel<State> {
  /** Stands in every score, e.g. `lognormal`. */
  readonly name: string;
  initial(): State;
  /**
   * Standard score of a size among the orders observed so far, this one excluded; NaN while the model cannot tell.
   * @param size base units, above zero
   */
  z(state: State, size: number, timeUs: number): number;
  /** Takes the size in. Event time may step back; such a step counts as zero. */
  observe(state: State, size: number, timeUs: number): void;
}
