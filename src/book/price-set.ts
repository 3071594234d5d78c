/**
 * A set of prices, whole numbers other than zero, in one flat column: an entry costs no object, and a question a few
 * nanoseconds. Nothing is ever taken out but everything.
 */

const INITIAL_CAPACITY = 16;
/** 2^32 divided by the golden ratio: spreads neighbouring numbers over the table. */
const SPREAD = 0x9e3779b1 | 0;

export class PriceSet {
  size = 0;
  /** 0 in a free slot; at most half of the slots are taken. */
  private slots = new Float64Array(INITIAL_CAPACITY);
  private shift = 32 - Math.log2(INITIAL_CAPACITY);

  has(price: number): boolean {
    return this.slots[this.slotOf(price)] === price;
  }

  add(price: number): void {
    const slot = this.slotOf(price);
    if (this.slots[slot] === price) return;
    this.slots[slot] = price;
    this.size++;
    if (this.size * 2 > this.slots.length) this.grow();
  }

  clear(): void {
    this.size = 0;
    this.slots = new Float64Array(INITIAL_CAPACITY);
    this.shift = 32 - Math.log2(INITIAL_CAPACITY);
  }

  /** In ascending order, whatever the order they came in. */
  values(): Float64Array {
    return this.slots.filter((price) => price !== 0).sort();
  }

  /** Where the price is, or would be. */
  private slotOf(price: number): number {
    const { slots } = this;
    const mask = slots.length - 1;
    let slot = Math.imul(price | 0, SPREAD) >>> this.shift;
    let found = slots[slot] as number;
    while (found !== price && found !== 0) {
      slot = (slot + 1) & mask;
      found = slots[slot] as number;
    }
    return slot;
  }

  private grow(): void {
    const { slots } = this;
    this.slots = new Float64Array(slots.length * 2);
    this.shift--;
    for (const price of slots) if (price !== 0) this.slots[this.slotOf(price)] = price;
  }
}
