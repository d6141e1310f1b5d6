import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type TestContext, test } from 'node:test'
import { keepServersAway, lockDataFolder } from '../../src/db/data-folder.ts'

function newFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'cloudlet-folder-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

const isConflict = { kind: 'conflict' }

test('one server has the folder to itself', (t) => {
  const folder = newFolder(t)
  const server = lockDataFolder(folder)
  assert.throws(() => lockDataFolder(folder), isConflict)
  assert.throws(() => keepServersAway(folder), isConflict)
  server.release()
  lockDataFolder(folder).release()
})

test('commands keep servers away together, until the last of them has ended', (t) => {
  const folder = newFolder(t)
  const [one, other] = [keepServersAway(folder), keepServersAway(folder)]
  assert.throws(() => lockDataFolder(folder), isConflict)
  one.release()
  assert.throws(() => lockDataFolder(folder), isConflict)
  other.release()
  lockDataFolder(folder).release()
})
