import { createInbox, type Msg, type NatsConnection, type Subscription } from '@nats-io/transport-node';

/** Where a delivered message stands; read from its reply subject. */
export interface PulledMessage {
  readonly subject: string;
  readonly data: Uint8Array;
  /** What an acknowledgement is published to. */
  readonly ack: string;
  readonly streamSequence: number;
  /** Counts the durable's deliveries: a missing number is a message that was lost on its way to us. */
  readonly deliverySequence: number;
  readonly redelivered: boolean;
}

export interface PullOptions {
  readonly apiPrefix: string;
  readonly stream: string;
  readonly durable: string;
  /** Messages asked for at a time; fewer where that would be a burst. */
  readonly batch: number;
}

/**
 * What one request may ask for: a server disconnects a client for which 64 MiB wait to be sent (`max_pending`). The count
 * comes first for all but large messages: a request whose bytes are used up to the last one ends without a word of the
 * server, which only the silence would tell.
 */
const PULL_MESSAGES_MAX = 1024;
const PULL_BYTES_MAX = 32 * 1024 * 1024;
const EXPIRES_MS = 30_000;
const HEARTBEAT_MS = 5_000;
/** The server misses one heartbeat, and we allow for a slow moment. */
const SILENCE_MS = HEARTBEAT_MS * 2.5;
const REFUSED_WAIT_MS = 100;

const EXPIRED = 408;
const NO_MESSAGES = 404;
const HEARTBEAT = 100;
/** 409: the next message is beyond the bytes asked for. The request is over, and all that it brought is here. */
const BYTES_USED_UP = /exceeds? ?max_?bytes/i;

/**
 * Keeps one pull request open on a durable and passes on what it delivers. Over as soon as anything is odd: the owner
 * then looks how the durable stands and starts another session. The server holds back what exceeds the durable's
 * limit of unacknowledged messages, so that nothing here needs a bound of its own.
 */
export class PullSession {
  private readonly nc: NatsConnection;
  private readonly options: PullOptions;
  private readonly onMessage: (message: PulledMessage) => void;
  private readonly onOver: (why: string) => void;
  private readonly inbox = createInbox();
  private readonly subscription: Subscription;
  private readonly silence: NodeJS.Timeout;
  private refused: NodeJS.Timeout | null = null;
  private missing = 0;
  private over = false;

  /**
   * @param onOver called at most once, when the session cannot go on; not after `stop`
   */
  constructor(
    nc: NatsConnection,
    options: PullOptions,
    onMessage: (message: PulledMessage) => void,
    onOver: (why: string) => void,
  ) {
    this.nc = nc;
    this.options = options;
    this.onMessage = onMessage;
    this.onOver = onOver;
    this.subscription = nc.subscribe(this.inbox, {
      callback: (error, message) => {
        if (error === null) this.receive(message);
        else this.end(error.message);
      },
    });
    this.silence = setTimeout(() => this.end('silence'), SILENCE_MS);
    this.pull();
  }

  stop(): void {
    if (this.over) return;
    this.over = true;
    clearTimeout(this.silence);
    if (this.refused !== null) clearTimeout(this.refused);
    this.subscription.unsubscribe();
  }

  private end(why: string): void {
    if (this.over) return;
    this.stop();
    this.onOver(why);
  }

  private pull(): void {
    const { apiPrefix, stream, durable } = this.options;
    const batch = Math.min(this.options.batch, PULL_MESSAGES_MAX);
    this.missing = batch;
    const request = {
      batch,
      max_bytes: PULL_BYTES_MAX,
      expires: EXPIRES_MS * 1e6,
      idle_heartbeat: HEARTBEAT_MS * 1e6,
    };
    this.nc.publish(`${apiPrefix}.CONSUMER.MSG.NEXT.${stream}.${durable}`, JSON.stringify(request), {
      reply: this.inbox,
    });
  }

  private receive(message: Msg): void {
    if (this.over) return;
    this.silence.refresh();
    if (message.subject === this.inbox) {
      this.obey(message);
      return;
    }
    const pulled = readDelivery(message);
    if (pulled === null) {
      this.end(`not a delivery: ${message.subject}`);
      return;
    }
    this.missing--;
    if (this.missing === 0) this.pull();
    this.onMessage(pulled);
  }

  private obey(message: Msg): void {
    const code = message.headers?.code ?? 0;
    const words = message.headers?.description ?? '';
    if (code === HEARTBEAT) return;
    if (code === EXPIRED || code === NO_MESSAGES || BYTES_USED_UP.test(words)) {
      this.pull();
    } else if (/deleted/i.test(words)) {
      this.end(words);
    } else {
      // Not ready, shutting down, too many requests: asking at once again would only add to it.
      this.refused ??= setTimeout(() => this.end(`${code} ${words}`), REFUSED_WAIT_MS);
    }
  }
}

/**
 * Acknowledgement subjects are `$JS.ACK.<stream>.<consumer>.<delivered>.<stream seq>.<delivery seq>.<time>.<pending>`;
 * newer servers put domain and account before the stream, and may append a token.
 */
function readDelivery(message: Msg): PulledMessage | null {
  const ack = message.reply ?? '';
  const tokens = ack.split('.');
  if (tokens[0] !== '$JS' || tokens[1] !== 'ACK' || tokens.length < 9) return null;
  const at = tokens.length === 9 ? 4 : 6;
  const delivered = Number(tokens[at]);
  const streamSequence = Number(tokens[at + 1]);
  const deliverySequence = Number(tokens[at + 2]);
  if (!isCount(delivered) || !isCount(streamSequence) || !isCount(deliverySequence)) return null;
  const { subject, data } = message;
  return { subject, data, ack, streamSequence, deliverySequence, redelivered: delivered > 1 };
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value > 0;
}
