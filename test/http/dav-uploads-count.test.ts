import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { createDavApp, type DavApp, FILES, stopShared } from '../helpers/dav.ts'

const UPLOADS = '/remote.php/dav/uploads/admin'
const MANY = 1_001

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

    test('at most a thousand are on their way', async () => {
      for (let index = 0; index < 1_000; index++) {
        assert.equal((await dav.send('MKCOL', `${UPLOADS}/open${index}`)).status, 201, String(index))
      }
      assert.equal((await dav.send('MKCOL', `${UPLOADS}/open1000`)).status, 409)
    })
  })
}
