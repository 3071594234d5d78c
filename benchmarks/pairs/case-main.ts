/** Process of one case of the benchmark. */

import { serveCase } from '../harness/serve-case.ts';
import { preparePairsCase } from './cases.ts';

serveCase(preparePairsCase);
