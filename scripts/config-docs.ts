/** Writes `docs/CONFIGURATION.md` from the schema of the configuration. */

import { writeFileSync } from 'node:fs';
import { CONFIG_FIELDS } from '../src/app/config.ts';
import { renderConfigDocs } from '../src/app/config-docs.ts';

writeFileSync(new URL('../docs/CONFIGURATION.md', import.meta.url), renderConfigDocs(CONFIG_FIELDS));
