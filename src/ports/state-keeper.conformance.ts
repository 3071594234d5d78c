/** What every keeper of state must do; called from the test of each. */

import { expect, it } from 'vitest';
import type { StateKeeper } from './state-keeper.ts';

/** @param place makes an empty place for `scoring-0` and `scoring-1`; what it gives opens a keeper there, as each thread would */
export function keepsState(place: () => Promise<() => Promise<StateKeeper>>): void {
  const keep = async (keeper: StateKeeper, name: string, parts: readonly Uint8Array[]): Promise<void> => {
    const draft = await keeper.draft(name);
    for (const part of parts) await draft.write(part);
    await draft.commit();
  };
  const loaded = async (keeper: StateKeeper, name: string): Promise<Uint8Array | null> => {
    const found = await keeper.load(name);
    return found === null ? null : new Uint8Array(found);
  };
  const bytes = (length: number, fill: number): Uint8Array => new Uint8Array(length).fill(fill);

  it('has nothing at first, and then the last snapshot, for whoever opens it later', async () => {
    const open = await place();
    expect(await loaded(await open(), 'scoring-0')).toBeNull();
    const keeper = await open();
    for (let round = 1; round <= 4; round++) {
      await keep(keeper, 'scoring-0', [bytes(round, round), bytes(2, 9)]);
      expect(await loaded(keeper, 'scoring-0')).toEqual(Uint8Array.from([...bytes(round, round), 9, 9]));
    }
    expect(await loaded(await open(), 'scoring-0')).toEqual(Uint8Array.of(4, 4, 4, 4, 9, 9));
    expect(await loaded(await open(), 'scoring-1')).toBeNull();
  });

  it('keeps the last snapshot until the next one is committed, even where that is begun again and again', async () => {
    const open = await place();
    await keep(await open(), 'scoring-0', [bytes(5, 1)]);
    for (const length of [100, 3]) {
      const draft = await (await open()).draft('scoring-0');
      await draft.write(bytes(length, 7));
    }
    expect(await loaded(await open(), 'scoring-0')).toEqual(bytes(5, 1));
    await keep(await open(), 'scoring-0', [bytes(2, 2)]);
    expect(await loaded(await open(), 'scoring-0')).toEqual(bytes(2, 2));
  });

  it('takes megabytes, and less again', async () => {
    const open = await place();
    const keeper = await open();
    const parts = [bytes(1_500_000, 1), bytes(1, 2), bytes(700_000, 3)];
    await keep(keeper, 'scoring-1', parts);
    const found = await loaded(await open(), 'scoring-1');
    expect(Buffer.concat(parts).equals(found ?? bytes(0, 0))).toBe(true);
    await keep(keeper, 'scoring-1', []);
    expect(await loaded(await open(), 'scoring-1')).toEqual(bytes(0, 0));
  });
}
