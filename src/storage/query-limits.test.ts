import { expect, it } from 'vitest';
import { describeWithQuestDb } from '../../test/services.ts';
import { QUERY_ROWS_MAX } from './query-limits.ts';
import { QuestDbStore } from './questdb-store.ts';

describeWithQuestDb('a query on QuestDB', (url) => {
  it('is refused where its answer would be too long, and never cut', async () => {
    const store = new QuestDbStore({ url });
    const longest = await store.query(`SELECT x FROM long_sequence(${QUERY_ROWS_MAX})`);
    expect(longest.rows).toHaveLength(QUERY_ROWS_MAX);
    await expect(store.query(`SELECT x FROM long_sequence(${QUERY_ROWS_MAX + 1})`)).rejects.toMatchObject({
      code: 'store.too-many-rows',
      remedy: expect.stringContaining('LIMIT'),
    });
  });
});
