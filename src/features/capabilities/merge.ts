import type { Json } from '../../lib/json.ts'

export type CapabilityBlock = Readonly<Record<string, Json>>

interface JsonObject {
  readonly [name: string]: Json | undefined
}

/**
 * Joins what the features contribute. Two of them may fill the same object, but not set the same value: that is a
 * mistake in the program, so it throws.
 */
export function mergeCapabilities(blocks: readonly CapabilityBlock[]): Record<string, Json> {
  const merged: Record<string, Json> = {}
  for (const block of blocks) mergeInto(merged, block, '')
  return merged
}

function mergeInto(target: Record<string, Json>, block: JsonObject, path: string): void {
  for (const [name, value] of Object.entries(block)) {
    if (value === undefined) continue
    const known = target[name]
    if (known === undefined) {
      target[name] = value
      continue
    }
    if (!isObject(known) || !isObject(value)) throw new Error(`Two features set the capability ${path}${name}`)
    const joined: Record<string, Json> = { ...(known as Record<string, Json>) }
    mergeInto(joined, value, `${path}${name}.`)
    target[name] = joined
  }
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
