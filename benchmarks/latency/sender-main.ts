/** Process of the sender: a venue on loopback that sends recorded frames at an even pace, whatever the receiver does. */

import { serveCase } from '../harness/serve-case.ts';
import { prepareSender } from './sender.ts';

serveCase(prepareSender);
