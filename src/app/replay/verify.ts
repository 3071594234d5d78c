/**
 * Holds a replay of a raw archive against what the live run wrote down beside it, event by event, and names the first that
 * differs. Each incarnation of an ingest thread is replayed by itself, as it lived. Of one that died its last lines may be
 * missing, in the archive or in the record: what only one of the two has is counted, and not held against the other.
 */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { MARKS_FILE, TRIMMED_FILE } from '../../collect/archive-retention.ts';
import { AppError } from '../../lib/app-error.ts';
import { readRunFiles, type RunFile } from '../run-file.ts';
import type { MarkBlock } from '../threads/event-marks.ts';
import type { ReplayReport } from './report.ts';

/** What a replay of one incarnation came to. */
export interface Replayed {
  readonly report: ReplayReport;
  readonly blocks: readonly MarkBlock[];
  readonly scoreHashes: Readonly<Record<string, string>>;
}

export interface VerifyOptions {
  /** The directory of the archive, or a folder below it. */
  readonly run: string;
  /** @param model that of the run; null where the run did not say */
  readonly replay: (captures: readonly string[], model: RunFile['model'] | null) => Promise<Replayed>;
}

export interface Difference {
  /** Folder of the incarnation, below the archive's. */
  readonly part: string;
  readonly book: string;
  /** Null for what has no place, such as a count. */
  readonly epoch: number | null;
  readonly seq: number | null;
  readonly expected: string;
  readonly seen: string;
}

export interface VerifiedPart {
  readonly part: string;
  readonly books: number;
  /** Market events that are the same. */
  readonly events: number;
  /** Whether the thread ended in good order. */
  readonly ended: boolean;
  /** Events that only the record, or only the replay, has, where the thread died. */
  readonly unrecorded: number;
  readonly unarchived: number;
  /** Why it could not be compared; null where it was. */
  readonly skipped: string | null;
}

export interface Verification {
  /** Nothing differs, and something was compared. */
  readonly equal: boolean;
  readonly first_difference: Difference | null;
  readonly parts: readonly VerifiedPart[];
  /** Per run that ended in good order, whether its digests and scores could be compared; else why not. */
  readonly runs: readonly { readonly started_us: number; readonly scores: number; readonly skipped: string | null }[];
}

/** One event as it was recorded or is seen now. */
interface Mark {
  readonly epoch: number;
  readonly seq: number;
  readonly kind: string;
  readonly mark: number;
}

interface Part {
  readonly folder: string;
  readonly name: string;
  readonly startedUs: number;
  readonly blocks: readonly MarkBlock[];
  readonly ended: boolean;
  readonly trimmed: boolean;
}

/** @throws AppError `verify.no-record` where nothing was written down there; else as the replay does */
export async function verifyRun({ run, replay }: VerifyOptions): Promise<Verification> {
  const parts = partsOf(run);
  if (parts.length === 0) {
    throw new AppError('verify.no-record', `${run} has no record of a live run (${MARKS_FILE})`, {
      remedy: 'name the directory that archive.dir had in the run',
    });
  }
  const runs = readRunFiles(run);
  const results: VerifiedPart[] = [];
  const replayed = new Map<Part, Replayed>();
  const differences: Difference[] = [];
  for (const part of parts) {
    const skipped = part.trimmed ? 'its beginning was removed from the archive' : null;
    if (skipped !== null) {
      const nothing = { books: 0, events: 0, unrecorded: 0, unarchived: 0 };
      results.push({ part: part.name, ...nothing, ended: part.ended, skipped });
      continue;
    }
    const captures = capturesOf(part.folder);
    if (captures.length === 0 && part.blocks.length === 0) {
      // A thread without pairs.
      results.push(compare(part, []).result);
      continue;
    }
    const model = runOf(part, runs)?.model ?? null;
    const outcome = await replay(captures, model);
    replayed.set(part, outcome);
    const { result, difference } = compare(part, outcome.blocks);
    results.push(result);
    if (difference !== null) differences.push(difference);
  }
  const judged = runs.map((one) => judgeRun(one, parts, replayed));
  differences.push(...judged.flatMap(({ difference }) => (difference === null ? [] : [difference])));
  return {
    equal: differences.length === 0 && results.some(({ events }) => events > 0),
    first_difference: differences[0] ?? null,
    parts: results,
    runs: judged.map(({ started_us, scores, skipped }) => ({ started_us, scores, skipped })),
  };
}

function partsOf(run: string): Part[] {
  const names = existsSync(run) ? readdirSync(run, { recursive: true, encoding: 'utf8' }) : [];
  return names
    .filter((name) => name === MARKS_FILE || name.endsWith(`/${MARKS_FILE}`))
    .sort()
    .map((name) => readPart(run, dirname(join(run, name))));
}

function readPart(run: string, folder: string): Part {
  const blocks: MarkBlock[] = [];
  let startedUs = 0;
  let ended = false;
  for (const line of readFileSync(join(folder, MARKS_FILE), 'utf8').split('\n')) {
    const read = parse(line);
    // The last line of a thread that died may break off.
    if (read === null) continue;
    if ('marks' in read) startedUs = Number(read['started_us']);
    else if ('end' in read) ended = true;
    else blocks.push(read as unknown as MarkBlock);
  }
  const trimmed = existsSync(join(folder, TRIMMED_FILE));
  return { folder, name: relative(run, folder) || '.', startedUs, blocks, ended, trimmed };
}

function parse(line: string): Readonly<Record<string, unknown>> | null {
  try {
    return line === '' ? null : (JSON.parse(line) as Readonly<Record<string, unknown>>);
  } catch {
    return null;
  }
}

function capturesOf(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /\.capture\.ndjson\.gz(\.part)?$/.test(name))
    .sort()
    .map((name) => join(folder, name));
}

function compare(
  part: Part,
  seenBlocks: readonly MarkBlock[],
): { result: VerifiedPart; difference: Difference | null } {
  const [recorded, replayed] = [marksOf(part.blocks), marksOf(seenBlocks)];
  const counts = { events: 0, unrecorded: 0, unarchived: 0 };
  let first: Difference | null = null;
  const books = [...new Set([...recorded.keys(), ...replayed.keys()])].sort();
  for (const book of books) {
    const [expected, seen] = [recorded.get(book) ?? [], replayed.get(book) ?? []];
    const common = Math.min(expected.length, seen.length);
    let at = 0;
    while (at < common && isSame(expected[at], seen[at])) at++;
    counts.events += at;
    // What follows the end of the shorter one says something only where the thread ended in good order.
    if (at === common && (expected.length === seen.length || !part.ended)) {
      counts.unrecorded += seen.length - common;
      counts.unarchived += expected.length - common;
      continue;
    }
    const { epoch = null, seq = null } = expected[at] ?? seen[at] ?? {};
    const found = { part: part.name, book, epoch, seq, expected: wordsOf(expected[at]), seen: wordsOf(seen[at]) };
    if (first === null || (epoch ?? 0) < (first.epoch ?? 0)) first = found;
  }
  return {
    result: { part: part.name, books: books.length, ...counts, ended: part.ended, skipped: null },
    difference: first,
  };
}

function marksOf(blocks: readonly MarkBlock[]): Map<string, Mark[]> {
  const books = new Map<string, Mark[]>();
  for (const { book, epoch, seq, kind, mark } of blocks) {
    const marks = books.get(book) ?? [];
    books.set(book, marks);
    for (const [at, place] of seq.entries()) {
      marks.push({ epoch, seq: place, kind: kind[at] ?? '', mark: mark[at] ?? NaN });
    }
  }
  return books;
}

function isSame(one: Mark | undefined, other: Mark | undefined): boolean {
  return one?.seq === other?.seq && one?.kind === other?.kind && one?.mark === other?.mark;
}

function wordsOf(event: Mark | undefined): string {
  if (event === undefined) return 'no further event';
  return `${event.kind} ${event.mark.toString(16).padStart(8, '0')} at epoch ${event.epoch}, seq ${event.seq}`;
}

function runOf(part: Part, runs: readonly RunFile[]): RunFile | undefined {
  return runs.find(({ started_us: from, ended_us: to }) => part.startedUs >= from && part.startedUs <= to);
}

/** The digests that scoring chained behind the bus, and the scores themselves. */
function judgeRun(
  run: RunFile,
  parts: readonly Part[],
  replayed: ReadonlyMap<Part, Replayed>,
): { started_us: number; scores: number; skipped: string | null; difference: Difference | null } {
  const own = parts.filter((part) => runOf(part, [run]) === run && (part.blocks.length > 0 || part.trimmed));
  const outcomes = own.flatMap((part) => replayed.get(part) ?? []);
  const skip = (skipped: string) => ({ started_us: run.started_us, scores: 0, skipped, difference: null });
  if (outcomes.length < own.length) return skip('a part of it is no longer in the archive');
  if (run.resumed)
    return skip('it went on from what an earlier run had saved, and its digests from the beginning of that');
  for (const role of ['ingest', 'scoring']) {
    if ((run.deaths[role] ?? 0) > 0) return skip(`${role} died in it, and what it had scored by then with it`);
  }
  const books = Object.assign({}, ...outcomes.map(({ report }) => report.books)) as ReplayReport['books'];
  const hashes = Object.assign({}, ...outcomes.map(({ scoreHashes }) => scoreHashes)) as Record<string, string>;
  const scores = Object.values(run.scores).reduce((sum, count) => sum + count, 0);
  const difference = firstOf(run, books, hashes);
  return { started_us: run.started_us, scores: difference === null ? scores : 0, skipped: null, difference };
}

function firstOf(
  run: RunFile,
  books: ReplayReport['books'],
  scoreHashes: Readonly<Record<string, string>>,
): Difference | null {
  const place = { part: `run-${run.started_us}`, epoch: null, seq: null };
  for (const [book, { hash }] of Object.entries(run.books)) {
    const seen = books[book]?.hash ?? 'no such book';
    if (seen !== hash) return { ...place, book, expected: `digest ${hash}`, seen: `digest ${seen}` };
  }
  for (const [book, hash] of Object.entries(run.score_hashes)) {
    const seen = scoreHashes[book] ?? 'none';
    if (seen !== hash) return { ...place, book, expected: `scores ${hash}`, seen: `scores ${seen}` };
  }
  return null;
}
