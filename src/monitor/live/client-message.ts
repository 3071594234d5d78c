import { CLIENT_MESSAGE_BYTES_MAX } from '../api/keys.ts';
import type { ClientMessage } from '../api/live.ts';
import { clientMessage } from '../api/live.ts';

export interface Refusal {
  readonly refusal: 'tooBig' | 'malformed';
  /** Short: the reason of a close has room for 123 bytes. */
  readonly reason: string;
}

/** What a client says, or why it is refused. */
export function readClientMessage(data: Uint8Array): ClientMessage | Refusal {
  if (data.length > CLIENT_MESSAGE_BYTES_MAX) {
    return { refusal: 'tooBig', reason: `a message may have ${CLIENT_MESSAGE_BYTES_MAX} bytes` };
  }
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    return { refusal: 'malformed', reason: 'not JSON' };
  }
  const message = clientMessage.safeParse(value);
  return message.success ? message.data : { refusal: 'malformed', reason: 'no message that a client may send' };
}
