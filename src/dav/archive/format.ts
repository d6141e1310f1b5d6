/** What a format is told of an entry. */
export interface EntryHead {
  /** With slashes; that of a folder ends in one. */
  readonly name: string
  readonly isCollection: boolean
  readonly sizeBytes: number
  readonly mtimeMs: number
  /** Of the content. */
  readonly crc32: number
}

/** Writes an archive from front to back: what goes before, between and behind the contents. */
export interface ArchiveWriter {
  /** Right before the content of an entry. */
  begin(head: EntryHead): Uint8Array
  /** Right behind it. */
  finish(head: EntryHead): Uint8Array
  end(): Iterable<Uint8Array>
}
