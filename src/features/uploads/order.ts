import type { ChunkRow } from './store.ts'

/** Names are numbers, padded or not, in their order; others come behind, by name. */
export function inOrder(chunks: readonly ChunkRow[]): ChunkRow[] {
  return chunks.toSorted((a, b) => (comesBefore(a.name, b.name) ? -1 : 1))
}

/** Whether the chunk of one name comes before that of another name in the file. */
export function comesBefore(one: string, other: string): boolean {
  const difference = placeOf(one) - placeOf(other)
  return difference < 0 || (difference === 0 && one < other)
}

function placeOf(name: string): number {
  return /^\d{1,20}$/.test(name) ? Number(name) : Number.MAX_VALUE
}
