import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, test } from 'node:test'
import { crc32 } from 'node:zlib'
import { sql } from 'kysely'
import { createDavApp, type DavApp, FILES, propfind, stopShared } from '../helpers/dav.ts'
import type { TestAnswer } from '../helpers/test-app.ts'

/** More than are copied or deleted at once. */
const COUNT = 2_200
const AT_ONCE = 8
const SHARED = 20
/** Of the rows that this test adds. */
const MARK = 4_242

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`a large folder that is copied on ${database}, while`, () => {
    let dav: DavApp
    before(async () => {
      dav = await createDavApp({ database })
    })
    after(async () => {
      await dav.close()
      await stopShared()
    })

    const well = async (answer: Promise<TestAnswer>): Promise<void> => {
      const { status, text } = await answer
      assert.ok(status < 300, `${status} ${text.slice(0, 300)}`)
    }
    /** Each file with content of its own, which goes when the file gets other content. Put there as 2,200 PUTs would. */
    const makeLarge = async (): Promise<void> => {
      await well(dav.send('MKCOL', '/large'))
      const [bytes, sum] = [Buffer.from('old'), crc32('old')]
      await dav.app.db.write(async (tx) => {
        const numbers = sql`with recursive numbers(n) as (select 1 union all select n + 1 from numbers where n < ${sql.lit(COUNT)})`
        await sql`insert into blob (key, content, size_bytes, crc32, created_at_ms)
          ${numbers} select null, ${bytes}, 3, ${sql.lit(sum)}, ${sql.lit(MARK)} from numbers`.execute(tx)
        await sql`insert into node (tree_id, parent_id, name, is_folder, size_bytes, mtime_ms, etag, mime, blob_id,
            checksums, created_s, uploaded_at_ms)
          select f.tree_id, f.id, cast(b.id - (select min(id) from blob where created_at_ms = ${sql.lit(MARK)}) as text), 0, 3,
            0, 'e' || b.id, '', b.id, '', 0, 0
          from blob b, node f where b.created_at_ms = ${sql.lit(MARK)} and f.name = 'large'`.execute(tx)
        await sql`update node set size_bytes = size_bytes + ${sql.lit(3 * COUNT)} where name = 'large'
          or id = (select parent_id from node where name = 'large')`.execute(tx)
        await sql`update blob set created_at_ms = 0 where created_at_ms = ${sql.lit(MARK)}`.execute(tx)
      })
      assert.equal(await isWhole('/large'), true)
    }
    const copy = (to = '/copy') => dav.send('COPY', '/large', { destination: `${FILES}/admin${to}` })
    /** Does something over and over, by several clients, until the copy is answered. */
    const during = async (
      copying: Promise<TestAnswer>,
      work: (turn: number) => Promise<unknown>,
    ): Promise<TestAnswer> => {
      let isDone = false
      copying.finally(() => {
        isDone = true
      })
      let turn = 0
      const client = async (): Promise<void> => {
        while (!isDone) await work(turn++)
      }
      await Promise.all(Array.from({ length: AT_ONCE }, client))
      return copying
    }
    const assertSound = async (): Promise<void> => {
      await dav.app.jobs.runDue()
      const report = await dav.app.features.files.checking.check({ readsContent: true, repairs: false })
      assert.deepEqual(report.problems, [])
      const { rows } = await sql<{
        count: number
      }>`select count(*) as count from tree where owner_account_id is null`.execute(dav.app.db.read)
      assert.equal(Number(rows[0]?.count), 0, 'nothing of a copy is left')
    }
    const isWhole = async (path: string): Promise<boolean> => {
      const { status, text } = await dav.send('PROPFIND', path, { depth: 'infinity' }, propfind('d:getcontentlength'))
      return status === 207 && text.split('<d:response>').length - 1 === 1 + COUNT
    }

    beforeEach(makeLarge)
    afterEach(async () => {
      for (const path of ['/large', '/copy', '/other', '/moved']) await dav.send('DELETE', path)
      await assertSound()
    })

    test('its files get other content: it is the folder of one moment', async () => {
      const { status, text } = await during(copy(), async (turn) => {
        const path = `/large/${(turn * 7) % COUNT}`
        await well(dav.send('PUT', path, {}, `new content ${turn}`))
      })
      assert.ok([201, 503].includes(status), `${status} ${text}`)
      assert.equal(await isWhole('/copy'), status === 201)
      await assertSound()
    })

    test('its files are deleted and made again', async () => {
      const { status, text } = await during(copy(), async (turn) => {
        const path = `/large/${(turn * 7) % COUNT}`
        await dav.send('DELETE', path)
        await dav.send('PUT', path, {}, `again ${turn}`)
      })
      assert.ok([201, 503].includes(status), `${status} ${text}`)
      await assertSound()
    })

    test('it is deleted, and what it was goes away', async () => {
      const copying = copy()
      await well(dav.send('DELETE', '/large'))
      const sweeping = dav.app.jobs.runDue()
      const { status, text } = await copying
      await sweeping
      assert.ok([201, 404].includes(status), `${status} ${text}`)
      assert.equal(await isWhole('/copy'), status === 201)
      await assertSound()
    })

    test('the folder that it is in is moved, and so is the one that it goes into', async () => {
      await well(dav.send('MKCOL', '/other'))
      const copying = copy('/other/copy')
      await well(dav.send('MOVE', '/large', { destination: `${FILES}/admin/moved` }))
      await well(dav.send('DELETE', '/other'))
      const { status, text } = await copying
      assert.ok([404, 409].includes(status), `${status} ${text}`)
      assert.equal(await isWhole('/moved'), true)
      await assertSound()
    })

    test('it is copied once more, to the same place and to another', async () => {
      const answers = await Promise.all([copy(), copy(), copy('/other')])
      assert.deepEqual(answers.map(({ status }) => status).toSorted(), [201, 201, 204])
      for (const path of ['/copy', '/other']) assert.equal(await isWhole(path), true)
      await assertSound()
    })
  })

  describe(`a large folder that is deleted on ${database}`, () => {
    let dav: DavApp
    before(async () => {
      dav = await createDavApp({ database })
    })
    after(async () => {
      await dav.close()
      await stopShared()
    })

    test('goes with content that others have, though they let go of it at the same moment', async () => {
      const copy = (from: string, to: string) => dav.send('COPY', from, { destination: `${FILES}/admin${to}` })
      for (let round = 0; round < 4; round++) {
        for (const path of ['/some', '/large']) await dav.send('MKCOL', path)
        for (let index = 0; index < SHARED; index++) await dav.send('PUT', `/some/${index}`, {}, `${round} ${index}`)
        assert.equal((await copy('/some', '/others')).status, 201)
        for (let index = 0; index < 26; index++) await copy('/some', `/large/${index}`)
        for (const path of ['/some', '/large']) assert.equal((await dav.send('DELETE', path)).status, 204)
        const going = dav.app.jobs.runDue()
        const numbers = Array.from({ length: SHARED }, (_, index) => index)
        await Promise.all(numbers.map((index) => dav.send('DELETE', `/others/${index}`)))
        await going
        await dav.app.jobs.runDue()
        await dav.send('DELETE', '/others')
      }
      const report = await dav.app.features.files.checking.check({ readsContent: false, repairs: false })
      assert.deepEqual(report.problems, [])
    })
  })
}
