import assert from 'node:assert/strict'
import { after, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { createTestApp } from '../../../test/helpers/test-app.ts'
import type { Database } from '../../db/database.ts'
import { Fault } from '../../lib/fault.ts'
import { createThrottle, MAX_GUESSES, MAX_NETWORK_GUESSES } from './throttle.ts'

const HOME = '192.0.2.1'

const isThrottled = (error: unknown): boolean => error instanceof Fault && error.kind === 'too-many'

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`guesses while nothing can be written, on ${database} (bug class: full disk)`, () => {
    after(stopSharedPostgres)

    async function withDisk(run: (scene: { db: Database; disk: { isFull: boolean } }) => Promise<void>) {
      const app = await createTestApp({ database })
      const disk = { isFull: false }
      const write: Database['write'] = (work) => {
        if (disk.isFull) throw new Fault('no-space', 'The disk of the database is full')
        return app.db.write(work)
      }
      try {
        await run({ db: { ...app.db, read: app.db.read, write }, disk })
      } finally {
        await app.close()
      }
    }

    test('are slowed down as before, counted on from where the database stood', () =>
      withDisk(async ({ db, disk }) => {
        const throttle = createThrottle(db, { nowMs: () => 0 })
        for (let guess = 0; guess < 4; guess++) await throttle.count('alice', HOME)
        disk.isFull = true
        for (let guess = 4; guess < MAX_GUESSES; guess++) await throttle.count('Alice', HOME)
        await assert.rejects(throttle.count('alice', HOME), isThrottled)
        await throttle.count('alice', '198.51.100.7')
      }))

    test('over many accounts are slowed down by network', () =>
      withDisk(async ({ db, disk }) => {
        const throttle = createThrottle(db, { nowMs: () => 0 })
        disk.isFull = true
        for (let guess = 0; guess < MAX_NETWORK_GUESSES; guess++) await throttle.count(`name-${guess}`, HOME)
        await assert.rejects(throttle.count('another', HOME), isThrottled)
      }))

    test('that are right begin anew and charge the network nothing, and so does time', () =>
      withDisk(async ({ db, disk }) => {
        let nowMs = 0
        const throttle = createThrottle(db, { nowMs: () => nowMs })
        for (let guess = 0; guess < MAX_GUESSES; guess++) await throttle.count('alice', HOME)
        disk.isFull = true
        await assert.rejects(throttle.count('alice', HOME), isThrottled)
        nowMs += 16 * 60_000
        for (let turn = 0; turn < 3 * MAX_NETWORK_GUESSES; turn++) {
          const attempt = await throttle.count('alice', HOME)
          await attempt.forgive()
        }
        disk.isFull = false
        await throttle.count('alice', HOME)
      }))
  })
}
