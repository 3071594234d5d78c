/**
 * Windows of event time that follow each other without a gap, from multiples of their length since the epoch on. The rule
 * for late events stands in `event-clock.ts`. At most as many windows are open as begin within the lateness, and one.
 */

interface OpenWindow<Value> {
  readonly startUs: number;
  readonly value: Value;
}

/** A plain value, if `Value` is one. */
export interface TumblingState<Value> {
  /** Windows with something in them, oldest first. */
  open: OpenWindow<Value>[];
  /** Where the last window closed ends, µs. */
  closedUs: number;
  /** What came for windows that were closed. */
  late: number;
}

export interface TumblingOptions<Value> {
  readonly lengthUs: number;
  /** How far the clock passes a window's end before that closes. */
  readonly latenessUs: number;
  readonly initial: () => Value;
}

export class TumblingWindows<Value> {
  private readonly options: TumblingOptions<Value>;
  private own: TumblingState<Value> = { open: [], closedUs: Number.NEGATIVE_INFINITY, late: 0 };
  /** Beginning, end and value of the last event's window: the next is most often for the same one. */
  private lastStartUs = Number.POSITIVE_INFINITY;
  private lastEndUs = Number.NEGATIVE_INFINITY;
  private lastValue: Value | null = null;

  constructor(options: TumblingOptions<Value>) {
    this.options = options;
  }

  get late(): number {
    return this.own.late;
  }

  /** The window of this time, opened where it was not; null where it is closed, which is counted. */
  at(timeUs: number): Value | null {
    if (timeUs >= this.lastStartUs && timeUs < this.lastEndUs) return this.lastValue;
    const { lengthUs } = this.options;
    const startUs = Math.floor(timeUs / lengthUs) * lengthUs;
    if (startUs < this.own.closedUs) {
      this.own.late++;
      return null;
    }
    const { value } = this.own.open.find((one) => one.startUs === startUs) ?? this.open(startUs);
    this.lastStartUs = startUs;
    this.lastEndUs = startUs + lengthUs;
    this.lastValue = value;
    return value;
  }

  /** Closes the windows that the clock has left behind, oldest first. */
  close(nowUs: number, onClosed: (startUs: number, value: Value) => void): void {
    const { lengthUs, latenessUs } = this.options;
    const passedUs = nowUs - latenessUs - lengthUs;
    const { open } = this.own;
    let first = open[0];
    while (first !== undefined && first.startUs <= passedUs) {
      open.shift();
      this.forgetLast();
      onClosed(first.startUs, first.value);
      first = open[0];
    }
    this.own.closedUs = Math.max(this.own.closedUs, Math.floor((nowUs - latenessUs) / lengthUs) * lengthUs);
  }

  /** Forgets what is open. @returns how many windows that were */
  discard(): number {
    const { length } = this.own.open;
    this.own.open = [];
    this.forgetLast();
    return length;
  }

  /** The state itself; whoever keeps it copies it. */
  state(): TumblingState<Value> {
    return this.own;
  }

  /** Takes the value as its own. */
  restore(state: TumblingState<Value>): void {
    this.own = state;
    this.forgetLast();
  }

  private forgetLast(): void {
    this.lastStartUs = Number.POSITIVE_INFINITY;
    this.lastEndUs = Number.NEGATIVE_INFINITY;
    this.lastValue = null;
  }

  private open(startUs: number): OpenWindow<Value> {
    const window = { startUs, value: this.options.initial() };
    const { open } = this.own;
    open.push(window);
    if (open.length > 1) open.sort((a, b) => a.startUs - b.startUs);
    return window;
  }
}
