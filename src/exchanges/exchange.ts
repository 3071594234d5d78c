export type * from '../ports/exchange-wire.ts';
