import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import { LANGUAGES } from '../../src/lib/languages.ts'
import { listedFeatures } from '../../src/main/cli.ts'

const PAGE = join(import.meta.dirname, '../../docs/how-to/notifications.md')
const sources = listedFeatures().list.flatMap((feature) => feature.notificationSources ?? [])

describe('notifications', () => {
  test('every kind has its line in the documentation, and every line its kind', () => {
    assert.ok(sources.length > 3)
    const lines = [...readFileSync(PAGE, 'utf8').matchAll(/\| `([\w.-]+)` \|$/gm)].map(([, kind]) => kind)
    assert.deepEqual(lines.toSorted(), sources.map(({ kind }) => kind).toSorted())
  })

  test('every kind has words of its own in every language, with the same placeholders', () => {
    for (const source of sources) {
      for (const count of [1, 2]) {
        const [english, ...others] = LANGUAGES.map((language) => source.compose({}, count, language))
        for (const words of others) {
          for (const part of ['subject', 'message'] as const) {
            assert.deepEqual(placeholders(words[part]), placeholders(english?.[part]), `${source.kind} ${part}`)
            if (words[part] !== '') assert.notEqual(words[part], english?.[part], `${source.kind} ${part}`)
          }
        }
      }
    }
  })
})

function placeholders(text = ''): string[] {
  return [...text.matchAll(/\{[^}]*\}/g)].map(([name]) => name).toSorted()
}
