/** RFC 8187 section 3.2, without the character set. */
export function encodedName(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (character) => `%${character.charCodeAt(0).toString(16)}`)
}

/** RFC 6266, in both spellings; a name can hold nothing that ends a header (names.ts of files). */
export function disposition(name: string): string {
  const plain = name.replace(/[^\x20-\x7e]/g, '_').replace(/["\\]/g, '_')
  return `attachment; filename*=UTF-8''${encodedName(name)}; filename="${plain}"`
}
