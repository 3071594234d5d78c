/**
 * What a consumer cannot take in is set aside, so that it does not end its thread again and again: a batch that cannot be
 * decoded at once, an event over which a step throws when it has ended the thread twice (a first death may have had another
 * cause, and its successor takes the event anew, from the state before it).
 *
 * A thread that hangs in a step, or runs out of memory there, leaves behind that it was in the midst of a batch (`Workplace`).
 * Its successor notes each event before its step, so that from then on such a death counts like one by an error: the third one
 * is the last.
 */

import type { DeadLetter, DeadLetters } from '../../ports/dead-letters.ts';
import type { EventHeader, EventView } from '../../model/event.ts';
import type { Delivery } from '../../ports/bus.ts';
import type { StateKeeper } from '../../ports/state-keeper.ts';
import { CodecError } from '../../transport/codec-error.ts';
import { readBatch } from '../../transport/codec.ts';
import type { Events } from '../../telemetry/events.ts';
import type { EventMark, Unfinished, Workplace } from './workplace.ts';

/** The event that a thread died of last. */
interface Suspect extends EventMark {
  readonly deaths: number;
}

const DEATHS = 2;

export class Quarantine {
  private readonly keeper: StateKeeper;
  private readonly letters: DeadLetters | null;
  private readonly events: Events;
  private readonly workplace: Workplace | null;
  /** What the thread before this one left behind. */
  private readonly unfinished: Unfinished | null;
  private readonly suspects = new Map<string, Suspect>();

  /**
   * @param letters null where there is no place for them: then the log alone tells
   * @param workplace of this thread and those before it; null where nothing outlives a thread
   */
  constructor(keeper: StateKeeper, letters: DeadLetters | null, events: Events, workplace: Workplace | null = null) {
    this.keeper = keeper;
    this.letters = letters;
    this.events = events;
    this.workplace = workplace;
    this.unfinished = workplace?.unfinished ?? null;
  }

  /** Remembers what a consumer's thread died of last; to be called before its first batch. */
  async recall(consumer: string): Promise<void> {
    const data = await this.keeper.load(suspectName(consumer));
    if (data !== null) this.suspects.set(consumer, JSON.parse(Buffer.from(data).toString()) as Suspect);
    const { unfinished } = this;
    if (unfinished?.consumer === consumer && unfinished.event !== null) await this.suspect(consumer, unfinished.event);
  }

  /**
   * Hands out the events of a batch.
   * @param pass called instead of `step` for an event that cannot be taken
   * @throws whatever `step` throws, which is to end the thread
   */
  async read(
    consumer: string,
    { position, data }: Pick<Delivery, 'position' | 'data'>,
    step: (view: EventView) => void,
    pass: (view: EventView) => void,
  ): Promise<void> {
    const suspect = this.suspects.get(consumer);
    const poison = suspect !== undefined && suspect.deaths >= DEATHS ? suspect : null;
    const { workplace } = this;
    const notes = this.unfinished?.consumer === consumer ? workplace : null;
    let under: EventHeader | null = null;
    let isFound = false;
    workplace?.enter(consumer);
    try {
      readBatch(data, (view) => {
        if (poison !== null && isOf(poison, view.header)) {
          isFound = true;
          pass(view);
          return;
        }
        under = view.header;
        notes?.begin(view.header);
        step(view);
        under = null;
      });
      workplace?.leave();
    } catch (error) {
      workplace?.leave();
      if (under !== null) {
        await this.suspect(consumer, markOf(under));
        throw error;
      }
      if (!(error instanceof CodecError)) throw error;
      await this.setAside({ consumer, position, reason: 'undecodable', detail: error.message, event: null, data });
    }
    if (!isFound || poison === null) return;
    const { book, epoch, seq, deaths } = poison;
    const detail = `ended its thread ${deaths} times`;
    await this.setAside({ consumer, position, reason: 'poison', detail, event: { book, epoch, seq }, data });
  }

  /** @throws AppError `dead.full` where there is no room */
  async setAside(letter: DeadLetter): Promise<void> {
    await this.letters?.put(letter);
    const { consumer, reason, detail, position, data } = letter;
    this.events.setAside({ consumer, reason, detail, position, bytes: data.length });
  }

  /** The thread died of this event once more. */
  private async suspect(consumer: string, { book, epoch, seq }: EventMark): Promise<void> {
    const known = this.suspects.get(consumer);
    const deaths = known?.book === book && known.epoch === epoch && known.seq === seq ? known.deaths + 1 : 1;
    const suspect: Suspect = { book, epoch, seq, deaths };
    this.suspects.set(consumer, suspect);
    const draft = await this.keeper.draft(suspectName(consumer));
    await draft.write(Buffer.from(JSON.stringify(suspect)));
    await draft.commit();
  }
}

/** The name under which a consumer's suspect is kept. */
export function suspectName(consumer: string): string {
  return `${consumer}-suspect`;
}

function markOf({ exchange, symbol, epoch, seq }: EventHeader): EventMark {
  return { book: `${exchange}:${symbol}`, epoch, seq };
}

function isOf({ book, epoch, seq }: Suspect, header: EventHeader): boolean {
  return header.seq === seq && header.epoch === epoch && `${header.exchange}:${header.symbol}` === book;
}
