/**
 * What the user looks at, as the address says it: whoever opens the same address sees the same. Every part has a default,
 * which is left out of the address, and nonsense in an address is read as the default.
 */

export const PAGES = ['whales', 'markets', 'system'] as const;
export type PageName = (typeof PAGES)[number];

/** Time ranges of the chart, s. */
export const RANGES_S = [60, 300, 900, 3600] as const;
export const SCORES_MIN = [0, 1, 2, 3, 4, 5] as const;
export const THEMES = ['auto', 'dark', 'light'] as const;
export type Theme = (typeof THEMES)[number];

export interface ViewState {
  readonly page: PageName;
  /** `exchange:BASE-QUOTE`; empty where none has been chosen yet. */
  readonly pair: string;
  readonly rangeS: number;
  /** Orders below this score are not shown. */
  readonly scoreMin: number;
  /** End of a range in the past, ms since the epoch; null follows the stream. */
  readonly untilMs: number | null;
  readonly theme: Theme;
  /** Column of the table of markets, with a minus where descending. */
  readonly sort: string;
  readonly search: string;
  /** The market whose details are shown beside the table; empty where none. */
  readonly market: string;
  /** Column of the table of books, and what is searched for in it. */
  readonly bookSort: string;
  readonly bookSearch: string;
}

export const INITIAL_VIEW: ViewState = {
  page: 'whales',
  pair: '',
  rangeS: 300,
  scoreMin: 0,
  untilMs: null,
  theme: 'auto',
  sort: '-whales',
  search: '',
  market: '',
  bookSort: 'state',
  bookSearch: '',
};

const SEARCH_MAX = 40;

/** Reads the part of an address behind its question mark. */
export function parseView(query: string): ViewState {
  const parts = new URLSearchParams(query);
  const number = (name: string): number | null => {
    const text = parts.get(name);
    return text === null || text.trim() === '' || !Number.isFinite(Number(text)) ? null : Number(text);
  };
  const text = (name: string, pattern: RegExp): string => {
    const value = parts.get(name) ?? '';
    return pattern.test(value) ? value : '';
  };
  const until = number('until');
  return {
    page: oneOf(PAGES, parts.get('view')) ?? INITIAL_VIEW.page,
    pair: text('pair', /^[a-z0-9-]+:[^\s:]+$/),
    rangeS: oneOf(RANGES_S, number('range')) ?? INITIAL_VIEW.rangeS,
    scoreMin: oneOf(SCORES_MIN, number('score')) ?? INITIAL_VIEW.scoreMin,
    untilMs: until !== null && until > 0 ? until : null,
    theme: oneOf(THEMES, parts.get('theme')) ?? INITIAL_VIEW.theme,
    sort: text('sort', /^-?[a-z0-9]+$/i) || INITIAL_VIEW.sort,
    search: (parts.get('search') ?? '').slice(0, SEARCH_MAX),
    market: text('market', /^[a-z0-9-]+:[^\s:]+$/),
    bookSort: text('booksort', /^-?[a-z0-9]+$/i) || INITIAL_VIEW.bookSort,
    bookSearch: (parts.get('books') ?? '').slice(0, SEARCH_MAX),
  };
}

/** The address of a view, from its question mark on; `?` alone where everything is the default. */
export function queryOf(view: ViewState): string {
  const parts: (readonly [name: string, value: string | number | null, initial: string | number | null])[] = [
    ['view', view.page, INITIAL_VIEW.page],
    ['pair', view.pair, INITIAL_VIEW.pair],
    ['range', view.rangeS, INITIAL_VIEW.rangeS],
    ['score', view.scoreMin, INITIAL_VIEW.scoreMin],
    ['until', view.untilMs, INITIAL_VIEW.untilMs],
    ['theme', view.theme, INITIAL_VIEW.theme],
    ['sort', view.sort, INITIAL_VIEW.sort],
    ['search', view.search, INITIAL_VIEW.search],
    ['market', view.market, INITIAL_VIEW.market],
    ['booksort', view.bookSort, INITIAL_VIEW.bookSort],
    ['books', view.bookSearch, INITIAL_VIEW.bookSearch],
  ];
  const given = parts.filter(([, value, initial]) => value !== initial);
  // A colon and a comma may stand in a query as they are, and read better so.
  return `?${given.map(([name, value]) => `${name}=${encodeURIComponent(String(value)).replace(/%3A/gi, ':')}`).join('&')}`;
}

function oneOf<T extends string | number>(values: readonly T[], value: string | number | null): T | undefined {
  return values.find((one) => one === value);
}
