/** Process of one receiver. */

import { serveCase } from '../harness/serve-case.ts';
import { prepareLatencyCase } from './cases.ts';

serveCase(prepareLatencyCase);
