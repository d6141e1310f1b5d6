import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { listedFeatures } from '../../src/main/cli.ts'

const read = (name: string): string => readFileSync(join(import.meta.dirname, '../../docs/how-to', name), 'utf8')

test('every setting of an app is documented with what holds without it, and so is every preference', () => {
  const pages = read('app-settings.md') + read('who-finds-whom.md')
  const { appConfig, preferences } = listedFeatures()
  assert.ok(appConfig.settings.length > 5 && preferences.rules.length > 1)
  for (const { name, fallback } of appConfig.settings) {
    assert.match(pages, new RegExp(`\\| \`${name}\` \\| \`${fallback}\` \\|`), name)
  }
  for (const { app, name } of preferences.rules) assert.ok(pages.includes(`\`${app} ${name}\``), name)
})
