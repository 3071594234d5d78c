/** Process of one case of the benchmark. */

import { serveCase } from '../harness/serve-case.ts';
import { prepareBookCase } from './cases.ts';

serveCase(prepareBookCase);
