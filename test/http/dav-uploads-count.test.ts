import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { sql } from 'kysely'
import { createDavApp, type DavApp, FILES, stopShared } from '../helpers/dav.ts'

const UPLOADS = '/remote.php/dav/uploads/admin'
const MANY = 1_001
const MOST_CHUNKS = 50_000

for (const database of ['sqlite', 'postgres'] as const) {
  describe(`uploads in chunks, in numbers, on ${database}`, () => {
    let dav: DavApp
    before(async () => {
      dav = await createDavApp({ database })
    })
    after(async () => {
      await dav.close()
      await stopShared()
    })

    test('finished ones do not stand in the way of others: a client brings thousands of large files in a day', async () => {
      for (let index = 0; index < MANY; index++) {
        const begun = await dav.send('MKCOL', `${UPLOADS}/u${index}`)
        assert.equal(begun.status, 201, `${index}: ${begun.text}`)
        const destination = { destination: `${FILES}/admin/done` }
        assert.ok((await dav.send('MOVE', `${UPLOADS}/u${index}/.file`, destination)).status < 300)
      }
      const remembered = await dav.app.db.read.selectFrom('upload').select('id').execute()
      assert.ok(remembered.length <= MANY, 'what they became is not remembered without end')
    })

    test('chunks that wait have a number, since empty ones take no quota (bug class: what is counted nowhere)', async () => {
      assert.equal((await dav.send('MKCOL', `${UPLOADS}/empty`)).status, 201)
      assert.equal((await dav.send('PUT', `${UPLOADS}/empty/1`, {}, '')).status, 201)
      await dav.app.db.write((tx) =>
        sql`insert into upload_chunk (upload_id, name, key, size_bytes, crc32, etag, stored_at_ms)
          with recursive numbers(n) as (select 2 union all select n + 1 from numbers where n < ${sql.lit(MOST_CHUNKS)})
          select upload_id, 'x' || n, key || n, 0, 0, etag, stored_at_ms from numbers, upload_chunk`.execute(tx),
      )
      assert.equal((await dav.send('PUT', `${UPLOADS}/empty/1`, {}, '')).status, 204, 'one of them again')
      await dav.send('MKCOL', `${UPLOADS}/more`)
      const refused = await dav.send('PUT', `${UPLOADS}/more/1`, {}, '')
      assert.equal(refused.status, 507, refused.text)
      await dav.app.db.write((tx) => sql`delete from upload_chunk where name like 'x%'`.execute(tx))
      assert.equal((await dav.send('PUT', `${UPLOADS}/more/1`, {}, '')).status, 201)
      for (const name of ['empty', 'more']) {
        assert.equal((await dav.send('DELETE', `${UPLOADS}/${name}`)).status, 204)
      }
    })

    test('at most a thousand are on their way', async () => {
      for (let index = 0; index < 1_000; index++) {
        assert.equal((await dav.send('MKCOL', `${UPLOADS}/open${index}`)).status, 201, String(index))
      }
      assert.equal((await dav.send('MKCOL', `${UPLOADS}/open1000`)).status, 409)
    })
  })
}
