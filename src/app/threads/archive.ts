export function openArchive(..._args: unknown[]): null { return null; }
