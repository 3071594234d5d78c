/** The memory of many books of the product that one thread keeps, in bytes per level held. */

import { z } from 'zod';

import type { Book } from '../../src/book/book.ts';
import { ChangeBuffer } from '../../src/book/changes.ts';
import type { Facts } from '../harness/facts.ts';
import type { PreparedCase } from '../harness/serve-case.ts';
import { heapBytes } from './heap-bytes.ts';
import { levelBuffer, loadBook, newBook } from './product-structure.ts';
import { streamSpecSchema, updateStream } from './update-stream.ts';

export const memorySpecSchema = z.object({
  kind: z.literal('memory'),
  stream: streamSpecSchema,
  /** Also keep each level's digits as written, for checksums. */
  keepDigits: z.boolean(),
  /** Levels over all books. */
  levels: z.int().min(1),
});
type MemorySpec = Readonly<z.infer<typeof memorySpecSchema>>;

/** Names of the facts; these differ a little from round to round. */
export const LOADED = 'bytes per level, as loaded';
export const UPDATED = 'bytes per level, after updates';

/** The facts of a round are its figures; they are not for `compareCases`. */
export function bookMemory({ stream: spec, keepDigits, levels }: MemorySpec): PreparedCase {
  const stream = updateStream(spec);
  const snapshot = levelBuffer(stream.snapshot);
  const messages = stream.messages.map(levelBuffer);
  const count = Math.max(1, Math.round(levels / stream.snapshot.length));
  let books: Book[] = [];
  let figures: Facts = {};
  return {
    reset() {
      books = [];
    },
    async run() {
      const changes = new ChangeBuffer();
      const before = await heapBytes();
      for (let index = 0; index < count; index++) {
        const book = newBook({ keepDigits, changes });
        loadBook(book, snapshot, stream.depth);
        books.push(book);
      }
      const loaded = await heapBytes();
      const levelsLoaded = levelsOf(books);
      for (const book of books) for (const message of messages) book.apply(message);
      const updated = await heapBytes();
      figures = {
        [LOADED]: (loaded - before) / levelsLoaded,
        [UPDATED]: (updated - before) / levelsOf(books),
      };
      return books.length;
    },
    facts: () => figures,
  };
}

function levelsOf(books: readonly Book[]): number {
  return books.reduce((sum, { bidLevels, askLevels }) => sum + bidLevels + askLevels, 0);
}
