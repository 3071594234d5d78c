/** Writes the reference of the configuration from the schema's fields, so that it cannot disagree with the program. */

import type { Field } from './config-fields.ts';

const INTRODUCTION = `# Configuration

Generated from the schema in \`src/app/config.ts\` by \`npx node scripts/config-docs.ts\`: change it there.

\`whalewatch <command> --config FILE\` reads a YAML or JSON file. Each field also has an environment variable; options of
the command line win over the environment, the environment over the file, the file over the defaults. An unset or empty
variable says nothing. A list is written with commas (\`BTC-USD,ETH-USD\`), \`null\` is written \`null\`. An unknown field
or variable is an error, and all errors are reported at once, before anything starts.

Secrets come from their variable or from the file named in the field that ends in \`File\`; they are refused in the
configuration file and are never logged. Relative paths start at the working directory.
`;

const HEADINGS: Readonly<Record<string, string>> = {
  exchanges: `The list of venues, each once. \`WHALEWATCH_EXCHANGES\` replaces it, as YAML or JSON; a variable with the name of a venue
changes that venue's entry, or adds it.`,
};

/** The whole of `docs/CONFIGURATION.md`. */
export function renderConfigDocs(fields: readonly Field[]): string {
  const groups = Map.groupBy(fields, (field) => field.path[0] ?? '');
  const sections = [...groups].map(([name, members]) => {
    const heading = HEADINGS[name];
    return [`## ${name}`, ...(heading === undefined ? [] : [heading]), ...tables(members)].join('\n\n');
  });
  return [INTRODUCTION.trimEnd(), ...sections].join('\n\n') + '\n';
}

/** One table, or one per kind of entry. */
function tables(fields: readonly Field[]): string[] {
  const kinds = Map.groupBy(fields, (field) => field.entry?.is ?? '');
  return [...kinds].flatMap(([kind, members]) => [...(kind === '' ? [] : [`### ${kind}`]), table(members)]);
}

function table(fields: readonly Field[]): string {
  const rows = [['Field', 'Meaning', 'Allowed', 'Default', 'Environment variable'], ...fields.map(row)];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => (cells[column] ?? '').length)));
  const lines = rows.map((cells) => `| ${cells.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`);
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  return [lines[0], rule, ...lines.slice(1)].join('\n');
}

function row(field: Field): string[] {
  const fallback = field.defaultText ?? (field.required ? 'none: must be given' : 'none');
  return [
    `\`${field.path.join('.').replaceAll('.[]', '[]')}\``,
    field.description,
    field.secret ? 'text, from the environment only' : field.allowed,
    fallback,
    field.env === undefined ? '' : `\`${field.env}\``,
  ].map((cell) => cell.replaceAll('|', '\\|'));
}
