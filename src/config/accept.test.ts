import assert from 'node:assert/strict'
import { test } from 'node:test'
import { acceptRegion } from './accept.ts'

test('a country is two letters, in whatever case', () => {
  assert.deepEqual(['DE', 'de', 'Fr'].map(acceptRegion), ['DE', 'DE', 'FR'])
  for (const text of ['Germany', 'D', '49', 'd1', '']) assert.throws(() => acceptRegion(text), /two letters/)
})
