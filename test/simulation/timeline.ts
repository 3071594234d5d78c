/**
 * The one time of a simulated world: what is due happens in the order of its moments, and after each of them everything that
 * waits on promises. No timer of the host is used, so that the same schedule gives the same story.
 */

/** Something that will happen. */
interface Due {
  readonly atUs: number;
  /** Breaks ties: first planned, first done. */
  readonly order: number;
  /** Null once it was cancelled. */
  act: (() => void) | null;
  readonly turns: number;
}

export class Timeline {
  /** The world's true time, µs since the epoch. */
  nowUs: number;
  private readonly heap: Due[] = [];
  private planned = 0;

  constructor(startUs: number) {
    this.nowUs = startUs;
  }

  /**
   * Plans something for `delayUs` from now.
   * @param turns of the event loop that what it causes may take; none where nothing waits on a promise for it
   * @returns cancels it
   */
  after(delayUs: number, act: () => void, turns = 1): () => void {
    const due: Due = { atUs: this.nowUs + Math.max(0, Math.round(delayUs)), order: this.planned++, act, turns };
    this.push(due);
    return () => {
      due.act = null;
    };
  }

  /** Lets everything happen that is due until then. */
  async runUntil(endUs: number): Promise<void> {
    for (let next = this.heap[0]; next !== undefined && next.atUs <= endUs; next = this.heap[0]) {
      this.pop();
      const { act } = next;
      if (act === null) continue;
      this.nowUs = next.atUs;
      act();
      for (let turn = 0; turn < next.turns; turn++) await settled();
    }
    this.nowUs = endUs;
  }

  private push(due: Due): void {
    const { heap } = this;
    let at = heap.push(due) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, due)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = due;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const [left, right] = [heap[child], heap[child + 1]];
      if (left === undefined) break;
      const isRight = right !== undefined && isBefore(right, left);
      if (isRight) child++;
      const below = isRight ? right : left;
      if (isBefore(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(one: Due, other: Due): boolean {
  return one.atUs < other.atUs || (one.atUs === other.atUs && one.order < other.order);
}

/** Waits until promise callbacks have run, and what they put at the end of the turn. */
function settled(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
