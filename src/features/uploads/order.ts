import type { ChunkRow } from './store.ts'

/** Names are numbers, padded or not, in their order; others come behind, by name. */
export function inOrder(chunks: readonly ChunkRow[]): ChunkRow[] {
  return chunks.toSorted((a, b) => placeOf(a.name) - placeOf(b.name) || (a.name < b.name ? -1 : 1))
}

export function placeOf(name: string): number {
  return /^\d{1,20}$/.test(name) ? Number(name) : Number.MAX_VALUE
}
