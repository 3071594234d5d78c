/** The last so many values, as a plain value. */
export interface RecentValues {
  /** In no order: a ring. */
  readonly ring: number[];
  /** Where the next value goes: the oldest one, once the ring is full. */
  next: number;
}

export function noValues(): RecentValues {
  return { ring: [], next: 0 };
}

/** Takes a value in, in the place of the oldest where there are `length` already. @returns whether there are so many now */
export function pushValue(recent: RecentValues, value: number, length: number): boolean {
  recent.ring[recent.next] = value;
  recent.next = (recent.next + 1) % length;
  return recent.ring.length === length;
}

/**
 * Their mean. Summed anew each time, oldest first: a running sum would carry its rounding on for ever, and the values are few.
 */
export function meanOf({ ring, next }: RecentValues): number {
  const { length } = ring;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += ring[(next + i) % length] as number;
  return sum / length;
}

/** Their mean squared deviation from `mean`. */
export function varianceOf({ ring, next }: RecentValues, mean: number): number {
  const { length } = ring;
  let sum = 0;
  for (let i = 0; i < length; i++) sum += ((ring[(next + i) % length] as number) - mean) ** 2;
  return sum / length;
}
