/**
 * Who listens to what: connections by topic and topics by connection, kept in step. A topic is the venue's own name of a
 * stream, e.g. `btcusdt@trade`.
 */

import type { Connection } from './connection.ts';

const NOBODY: ReadonlySet<Connection> = new Set();

export class Subscriptions {
  readonly #byTopic = new Map<string, Set<Connection>>();
  readonly #byConnection = new Map<Connection, Set<string>>();

  /** @returns false where it was subscribed already */
  add(connection: Connection, topic: string): boolean {
    const topics = this.#byConnection.get(connection) ?? new Set<string>();
    if (topics.has(topic)) return false;
    topics.add(topic);
    this.#byConnection.set(connection, topics);
    const listeners = this.#byTopic.get(topic) ?? new Set<Connection>();
    listeners.add(connection);
    this.#byTopic.set(topic, listeners);
    return true;
  }

  /** @returns false where it was not subscribed */
  remove(connection: Connection, topic: string): boolean {
    const removed = this.#byConnection.get(connection)?.delete(topic) ?? false;
    const listeners = this.#byTopic.get(topic);
    listeners?.delete(connection);
    if (listeners?.size === 0) this.#byTopic.delete(topic);
    return removed;
  }

  removeAll(connection: Connection): void {
    for (const topic of this.topicsOf(connection)) this.remove(connection, topic);
    this.#byConnection.delete(connection);
  }

  /** Topics of a connection in the order of their subscription. */
  topicsOf(connection: Connection): string[] {
    return [...(this.#byConnection.get(connection) ?? [])];
  }

  /** Whether the connection listens to anything. */
  has(connection: Connection): boolean {
    return (this.#byConnection.get(connection)?.size ?? 0) > 0;
  }

  listenersOf(topic: string): ReadonlySet<Connection> {
    return this.#byTopic.get(topic) ?? NOBODY;
  }
}
