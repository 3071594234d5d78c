/** Process of one case of the benchmark. */

import { serveCase } from '../harness/serve-case.ts';
import { prepareReplayCase } from './cases.ts';

serveCase(prepareReplayCase);
