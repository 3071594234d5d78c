/** Process of one case of the benchmark. */

import { serveCase } from '../harness/serve-case.ts';
import { prepareShardsCase } from './cases.ts';

serveCase(prepareShardsCase);
