/** Sums what happened within the last `windowUs` of simulated time, to enforce the limits that venues set. */
export class RateWindow {
  readonly #windowUs: number;
  readonly #entries: { atUs: number; weight: number }[] = [];
  #sum = 0;

  constructor(windowUs: number) {
    this.#windowUs = windowUs;
  }

  /** Records an entry. @returns the sum of the window, this entry included */
  add(nowUs: number, weight: number): number {
    this.#entries.push({ atUs: nowUs, weight });
    this.#sum += weight;
    for (let first = this.#entries[0]; first !== undefined && first.atUs <= nowUs - this.#windowUs;) {
      this.#entries.shift();
      this.#sum -= first.weight;
      first = this.#entries[0];
    }
    return this.#sum;
  }
}
