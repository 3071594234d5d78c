/** Texts as UTF-8 bytes and back. */

/** The text; what is not UTF-8 becomes replacement characters. */
export function textOfUtf8(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8');
}

/** The bytes, which are the caller's and may share their memory with others. */
export function utf8Of(text: string): Uint8Array {
  return Buffer.from(text, 'utf8');
}
