import type { Lane, LaneKind } from '../ports/bus.ts';

/**
 * A consumer that must not miss a batch. Both adapters are told of all of them beforehand: what one of these has not
 * acknowledged is kept, whether it runs at the moment or not.
 */
export interface ExpectedConsumer {
  /** Its durable name, see `ConsumerOptions.name`. */
  readonly name: string;
  readonly kind: LaneKind;
  /** The one partition that it reads; all of them where absent. */
  readonly partition?: number;
}

/** Whether the consumer reads the lane. */
export function reads(consumer: ExpectedConsumer, lane: Lane): boolean {
  return consumer.kind === lane.kind && (consumer.partition === undefined || consumer.partition === lane.partition);
}
