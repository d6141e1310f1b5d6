import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { stopSharedPostgres } from '../../../test/helpers/postgres.ts'
import { statementsDuring } from '../../../test/helpers/statements.ts'
import { ADMIN_PASSWORD, createTestApp, OCS, type TestApp } from '../../../test/helpers/test-app.ts'

const ADMIN = ['admin', ADMIN_PASSWORD] as const
const CAROL = ['carol', 'carol-password-1'] as const
const MANY = 100_000
const PAGE = 500

/** As the import makes them, but without a password and all at once: what is tested is how they are read. */
async function fill(app: TestApp): Promise<void> {
  const { row } = await app.features.accounts.get('admin')
  const { id: _id, ...model } = row
  const name = (index: number): string => `user-${String(index).padStart(6, '0')}`
  for (let start = 0; start < MANY; start += 1_000) {
    await app.db.write(async (tx) => {
      const rows = Array.from({ length: 1_000 }, (_each, index) => {
        const userId = name(start + index)
        return { ...model, user_id: userId, user_key: userId, display_key: userId, password_hash: null }
      })
      const made = await tx.insertInto('account').values(rows).returning('id').execute()
      await tx
        .insertInto('group_member')
        .values(made.map(({ id }) => ({ group_id: 'everybody', account_id: id })))
        .execute()
    })
  }
}

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`a hundred thousand accounts on ${database}`, () => {
    let app: TestApp
    before(async () => {
      app = await createTestApp({ database })
      await app.features.groups.add('everybody', 'everybody', 'test')
      const carol = { userId: CAROL[0], password: CAROL[1], administeredGroupIds: ['everybody'] }
      await app.features.accounts.add(carol, 'test')
      await fill(app)
    })
    after(async () => {
      await app.close()
      await stopSharedPostgres()
    })

    const get = async (path: string, as: readonly [string, string] = ADMIN) => {
      const url = `/ocs/v2.php/cloud/${path}${path.includes('?') ? '&' : '?'}format=json`
      const answer = await app.request({ url, headers: OCS, as })
      assert.equal(answer.status, 200, answer.text.slice(0, 300))
      return answer.json().ocs.data
    }
    const list = (word: string, offset: number) => get(`users${word}?limit=${PAGE}&offset=${offset}`)

    test('are read in pages, each with as many statements as the first, and none counted from the beginning', async () => {
      const seen = new Set<string>()
      const counts: number[] = []
      for (let offset = 0; ; offset += PAGE) {
        let page: string[] = []
        const statements = await statementsDuring(async () => {
          page = (await list('', offset)).users
        })
        if (offset > 0)
          assert.ok(
            statements.some((sql) => /user_key"? > /.test(sql)),
            statements.join('\n'),
          )
        counts.push(statements.length)
        for (const userId of page) seen.add(userId)
        if (page.length < PAGE) break
      }
      assert.equal(seen.size, MANY + 2)
      assert.equal(new Set(counts.slice(1)).size, 1, counts.join())
      assert.equal(counts[1], 1)
    })

    test('with their metadata too, wherever in the list', async () => {
      const count = async (offset: number): Promise<number> => {
        let names: string[] = []
        const statements = await statementsDuring(async () => {
          names = Object.keys((await list('/details', offset)).users)
        })
        assert.equal(names.length, PAGE)
        return statements.length
      }
      await count(0)
      const counts = [await count(0), await count(PAGE), await count(MANY / 2), await count(MANY - PAGE)]
      assert.equal(new Set(counts).size, 1, counts.join())
      assert.ok((counts[0] ?? 99) <= 8, counts.join())
    })

    test('a page is right after accounts came and went, and for whoever begins in the middle', async () => {
      const direct = (await list('', 1_000)).users
      const first = (await list('', 500)).users
      assert.deepEqual((await list('', 1_000)).users, direct)
      const gone = await app.features.accounts.get(first[0])
      await app.features.accounts.remove(gone, 'test')
      const moved = (await list('', 1_000)).users
      // On PostgreSQL the word of the change comes a moment after it.
      for (let tries = 0; tries < 100 && moved[0] !== direct[1]; tries++) {
        await new Promise((resolve) => setTimeout(resolve, 20))
        moved.splice(0, moved.length, ...(await list('', 1_000)).users)
      }
      assert.equal(moved[0], direct[1])
      await app.features.accounts.add({ userId: 'aaa' }, 'test')
      await new Promise((resolve) => setTimeout(resolve, 50))
      assert.equal((await list('', 0)).users[0], 'aaa')
    })

    test('a group of all of them is listed to its administrator, and told by the number', async () => {
      const page = Object.keys((await get(`groups/everybody/users/details?limit=10&offset=${MANY - 20}`, CAROL)).users)
      assert.equal(page.length, 10)
      assert.equal((await get('groups/everybody/users', CAROL)).users.length, MANY - 1)
      const [details] = (await get('groups/details?search=everybody')).groups
      assert.equal(details.usercount, MANY - 1)
    })

    test('those who may not sign in, and those who did last, are found by an index', async () => {
      const someone = await app.features.accounts.get('user-050000')
      await app.features.accounts.setEnabled(someone, false, 'test')
      assert.deepEqual(Object.keys((await list('/disabled', 0)).users), ['user-050000'])
      assert.ok(Object.keys((await list('/recent', 0)).users).includes('admin'))
      if (database === 'sqlite') {
        const plans: string[] = []
        for (const sql of await statementsDuring(async () => {
          await list('/disabled', 0)
          await list('/recent', 0)
        })) {
          if (!/^select "user_id" from "account"/.test(sql)) continue
          const { sql: raw } = await import('kysely')
          const plan = await raw<{ detail: string }>`explain query plan ${raw.raw(sql.replaceAll('?', '500'))}`.execute(
            app.db.read,
          )
          plans.push(plan.rows.map(({ detail }) => detail).join(' '))
        }
        assert.match(plans.join('\n'), /account_disabled/)
        assert.match(plans.join('\n'), /account_last_login/)
      }
    })
  })
}
