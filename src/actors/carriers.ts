/**
 * The connections that carry a book: one, or two while a connection is renewed or where a pair is watched twice.
 *
 * Where update numbers have no holes every connection counts. Where they only rise, an update of a second connection would
 * hide those that the first has not brought yet: a book begins with one connection, and another one counts from the moment
 * that it tells something which the book holds already, since all that is newer it will tell.
 */

/** Carriers that have said nothing for so long, while another connection of the book speaks, are taken for dead, µs. */
const SILENCE_US = 10_000_000;

export interface CarriersState {
  readonly carriers: readonly string[];
  readonly carriedUs: number;
}

export class Carriers {
  private readonly conns = new Set<string>();
  /** Where numbers only rise: when one of them last brought an update, µs. */
  private heardUs = NaN;

  get size(): number {
    return this.conns.size;
  }

  /** The one that has carried the book for longest. */
  get first(): string | undefined {
    const [conn] = this.conns;
    return conn;
  }

  has(conn: string): boolean {
    return this.conns.has(conn);
  }

  add(conn: string): void {
    this.conns.add(conn);
  }

  /** @returns false where it was none */
  delete(conn: string): boolean {
    return this.conns.delete(conn);
  }

  /** The book is this connection's alone. */
  become(conn: string): void {
    this.conns.clear();
    this.conns.add(conn);
  }

  /** An update that counts came on this connection, on a venue whose numbers only rise. */
  hear(conn: string, receiveUs: number): void {
    this.conns.add(conn);
    this.heardUs = receiveUs;
  }

  /** Whether none of them has brought anything for so long that they are dead. */
  areSilent(nowUs: number): boolean {
    return !(nowUs - this.heardUs < SILENCE_US);
  }

  toString(): string {
    return [...this.conns].join(', ');
  }

  state(): CarriersState {
    return { carriers: [...this.conns], carriedUs: this.heardUs };
  }

  restore({ carriers, carriedUs }: CarriersState): void {
    this.conns.clear();
    for (const conn of carriers) this.conns.add(conn);
    this.heardUs = carriedUs;
  }
}
