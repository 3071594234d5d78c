/**
 * The security master: what each venue lists, and since when. Every time that anything of an instrument changes, its present
 * version is closed and a new one begins, so that the past can be asked for as it was (a type 2 dimension in the words of
 * data warehouses). A pair that disappears from its venue's list gets a last version that says so.
 *
 * Pure: lists and times go in; the versions to be written and what is worth telling come out.
 */

import type { InstrumentRow } from '../book/wire-message.ts';
import type { InstrumentStatus, InstrumentVersion } from '../model/instrument.ts';

/** Something of an instrument changed. */
export interface InstrumentChange {
  readonly kind: 'listed' | 'delisted' | 'changed';
  readonly exchange: string;
  readonly symbol: string;
  /** What changed, as `tick size 0.1 -> 0.01`; empty for a pair that came or went. */
  readonly detail: string;
}

export interface Observation {
  /** To be written: versions that end now, and those that begin. */
  readonly versions: readonly InstrumentVersion[];
  /** Worth telling. The first list of a venue is no news. */
  readonly changes: readonly InstrumentChange[];
  /** Why the list was not believed; null where it was. */
  readonly refused: string | null;
}

/** A list so much shorter than the one before is taken for a fault of the venue. */
const SHRINKAGE_MAX = 0.5;

export class InstrumentMaster {
  /** By exchange and symbol: the present versions, those of delisted pairs among them. */
  private readonly current = new Map<string, Map<string, InstrumentVersion>>();

  private readonly modifiedBy: string;

  /**
   * @param modifiedBy program and version, for the versions that it makes
   * @param current the present versions, as the store has them
   */
  constructor(modifiedBy: string, current: readonly InstrumentVersion[] = []) {
    this.modifiedBy = modifiedBy;
    for (const version of current) this.of(version.exchange).set(version.symbol, version);
  }

  /** The present versions of a venue's instruments. */
  present(exchange: string): readonly InstrumentVersion[] {
    return [...this.of(exchange).values()];
  }

  /**
   * A venue's whole list as it is now.
   * @param nowUs µs since the epoch: when new versions begin, and old ones end
   */
  observe(exchange: string, rows: readonly InstrumentRow[], nowUs: number): Observation {
    const current = this.of(exchange);
    const listed = bySymbol(rows);
    const held = [...current.values()].filter(({ status }) => status !== 'delisted').length;
    if (listed.size === 0 || listed.size < held * SHRINKAGE_MAX) {
      const refused = `${exchange} lists ${listed.size} pairs where it had ${held}: its list is not believed`;
      return { versions: [], changes: [], refused };
    }
    const isFirst = current.size === 0;
    const versions: InstrumentVersion[] = [];
    const changes: InstrumentChange[] = [];
    const { modifiedBy } = this;
    const replace = (before: InstrumentVersion | undefined, after: InstrumentVersion): void => {
      if (before !== undefined) versions.push({ ...before, isCurrent: false, validToUs: nowUs, modifiedBy });
      versions.push(after);
      current.set(after.symbol, after);
    };
    for (const [symbol, row] of listed) {
      const before = current.get(symbol);
      const after = { ...versionOf(exchange, row, nowUs), modifiedBy };
      const detail = before === undefined ? '' : differences(before, after);
      if (before !== undefined && detail === '') continue;
      replace(before, after);
      const isNew = before === undefined || before.status === 'delisted';
      if (!isFirst) changes.push({ kind: isNew ? 'listed' : 'changed', exchange, symbol, detail: isNew ? '' : detail });
    }
    for (const [symbol, before] of [...current]) {
      if (before.status === 'delisted' || listed.has(symbol)) continue;
      replace(before, { ...before, status: 'delisted', validFromUs: nowUs, modifiedBy });
      changes.push({ kind: 'delisted', exchange, symbol, detail: '' });
    }
    return { versions, changes, refused: null };
  }

  private of(exchange: string): Map<string, InstrumentVersion> {
    let versions = this.current.get(exchange);
    if (versions === undefined) {
      versions = new Map();
      this.current.set(exchange, versions);
    }
    return versions;
  }
}

/** Each pair once: the first symbol that is traded, where a venue has several for it. */
function bySymbol(rows: readonly InstrumentRow[]): Map<string, InstrumentRow> {
  const listed = new Map<string, InstrumentRow>();
  for (const row of rows) {
    if (row.base === '' || row.quote === '') continue;
    const symbol = `${row.base}-${row.quote}`;
    const before = listed.get(symbol);
    if (before === undefined || (!before.tradable && row.tradable)) listed.set(symbol, row);
  }
  return listed;
}

function versionOf(exchange: string, row: InstrumentRow, validFromUs: number): Omit<InstrumentVersion, 'modifiedBy'> {
  const { venueSymbol, base, quote, tickSize, lotSize, tradable } = row;
  const status: InstrumentStatus = tradable ? 'trading' : 'halted';
  return {
    exchange,
    symbol: `${base}-${quote}`,
    venueSymbol,
    base,
    quote,
    tickSize: tickSize === null ? null : Number(tickSize),
    lotSize: lotSize === null ? null : Number(lotSize),
    status,
    isCurrent: true,
    validFromUs,
    validToUs: null,
  };
}

const FACTS = [
  ['venueSymbol', 'symbol'],
  ['tickSize', 'tick size'],
  ['lotSize', 'lot size'],
  ['status', 'status'],
] as const satisfies readonly (readonly [keyof InstrumentVersion, string])[];

function differences(before: InstrumentVersion, after: InstrumentVersion): string {
  return FACTS.filter(([field]) => before[field] !== after[field])
    .map(([field, name]) => `${name} ${before[field] ?? 'unknown'} -> ${after[field] ?? 'unknown'}`)
    .join(', ');
}
