/** Process of one case of the benchmark. */

import { serveCase } from '../harness/serve-case.ts';
import { prepareCase } from './cases.ts';

serveCase(prepareCase);
