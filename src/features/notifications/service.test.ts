import assert from 'node:assert/strict'
import { test } from 'node:test'
import { forEachDatabase, type TestDatabase } from '../../../test/helpers/databases.ts'
import { createTestClock, type TestClock } from '../../../test/helpers/test-app.ts'
import type { Events } from '../../events/events.ts'
import { usersMigrations } from '../users/index.ts'
import { defineSource } from './kinds.ts'
import { notificationsMigration } from './migrations/20261128-notifications.ts'
import { highlight } from './rich-text.ts'
import {
  COALESCE_MS,
  createNotificationsService,
  MAX_PER_ACCOUNT,
  type NewNotification,
  type Notifications,
  QUIET_MS,
} from './service.ts'

declare module '../../events/catalogue.ts' {
  interface EventTypes {
    'test.rang': { readonly number: number }
  }
}

const words = {
  subject: 'It rang: {what}',
  subjectMany: 'It rang {count} times, last: {what}',
  actions: { answer: 'Answer' },
}

const bell = defineSource({
  event: 'test.rang',
  kind: 'test.bell',
  app: 'test',
  icon: '/bell.svg',
  path: '/bells',
  keptDays: 2,
  words: { en: words, de: { ...words, subject: 'Es klingelt: {what}' }, fr: words },
  actions: { answer: { path: '/bells/7', type: 'POST', isPrimary: true } },
  draft: async () => undefined,
})

interface Bench {
  readonly database: TestDatabase
  readonly clock: TestClock
  readonly notifications: Notifications
  /** Events so far, with the short names of their payloads. */
  readonly told: unknown[]
  readonly accountId: number
  ring(change?: Partial<NewNotification>): Promise<number | undefined>
  subjects(): Promise<string[]>
}

forEachDatabase('the notifications of an account', ({ open }) => {
  /** A test with a database of its own and one account. */
  const withBench = (name: string, run: (bench: Bench) => Promise<void>): void => {
    test(name, async () => {
      const database = await open([...usersMigrations, notificationsMigration])
      try {
        await run(await createBench(database))
      } finally {
        await database.close()
      }
    })
  }

  withBench('each is told once, with its id and app', async ({ ring, told, accountId }) => {
    const id = await ring()
    assert.deepEqual(told, [['notification.added', { accountId, notificationId: id, app: 'test' }]])
  })

  withBench('the words are those of the reader, and a language that is not there is English', async (bench) => {
    await bench.ring()
    const [german] = await bench.notifications.list(bench.accountId, 'de')
    assert.equal(german?.plainSubject, 'Es klingelt: door')
    assert.deepEqual(german?.subjectParameters, { what: highlight('what', 'door') })
    assert.deepEqual(german?.actions, [{ label: 'Answer', path: '/bells/7', type: 'POST', isPrimary: true }])
  })

  withBench('what happens again within a minute is counted without telling anybody', async (bench) => {
    const id = await bench.ring()
    for (const what of ['window', 'gate']) {
      bench.clock.advance(QUIET_MS / 3)
      assert.equal(await bench.ring({ params: { what: highlight('what', what) } as never }), undefined)
    }
    assert.deepEqual(await bench.subjects(), ['It rang 3 times, last: gate'])
    assert.equal(bench.told.length, 1)
    assert.equal((await bench.notifications.list(bench.accountId, 'en'))[0]?.id, id)
  })

  withBench(
    'after a minute it is told anew in place of the older one, and after an hour from one again',
    async (bench) => {
      const first = await bench.ring()
      bench.clock.advance(QUIET_MS)
      const second = await bench.ring()
      assert.deepEqual(await bench.subjects(), ['It rang 2 times, last: door'])
      const { accountId } = bench
      assert.deepEqual(bench.told.slice(1), [
        ['notification.removed', { accountId, notificationIds: [first] }],
        ['notification.added', { accountId, notificationId: second, app: 'test' }],
      ])
      bench.clock.advance(COALESCE_MS)
      await bench.ring()
      assert.deepEqual(await bench.subjects(), ['It rang: door'])
    },
  )

  withBench('a flood stays one entry and a message a minute (bug class: floods)', async (bench) => {
    for (let count = 0; count < 60; count++) {
      await bench.ring()
      bench.clock.advance(QUIET_MS / 10)
    }
    assert.deepEqual(await bench.subjects(), ['It rang 60 times, last: door'])
    assert.equal(bench.told.filter((event) => (event as unknown[])[0] === 'notification.added').length, 6)
  })

  withBench('a reaction that is repeated changes nothing', async (bench) => {
    await bench.ring({ ref: 'ring:1' })
    assert.equal(await bench.ring({ ref: 'ring:1' }), undefined)
    assert.deepEqual(await bench.subjects(), ['It rang: door'])
    assert.equal(bench.told.length, 1)
  })

  withBench('many at the same time are counted one after the other, while others dismiss', async (bench) => {
    await Promise.all(Array.from({ length: 20 }, () => bench.ring()))
    assert.deepEqual(await bench.subjects(), ['It rang 20 times, last: door'])
    assert.equal(bench.told.length, 1)
    const { notifications, accountId } = bench
    const rings = Array.from({ length: 10 }, (_, index) => bench.ring({ object: { type: 'bell', id: `${index}` } }))
    await Promise.all([...rings, notifications.removeAll(accountId), notifications.removeAll(accountId)])
    const left = (await notifications.list(accountId, 'en')).map(({ id }) => id)
    assert.deepEqual(left.toReversed(), idsAfter(bench.told))
  })

  withBench('when the transaction fails, nothing was told', async (bench) => {
    const { db } = bench.database
    const failing = db.write(async (tx) => {
      await bench.notifications.add(tx, await ringing(bench))
      throw new Error('changed my mind')
    })
    await assert.rejects(failing)
    assert.deepEqual(await bench.subjects(), [])
  })

  withBench('an account has at most so many; the oldest make room and are told to be gone', async (bench) => {
    const ids: (number | undefined)[] = []
    for (let count = 0; count < MAX_PER_ACCOUNT + 2; count++) {
      ids.push(await bench.ring({ object: { type: 'bell', id: String(count) } }))
    }
    const list = await bench.notifications.list(bench.accountId, 'en')
    assert.deepEqual(
      list.map(({ id }) => id),
      ids.slice(2).toReversed(),
    )
    const gone = bench.told.filter((event) => (event as unknown[])[0] === 'notification.removed')
    assert.deepEqual(
      gone.flatMap((event) => (event as [string, { notificationIds: number[] }])[1].notificationIds),
      ids.slice(0, 2),
    )
  })

  withBench('one that is dismissed is told once, all of them as all, and none of what was not there', async (bench) => {
    const { notifications, accountId } = bench
    const [one = 0] = [await bench.ring(), await bench.ring({ object: { type: 'bell', id: '2' } })]
    bench.told.length = 0
    await notifications.remove(accountId, one)
    await notifications.remove(accountId, one)
    await notifications.removeAll(accountId)
    await notifications.removeAll(accountId)
    assert.deepEqual(bench.told, [
      ['notification.removed', { accountId, notificationIds: [one] }],
      ['notification.removed', { accountId, notificationIds: 'all' }],
    ])
  })

  withBench('another account can neither read nor dismiss one', async (bench) => {
    const { notifications, accountId } = bench
    const id = (await bench.ring()) ?? 0
    const other = accountId + 1
    assert.equal(await notifications.find(other, id, 'en'), undefined)
    assert.deepEqual(await notifications.listExisting(other, [id]), [])
    await notifications.remove(other, id)
    await notifications.removeAll(other)
    assert.deepEqual(await notifications.listExisting(accountId, [id]), [id])
  })

  withBench('sweeping drops what has expired and tells so, account by account', async (bench) => {
    const { notifications, accountId, clock } = bench
    const old = await bench.ring()
    clock.advance(86_400_000)
    await bench.ring({ object: { type: 'bell', id: '2' } })
    await notifications.sweep()
    assert.equal((await bench.subjects()).length, 2)
    clock.advance(86_400_000)
    bench.told.length = 0
    await notifications.sweep()
    assert.equal((await bench.subjects()).length, 1)
    assert.deepEqual(bench.told, [['notification.removed', { accountId, notificationIds: [old] }]])
  })

  withBench('one of a kind that this version does not know is not shown', async (bench) => {
    await bench.ring()
    const { db } = bench.database
    await db.write((tx) => tx.updateTable('notification').set({ kind: 'of.tomorrow' }).execute())
    assert.deepEqual(await bench.subjects(), [])
    await assert.rejects(bench.ring({ kind: 'of.tomorrow' }))
  })
})

/** What somebody has on display who heard of every event in its order. */
function idsAfter(told: readonly unknown[]): number[] {
  const shown = new Set<number>()
  for (const [name, payload] of told as [string, { notificationId: number; notificationIds: number[] | 'all' }][]) {
    if (name === 'notification.added') shown.add(payload.notificationId)
    else if (payload.notificationIds === 'all') shown.clear()
    else for (const id of payload.notificationIds) shown.delete(id)
  }
  return [...shown]
}

async function ringing({ accountId }: Pick<Bench, 'accountId'>): Promise<NewNotification> {
  const params = { what: highlight('what', 'door') } as never
  return { accountId, kind: bell.kind, object: { type: 'bell', id: '1' }, params, ref: '', isCounted: true }
}

async function createBench(database: TestDatabase): Promise<Bench> {
  const { db } = database
  const clock = createTestClock()
  const told: unknown[] = []
  const events = {
    async add(_tx: unknown, name: string, payload: unknown) {
      told.push([name, payload])
    },
    connect() {},
  } as Events
  const notifications = createNotificationsService({ db, clock, events, kinds: [bell] })
  const accountId = await addAccount(database)
  return {
    database,
    clock,
    notifications,
    told,
    accountId,
    async ring(change = {}) {
      const notification = { ...(await ringing({ accountId })), ...change }
      return db.write((tx) => notifications.add(tx, notification))
    },
    async subjects() {
      return (await notifications.list(accountId, 'en')).map(({ plainSubject }) => plainSubject)
    },
  }
}

async function addAccount({ db }: TestDatabase): Promise<number> {
  const made = await db.write((tx) =>
    tx
      .insertInto('account')
      .values({
        user_id: 'alice',
        user_key: 'alice',
        display_name: '',
        display_key: 'alice',
        email: null,
        email_key: null,
        quota: 'default',
        language: '',
        password_hash: null,
        password_changed_at_ms: 0,
        enabled: 1,
        locale: '',
        timezone: '',
        notify_email: null,
        manager: '',
        created_at_ms: 0,
        first_login_at_ms: null,
        last_login_at_ms: null,
      })
      .returning('id')
      .executeTakeFirstOrThrow(),
  )
  return made.id
}
