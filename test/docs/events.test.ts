import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { findIn, readSources } from '../structure/sources.ts'

const PAGE = join(import.meta.dirname, '../../docs/reference/events.md')

/** Names of events with those of the fields of their payloads, as the features declare them. */
function declaredEvents(): Map<string, string> {
  const sources = readSources('src/**/*.ts').filter(({ file }) => !file.endsWith('.test.ts'))
  const blocks = findIn(sources, /interface EventTypes \{\n([\s\S]*?)\n {2}\}/)
  const events = new Map<string, string>()
  for (const { match } of blocks) {
    for (const [, name = '', fields = ''] of (match[1] ?? '').matchAll(/^ {4}'([\w.-]+)': \{([^}]*)\}/gm)) {
      events.set(name, [...fields.matchAll(/readonly (\w+)\??:/g)].map(([, field]) => `\`${field}\``).join(', '))
    }
  }
  return events
}

test('every event has its line with its payload and what it means, and every line its event', () => {
  const declared = declaredEvents()
  assert.ok(declared.size > 2, 'the pattern finds the declarations')
  const lines = [...readFileSync(PAGE, 'utf8').matchAll(/^\| `([^`]+)` \| ([^|]+) \| (.+) \|$/gm)]
  const documented = new Map(lines.map(([, name = '', payload = '']) => [name, payload]))
  assert.deepEqual(Object.fromEntries(documented), Object.fromEntries([...declared].toSorted()))
  for (const [, name = '', , meaning = ''] of lines) assert.match(meaning, /^[A-Z].{10,}[^.]$/, name)
})
